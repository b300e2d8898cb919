using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary>Accuracy and F1 of models that label words, and F1 of whole entities.</summary>
internal static class WordEvaluation
{
    public static void Run(EvalCall call)
    {
        EvalOptions options = call.Options;
        call.RequireUnused("labels words", options.Stride, options.MaxTokens, options.Corpus.Deduplicate, options.Corpus.TokenFormat, options.Labels.TextPairField);
        LabelChoice.RequireColumns(call.Parsed, [call.Data], options.Corpus.TextField, options.Labels.LabelField);
        using Interruption interruption = new();
        using TransformerModel model = call.LoadModel();
        Tokenizer tokenizer = call.LoadEncoderTokenizer(model);
        WordLabeller labeller = new(model, tokenizer);
        (IReadOnlyList<TaggedText> texts, string data) = call.Rows((path, fields) => TaggedTexts.Read(path, fields), interruption.Token);
        ModelChoice.Tell(call.Source);
        LossNotice.Say(texts.SelectMany(text => text.Words), tokenizer);
        WordEvaluationResult result = labeller.Evaluate(texts, LabelDisplay.Of(texts.Count(text => !text.IsEmpty)), interruption.Token);
        if (call.Json)
            PrintJson(labeller, result, data);
        else
            Print(labeller, result, data);
    }

    private static void Print(WordLabeller labeller, WordEvaluationResult result, string data)
    {
        string left = string.Concat(result.Empty > 0 ? $"; {result.Empty} without a word passed over" : "", result.Cut > 0 ? $"; {result.Cut} longer than the block, and cut" : "",
            result.Unlabelled > 0 ? $"; {result.Unlabelled} words cut or without a token, not measured" : "");
        LabelMeasures measures = result.Labels;
        Console.WriteLine($"data            {data}: {result.Texts} texts, {measures.Examples} words{left}");
        Console.WriteLine(FormattableString.Invariant($"loss            {result.Loss:0.0000} nats per word"));
        Console.WriteLine($"accuracy        {PrintedValues.Share(measures.Accuracy, measures.AccuracyStandardError)}");
        Console.WriteLine(FormattableString.Invariant($"F1, macro       {measures.MacroF1:0.0000}"));
        if (result.Entities is EntityMeasures entities)
        {
            Console.WriteLine(FormattableString.Invariant($"F1, entities    {entities.F1:0.0000}, precision {entities.Precision:0.0000}, recall {entities.Recall:0.0000}, {entities.Entities} entities"));
            foreach (EntityMeasure type in entities.Types)
                Console.WriteLine(FormattableString.Invariant($"  {type.Type,-13} F1 {type.F1:0.0000}, precision {type.Precision:0.0000}, recall {type.Recall:0.0000}, {type.Entities} entities"));
        }

        for (int label = 0; label < labeller.Labels.Count; label++)
        {
            LabelMeasure one = measures.Labels[label];
            Console.WriteLine(FormattableString.Invariant($"{labeller.Labels[label],-15} F1 {one.F1:0.0000}, precision {one.Precision:0.0000}, recall {one.Recall:0.0000}, {one.Examples} words"));
        }
    }

    private static void PrintJson(WordLabeller labeller, WordEvaluationResult result, string data) => JsonOutput.Print(new
    {
        result.Loss,
        result.Labels.Accuracy,
        result.Labels.AccuracyStandardError,
        F1Macro = result.Labels.MacroF1,
        Labels = result.Labels.Labels.Select((one, label) => new { Label = labeller.Labels[label], one.F1, one.Precision, one.Recall, Words = one.Examples }),
        EntityF1 = result.Entities?.F1,
        EntityPrecision = result.Entities?.Precision,
        EntityRecall = result.Entities?.Recall,
        Entities = result.Entities?.Types.Select(type => new { type.Type, type.F1, type.Precision, type.Recall, type.Entities }),
        Words = result.Labels.Examples,
        result.Texts,
        result.Empty,
        result.Cut,
        WordsWithoutLabel = result.Unlabelled,
        Data = data,
        result.Seconds,
    });
}
