using Kansformers.Evaluation;
using Kansformers.Text;

namespace Kansformers.Cli;

/// <summary>Labels of words, as they are printed.</summary>
internal static class WordPredictions
{
    public static void Run(PredictCall call)
    {
        WordLabeller labeller = new(call.Model, call.Tokenizer);
        IReadOnlyList<TaggedText> texts = Read(call);
        call.Begin([.. texts.Select(text => (string.Join(' ', text.Words), text.Place))]);
        IReadOnlyList<WordPrediction> found = labeller.Predict(texts, LabelDisplay.Of(texts.Count), call.Cancellation);
        if (texts.Count(text => text.IsEmpty) is > 0 and int empty)
            LiveLine.Say($"{empty} of {texts.Count} texts {(empty == 1 ? "is" : "are")} empty");
        if (found.Count(one => one.WasCut) is > 0 and int cut)
            LiveLine.Say($"{cut} of {texts.Count} texts {(cut == 1 ? "is" : "are")} longer than the model's block, and {(cut == 1 ? "is" : "are")} cut at the end; words behind it get no label");
        if (call.Json)
            PrintJson(labeller, texts, found);
        else
            Print(texts, found);
    }

    // A table without words has texts.
    private static IReadOnlyList<TaggedText> Read(PredictCall call)
    {
        OptionRules.RequireUnused(call.Parsed, "a model that labels words", call.Columns.Pair);
        if (call.File is not string file || !TaggedTexts.HasWords(file))
            return [.. TextsToLabel.Read(call.File, call.Fields).Select(row => TaggedText.Of(row.Text, row.Place))];
        LabelChoice.RequireColumns(call.Parsed, [file], call.Columns.Text);
        return TaggedTexts.Read(file, call.Fields, needsTags: false);
    }

    // A line for each word: word, label and probability, with tabs between; an empty line behind each text.
    private static void Print(IReadOnlyList<TaggedText> texts, IReadOnlyList<WordPrediction> found)
    {
        foreach ((TaggedText text, WordPrediction one) in texts.Zip(found))
        {
            for (int word = 0; word < text.Words.Count; word++)
            {
                string shown = PrintedValues.Column(text.Words[word]);
                Console.WriteLine(one.Labels[word] is string label ? FormattableString.Invariant($"{shown}\t{label}\t{one.Probabilities[word]:0.0000}") : $"{shown}\t\t");
            }

            Console.WriteLine();
        }
    }

    private static void PrintJson(WordLabeller labeller, IReadOnlyList<TaggedText> texts, IReadOnlyList<WordPrediction> found) => JsonOutput.Print(new
    {
        Labels = labeller.Labels.ToArray(),
        Predictions = texts.Zip(found, (text, one) => new
        {
            Words = text.Words.Select((word, i) => new { Word = word, Label = one.Labels[i], Probability = one.Labels[i] is null ? (double?)null : one.Probabilities[i] }),
            Cut = one.WasCut,
        }),
    });
}
