using Kansformers.Evaluation;
using Kansformers.Text;

namespace Kansformers.Cli;

/// <summary>Labels of texts, as they are printed.</summary>
internal sealed class Predictions
{
    private readonly TextLabeller _labeller;
    private readonly IReadOnlyList<LabelledRow> _texts;
    private readonly TextPrediction?[] _found;

    private Predictions(TextLabeller labeller, IReadOnlyList<LabelledRow> texts, TextPrediction?[] found) => (_labeller, _texts, _found) = (labeller, texts, found);

    public static void Run(PredictCall call)
    {
        TextLabeller labeller = new(call.Model, call.Tokenizer);
        IReadOnlyList<LabelledRow> texts = TextsToLabel.Read(call.File, call.Fields);
        call.Begin([.. texts.Select(row => (row.Text + row.Pair, row.Place))]);
        Predictions predictions = Of(labeller, texts, call.Cancellation);
        predictions.Tell();
        if (call.Json)
            predictions.PrintJson();
        else
            predictions.Print();
    }

    /// <summary>Labels texts; one of white space alone gets none.</summary>
    private static Predictions Of(TextLabeller labeller, IReadOnlyList<LabelledRow> texts, CancellationToken cancellation)
    {
        int[] full = [.. Enumerable.Range(0, texts.Count).Where(i => !texts[i].IsEmpty)];
        IReadOnlyList<TextPrediction> labelled = labeller.Predict(full.Select(i => texts[i]).ToArray(), LabelDisplay.Of(full.Length), cancellation);
        TextPrediction?[] found = new TextPrediction?[texts.Count];
        for (int i = 0; i < full.Length; i++)
            found[full[i]] = labelled[i];
        return new Predictions(labeller, texts, found);
    }

    /// <summary>Says what was left out.</summary>
    private void Tell()
    {
        if (_found.Count(one => one is null) is > 0 and int empty)
            LiveLine.Say($"{empty} of {_texts.Count} texts {(empty == 1 ? "is empty, and gets" : "are empty, and get")} no label");
        if (_found.Count(one => one?.WasCut == true) is > 0 and int cut)
            LiveLine.Say($"{cut} of {_texts.Count} texts {(cut == 1 ? "is" : "are")} longer than the model's block, and {(cut == 1 ? "is" : "are")} cut at the end");
    }

    /// <summary>A line for each text: label, probability and text, with tabs between; of numbers the number and the text.</summary>
    private void Print()
    {
        for (int i = 0; i < _texts.Count; i++)
        {
            string text = PrintedValues.Column(_texts[i].Text) + (_texts[i].Pair is string pair ? "\t" + PrintedValues.Column(pair) : "");
            Console.WriteLine(_found[i] switch
            {
                null => _labeller.IsNumber ? $"\t{text}" : $"\t\t{text}",
                { Label: null } number => FormattableString.Invariant($"{number.Value:0.######}\t{text}"),
                TextPrediction one => FormattableString.Invariant($"{PrintedValues.Column(one.Label)}\t{one.Probabilities[(int)one.Value]:0.0000}\t{text}"),
            });
        }
    }

    private void PrintJson() => JsonOutput.Print(new
    {
        Labels = _labeller.IsNumber ? null : _labeller.Labels.ToArray(),
        Predictions = _texts.Select((text, i) => _labeller.IsNumber
            ? (object)new { text.Text, TextPair = text.Pair, Value = _found[i]?.Value, Cut = _found[i]?.WasCut ?? false }
            : new
            {
                text.Text,
                TextPair = text.Pair,
                Label = _found[i]?.Label,
                Probability = _found[i] is TextPrediction one ? one.Probabilities[(int)one.Value] : (double?)null,
                Probabilities = _found[i] is TextPrediction all ? Named(all.Probabilities) : null,
                Cut = _found[i]?.WasCut ?? false,
            }),
    });

    private Dictionary<string, double> Named(IReadOnlyList<double> probabilities) => _labeller.Labels.Select((name, label) => (name, label)).ToDictionary(entry => entry.name, entry => probabilities[entry.label]);
}
