using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary>Exact match and F1 of models that answer questions.</summary>
internal static class AnswerEvaluation
{
    public static void Run(EvalCall call)
    {
        EvalOptions options = call.Options;
        call.RequireUnused("answers questions", options.Stride, options.MaxTokens, options.Corpus.Deduplicate, options.Corpus.TokenFormat);
        using Interruption interruption = new();
        using TransformerModel model = call.LoadModel();
        Tokenizer tokenizer = call.LoadEncoderTokenizer(model);
        AnswerFinder finder = new(model, tokenizer);
        (IReadOnlyList<QuestionRow> questions, string data) = call.Rows((path, fields) => Questions.Read(path, fields), interruption.Token);
        ModelChoice.Tell(call.Source);
        LossNotice.Say(questions.SelectMany(question => (string[])[question.Question, question.Context]), tokenizer);
        AnswerEvaluationResult result = finder.Evaluate(questions, LabelDisplay.OfWindows(), interruption.Token);
        LiveLine.Clear();
        AnswerMeasures measures = result.Answers;
        if (call.Json)
        {
            JsonOutput.Print(new { result.Loss, measures.ExactMatch, measures.ExactMatchStandardError, measures.F1, measures.Questions, measures.Unanswerable, measures.AnswerableExactMatch, measures.AnswerableF1, measures.UnanswerableExactMatch, result.Windows, result.Empty, result.Cut, Data = data, result.Seconds });
            return;
        }

        string left = string.Concat(result.Empty > 0 ? $"; {result.Empty} empty rows passed over" : "", result.Cut > 0 ? $"; {result.Cut} questions cut" : "");
        Console.WriteLine($"data            {data}: {measures.Questions} questions, {result.Windows} windows{left}");
        Console.WriteLine(FormattableString.Invariant($"loss            {result.Loss:0.0000} nats per end of an answer"));
        Console.WriteLine($"exact match     {PrintedValues.Share(measures.ExactMatch, measures.ExactMatchStandardError)}");
        Console.WriteLine(FormattableString.Invariant($"F1              {measures.F1:0.0000}"));
        if (measures.Unanswerable == 0)
            return;
        if (measures.Unanswerable < measures.Questions)
            Console.WriteLine(FormattableString.Invariant($"with answer     exact match {measures.AnswerableExactMatch:0.0000}, F1 {measures.AnswerableF1:0.0000}, {measures.Questions - measures.Unanswerable} questions"));
        Console.WriteLine(FormattableString.Invariant($"without answer  exact match {measures.UnanswerableExactMatch:0.0000}, {measures.Unanswerable} questions"));
    }
}
