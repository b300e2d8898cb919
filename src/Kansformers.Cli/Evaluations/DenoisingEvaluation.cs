using Kansformers.Evaluation;
using Kansformers.Generation;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary>How well encoder-decoders write noised texts as they were, with noise that is always the same, and what the best of their beams looks like beside the text.</summary>
internal static class DenoisingEvaluation
{
    private const int ExamplesShown = 3;

    public static void Run(EvalCall call)
    {
        EvalOptions options = call.Options;
        call.RequireUnused("denoises texts", [options.Stride, .. options.Labels.All]);
        using Interruption interruption = new();
        using Bart model = (Bart)call.LoadModel();
        Tokenizer tokenizer = call.LoadEncoderTokenizer(model);
        using TokenizedCorpus corpus = TextEvaluation.Prepare(call, tokenizer, interruption.Token);
        TokenSpan text = TextEvaluation.TextOf(call, corpus);
        NoiseOptions noise = (call.Source.Run?.Config.Training.Objective as DenoisingOptions)?.Noising ?? new NoiseOptions();
        BeamOptions? beams = BeamsOf(call.Source);
        DenoisingEvaluator evaluator = new(model, tokenizer, noise);
        DenoisingResult result = evaluator.Evaluate(text, call.Parsed.GetValue(options.MaxTokens), new EvaluationDisplay(), interruption.Token);
        TokenSpan read = text.Slice(0, Math.Min(text.Count, call.Parsed.GetValue(options.MaxTokens) ?? text.Count));
        (NoisedExample Example, string Written)[] shown = beams is null ? []
            : NoisedSample.Of(evaluator, new BeamTextGenerator(model, tokenizer, beams), read, ExamplesShown, interruption.Token);
        if (call.Json)
        {
            JsonOutput.Print(new
            {
                result.Loss,
                result.Perplexity,
                WrittenTokens = result.Written,
                result.Tokens,
                MaskShare = noise.Share,
                Noise = noise.Kind,
                model.Options.BlockSize,
                Data = corpus.Name,
                Corpus = corpus.Counts,
                beams?.Beams,
                Examples = shown.Select(entry => new { entry.Example.Original, entry.Example.Noised, entry.Written }),
                result.Seconds,
            });
        }
        else
        {
            Print(corpus, noise, result);
            foreach ((NoisedExample example, string best) in shown)
                Console.WriteLine($"\n{NoisedSample.Words(example, best)}");
        }
    }

    // A folder's own, but as long as the text that is to be written. What it asks for that beam search lacks stands in the way of examples alone.
    private static BeamOptions? BeamsOf(ModelSource source)
    {
        try
        {
            return BeamSample.OptionsOf(source) with { MaxNewTokens = null, MaxLength = null, MinNewTokens = 0, MinLength = 0, Returned = 1 };
        }
        catch (KansformersException failure)
        {
            LiveLine.Say($"no examples are written: {failure.Message}");
            return null;
        }
    }

    private static void Print(TokenizedCorpus corpus, NoiseOptions noise, DenoisingResult result)
    {
        string kind = noise.Kind == NoiseKind.Masking ? "token by token" : FormattableString.Invariant($"in spans of {noise.SpanLength:0.#} on average");
        Console.WriteLine($"corpus          {corpus.Description}: {corpus.Counts}");
        Console.WriteLine(FormattableString.Invariant($"tokens read     {result.Tokens}, in {result.Windows} windows"));
        Console.WriteLine(FormattableString.Invariant($"noise           {noise.Share:P0} of the tokens hidden, {kind}; sentences of {noise.PermuteShare:P0} of the texts shuffled; always the same"));
        Console.WriteLine(FormattableString.Invariant($"loss            {result.Loss:0.0000} nats per token"));
        Console.WriteLine(FormattableString.Invariant($"perplexity      {result.Perplexity:0.00}"));
        Console.WriteLine(FormattableString.Invariant($"speed           {HumanText.Count((long)(result.Tokens / Math.Max(result.Seconds, 1e-9)))} tokens/s, {HumanText.Duration(TimeSpan.FromSeconds(result.Seconds))}"));
    }
}
