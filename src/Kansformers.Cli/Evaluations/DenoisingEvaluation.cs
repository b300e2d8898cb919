using Kansformers.Evaluation;
using Kansformers.Generation;
using Kansformers.Runtime;
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
        EvalOptions.RequireUnused(call.Parsed, "denoises texts", [options.Stride, .. options.Labels.All]);
        using Interruption interruption = new();
        using Bart model = (Bart)call.Source.LoadModel(call.Weights, options.Model.Hints(call.Parsed), Devices.Find(call.Parsed.GetValue(options.Model.Device)!));
        Tokenizer tokenizer = ModelChoice.LoadEncoderTokenizer(call.Source, model.Options.VocabularySize, call.Parsed.GetValue(options.Model.Tokenizer));
        using TokenizedCorpus corpus = TextEvaluation.Prepare(call, tokenizer, interruption.Token);
        TokenSpan text = TextEvaluation.TextOf(call, corpus);
        NoiseOptions noise = (call.Source.Run?.Config.Training.Objective as DenoisingOptions)?.Noising ?? new NoiseOptions();
        DenoisingEvaluator evaluator = new(model, tokenizer, noise);
        DenoisingResult result = evaluator.Evaluate(text, call.Parsed.GetValue(options.MaxTokens), new EvaluationDisplay(), interruption.Token);
        (NoisedExample Example, string Written)[] shown = NoisedSample.Of(evaluator, new BeamTextGenerator(model, tokenizer), text, ExamplesShown, interruption.Token);
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
