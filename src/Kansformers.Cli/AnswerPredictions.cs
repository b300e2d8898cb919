using Kansformers.Evaluation;
using Kansformers.Text;

namespace Kansformers.Cli;

/// <summary>Answers to questions, as they are printed.</summary>
internal static class AnswerPredictions
{
    public static void Run(PredictCall call)
    {
        AnswerFinder finder = new(call.Model, call.Tokenizer) { MayFindNone = call.MayFindNone };
        if (call.File is null)
            throw new UsageException("questions and their contexts are columns of a .csv, .tsv, .jsonl or .parquet file; give it by --data");
        IReadOnlyList<QuestionRow> questions = Questions.Read(call.File, call.Fields, needsAnswers: false);
        call.Begin([.. questions.Select(question => (question.Question + question.Context, question.Place))]);
        IReadOnlyList<AnswerPrediction> found = finder.Predict(questions, LabelDisplay.OfWindows(), call.Cancellation);
        LiveLine.Clear();
        if (questions.Count(question => question.IsEmpty) is > 0 and int empty)
            LiveLine.Say($"{empty} of {questions.Count} rows {(empty == 1 ? "has" : "have")} no question or no context, and no answer");
        if (found.Count(one => one.WasCut) is > 0 and int cut)
            LiveLine.Say($"{cut} of {questions.Count} questions {(cut == 1 ? "is" : "are")} longer than half of what the model's block has room for, and {(cut == 1 ? "is" : "are")} cut at the end");
        if (call.Json)
        {
            JsonOutput.Print(new
            {
                Predictions = questions.Zip(found, (question, one) => question.IsEmpty
                    ? new { question.Question, Answer = (string?)null, Score = (double?)null, Start = (int?)null, Cut = false }
                    : new { question.Question, Answer = (string?)one.Answer, Score = (double?)one.Score, Start = one.Answer.Length == 0 ? null : (int?)question.Context[..one.Start].EnumerateRunes().Count(), Cut = one.WasCut }),
            });
            return;
        }

        foreach ((QuestionRow question, AnswerPrediction one) in questions.Zip(found))
            Console.WriteLine(question.IsEmpty ? $"\t\t{PrintedValues.Column(question.Question)}" : FormattableString.Invariant($"{PrintedValues.Column(one.Answer)}\t{one.Score:0.0000}\t{PrintedValues.Column(question.Question)}"));
    }
}
