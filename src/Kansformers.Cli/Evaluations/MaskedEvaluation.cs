using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary>Masked loss and perplexity of encoders, with masks that are always the same.</summary>
internal static class MaskedEvaluation
{
    public static void Run(EvalCall call)
    {
        EvalOptions options = call.Options;
        call.RequireUnused("guesses masked tokens", [options.Stride, .. options.Labels.All]);
        using Interruption interruption = new();
        using TransformerModel model = call.LoadModel();
        Tokenizer tokenizer = call.LoadEncoderTokenizer(model);
        using TokenizedCorpus corpus = TextEvaluation.Prepare(call, tokenizer, interruption.Token);
        TokenSpan text = TextEvaluation.TextOf(call, corpus);
        MaskingOptions masking = (call.Source.Run?.Config.Training.Objective.Task(model.Options) as MaskedLanguageOptions)?.Masking ?? new MaskingOptions();
        MaskedEvaluationResult result = new MaskedEvaluator((EncoderModel)model, tokenizer, masking).Evaluate(text, call.Parsed.GetValue(options.MaxTokens), new EvaluationDisplay(), interruption.Token);
        if (call.Json)
            JsonOutput.Print(new { result.Loss, result.Perplexity, MaskedTokens = result.Masked, result.Tokens, MaskShare = masking.Share, MaskUnit = masking.Unit, model.Options.BlockSize, Data = corpus.Name, Corpus = corpus.Counts, result.Seconds });
        else
            Print(corpus, masking, result);
    }

    private static void Print(TokenizedCorpus corpus, MaskingOptions masking, MaskedEvaluationResult result)
    {
        Console.WriteLine($"corpus          {corpus.Description}: {corpus.Counts}");
        Console.WriteLine(FormattableString.Invariant($"tokens read     {result.Tokens}, in {result.Windows} windows"));
        Console.WriteLine(FormattableString.Invariant($"masked          {result.Masked}: {masking.Share:P0} of all ({masking.Unit.ToString().ToLowerInvariant()}s), of these {masking.Masked:P0} the mask, {masking.Random:P0} another token; always the same ones"));
        Console.WriteLine(FormattableString.Invariant($"masked loss     {result.Loss:0.0000} nats per masked token"));
        Console.WriteLine(FormattableString.Invariant($"perplexity      {result.Perplexity:0.00}"));
        Console.WriteLine(FormattableString.Invariant($"speed           {HumanText.Count((long)(result.Tokens / Math.Max(result.Seconds, 1e-9)))} tokens/s, {HumanText.Duration(TimeSpan.FromSeconds(result.Seconds))}"));
    }
}
