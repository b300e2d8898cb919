using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary>Accuracy, F1 and Matthews of models that label texts; errors and correlations of those that give numbers.</summary>
internal static class LabelEvaluation
{
    public static void Run(EvalCall call)
    {
        EvalOptions options = call.Options;
        call.RequireUnused("labels texts", options.Stride, options.MaxTokens, options.Corpus.Deduplicate, options.Corpus.TokenFormat);
        using Interruption interruption = new();
        using TransformerModel model = call.LoadModel();
        Tokenizer tokenizer = call.LoadEncoderTokenizer(model);
        TextLabeller labeller = new(model, tokenizer);
        (IReadOnlyList<LabelledRow> rows, string data) = call.Rows((path, fields) => LabelledTexts.Read(path, fields), interruption.Token);
        ModelChoice.Tell(call.Source);
        LossNotice.Say(rows.SelectMany(row => (string[])[row.Text, row.Pair ?? ""]), tokenizer);
        LabelEvaluationResult result = labeller.Evaluate(rows, LabelDisplay.Of(rows.Count(row => !row.IsEmpty)), interruption.Token);
        if (call.Json)
            PrintJson(labeller, result, data);
        else
            Print(labeller, result, data);
    }

    private static void Print(TextLabeller labeller, LabelEvaluationResult result, string data)
    {
        string left = string.Concat(result.Empty > 0 ? $"; {result.Empty} without a text passed over" : "", result.Cut > 0 ? $"; {result.Cut} longer than the block, and cut" : "");
        Console.WriteLine($"data            {data}: {result.Examples} texts{left}");
        if (result.Numbers is NumberMeasures numbers)
        {
            Console.WriteLine(FormattableString.Invariant($"squared error   {numbers.MeanSquaredError:0.0000}"));
            Console.WriteLine(FormattableString.Invariant($"absolute error  {numbers.MeanAbsoluteError:0.0000}"));
            Console.WriteLine($"Pearson         {Correlation(numbers.Pearson)}");
            Console.WriteLine($"Spearman        {Correlation(numbers.Spearman)}");
            return;
        }

        LabelMeasures measures = result.Labels!;
        Console.WriteLine(FormattableString.Invariant($"loss            {result.Loss:0.0000} nats per example"));
        Console.WriteLine($"accuracy        {PrintedValues.Share(measures.Accuracy, measures.AccuracyStandardError)}");
        Console.WriteLine(FormattableString.Invariant($"F1, macro       {measures.MacroF1:0.0000}"));
        Console.WriteLine(FormattableString.Invariant($"Matthews        {measures.Matthews:0.0000}"));
        for (int label = 0; label < labeller.Labels.Count; label++)
        {
            LabelMeasure one = measures.Labels[label];
            Console.WriteLine(FormattableString.Invariant($"{labeller.Labels[label],-15} F1 {one.F1:0.0000}, precision {one.Precision:0.0000}, recall {one.Recall:0.0000}, {one.Examples} examples"));
        }
    }

    private static string Correlation(double value) => double.IsNaN(value) ? "none: one side does not vary" : FormattableString.Invariant($"{value:0.0000}");

    private static void PrintJson(TextLabeller labeller, LabelEvaluationResult result, string data)
    {
        if (result.Numbers is NumberMeasures numbers)
        {
            JsonOutput.Print(new { result.Loss, numbers.MeanSquaredError, numbers.MeanAbsoluteError, numbers.Pearson, numbers.Spearman, result.Examples, result.Empty, result.Cut, Data = data, result.Seconds });
            return;
        }

        LabelMeasures measures = result.Labels!;
        JsonOutput.Print(new
        {
            result.Loss,
            measures.Accuracy,
            measures.AccuracyStandardError,
            F1Macro = measures.MacroF1,
            measures.Matthews,
            Labels = measures.Labels.Select((one, label) => new { Label = labeller.Labels[label], one.F1, one.Precision, one.Recall, one.Examples }),
            result.Examples,
            result.Empty,
            result.Cut,
            Data = data,
            result.Seconds,
        });
    }
}
