using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary>Loss, perplexity and bits per byte of models that continue text, by sliding windows.</summary>
internal static class TextEvaluation
{
    public static void Run(EvalCall call)
    {
        (EvalOptions options, System.CommandLine.ParseResult parsed, ModelSource source, RunWeights weights) = call;
        call.RequireUnused("continues text", options.Labels.All);
        using Interruption interruption = new();
        using CausalModel causal = options.Model.LoadCausal(parsed, source, weights);
        Tokenizer tokenizer = ModelChoice.LoadTokenizer(source, causal.Options, parsed.GetValue(options.Model.Tokenizer));
        EvaluationOptions windows = new() { Stride = parsed.GetValue(options.Stride), MaxTokens = parsed.GetValue(options.MaxTokens) };
        try
        {
            windows.Validate(causal.Options.BlockSize);
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }

        using TokenizedCorpus corpus = Prepare(call, tokenizer, interruption.Token);
        TokenSpan text = TextOf(call, corpus);
        EvaluationResult result = new CorpusEvaluator(causal, windows).Evaluate(text, new EvaluationDisplay(), interruption.Token);
        if (call.Json)
            JsonOutput.Print(new { result.Loss, result.Perplexity, result.BitsPerByte, result.Tokens, result.Stride, BlockSize = causal.Options.BlockSize, Data = corpus.Name, Corpus = corpus.Counts, LostCharacters = LossNotice.Of(corpus).Characters, LostBytes = LossNotice.Of(corpus).Bytes, result.Seconds, result.TokensPerSecond });
        else
            Print(corpus, causal, result);
    }

    /// <summary>The text to score: what is named, or the run's own.</summary>
    public static TokenizedCorpus Prepare(EvalCall call, Tokenizer tokenizer, CancellationToken cancellation)
    {
        ModelSource source = call.Source;
        CorpusChoice choice = call.Options.Corpus;
        if (call.Data is null && source.Run is null)
            throw new UsageException("a weight file has no text of its own; give --data");
        if (call.Data is null)
            return source.Run!.LoadCorpus(new EncodingDisplay(), cancellation);
        DataConfig config = new()
        {
            Data = call.Data,
            Tokenizer = tokenizer.Kind,
            TextField = call.Parsed.GetValue(choice.TextField),
            Deduplicate = call.Parsed.GetValue(choice.Deduplicate),
            TokenFormat = choice.FormatIn(call.Parsed),
            ValidationFraction = 0,
            SpecialTokens = source.Run?.Config.Data.SpecialTokens ?? SpecialTokens.AsText,
        };
        return TrainingRun.Prepare(config, tokenizer, new EncodingDisplay(), cancellation);
    }

    /// <summary>The part of a corpus to score, with what there is to say of it.</summary>
    public static TokenSpan TextOf(EvalCall call, TokenizedCorpus corpus)
    {
        ModelChoice.Tell(call.Source);
        foreach (string note in corpus.Notes)
            LiveLine.Say(note);
        LiveLine.Clear(); // of a part of a corpus the last stage does not come to its end
        LossNotice.Say(corpus);
        TokenSpan text = call.Data is null ? corpus.Validation : corpus.Train;
        if (call.Data is null && text.Count < 2)
            throw new KansformersException($"the run '{call.Source.Run!.Folder}' holds out no text to evaluate; give --data");
        return text.Count >= 2 ? text
            : throw new KansformersException($"the corpus {corpus.Description} has {text.Count} token{(text.Count == 1 ? "" : "s")} to evaluate; at least 2 are needed, one to be predicted from another");
    }

    private static void Print(TokenizedCorpus corpus, CausalModel model, EvaluationResult result)
    {
        Console.WriteLine(FormattableString.Invariant($"corpus          {corpus.Description}: {corpus.Counts}"));
        Console.WriteLine(FormattableString.Invariant($"tokens scored   {result.Tokens}"));
        Console.WriteLine(FormattableString.Invariant($"windows         {model.Options.BlockSize} tokens, stride {result.Stride}"));
        Console.WriteLine(FormattableString.Invariant($"loss            {result.Loss:0.0000} nats per token"));
        Console.WriteLine(FormattableString.Invariant($"perplexity      {result.Perplexity:0.00}"));
        Console.WriteLine(double.IsNaN(result.BitsPerByte) ? $"bits per byte   {LossNotice.Untold}" : FormattableString.Invariant($"bits per byte   {result.BitsPerByte:0.0000}"));
        Console.WriteLine(FormattableString.Invariant($"speed           {HumanText.Count((long)result.TokensPerSecond)} tokens/s, {HumanText.Duration(TimeSpan.FromSeconds(result.Seconds))}"));
    }
}
