using System.CommandLine;
using Kansformers.Evaluation;
using Kansformers.Runtime;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary><c>eval RUN</c>: loss, perplexity and bits per byte over a whole corpus.</summary>
internal static class EvalCommand
{
    public static Command Create()
    {
        ModelChoice model = new();
        Option<string?> data = new("--data") { Description = "text to score: as for train [default: the held-out part of the run's own text]" };
        CorpusChoice choice = new();
        Option<int?> stride = new("--stride") { Description = "how far each window of one block moves on; smaller gives every token more context [default: the block size]" };
        Option<long?> maxTokens = new("--max-tokens") { Description = "score only so many tokens from the start" };
        Command command = new("eval", "Loss, perplexity and bits per byte on a corpus, by sliding windows.") { data, stride, maxTokens };
        foreach (Option option in choice.All)
            command.Add(option);
        OptionRules.NotEmpty(data);
        model.AddTo(command);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(data) is null && choice.GivenIn(parsed) is { Length: > 0 } given)
                throw new UsageException($"{string.Join(", ", given)} says how --data is read, which is missing; the run's own text is read as it was for training");
            (ModelSource source, RunWeights weights) = model.Open(parsed);
            using Interruption interruption = new();
            using CausalModel causal = model.LoadCausal(parsed, source, weights);
            Tokenizer tokenizer = ModelChoice.LoadTokenizer(source, causal.Options.VocabularySize, parsed.GetValue(model.Tokenizer));
            EvaluationOptions options = new() { Stride = parsed.GetValue(stride), MaxTokens = parsed.GetValue(maxTokens) };
            try
            {
                options.Validate(causal.Options.BlockSize);
            }
            catch (KansformersException failure)
            {
                throw new UsageException(failure.Message);
            }

            using TokenizedCorpus corpus = Prepare(source, tokenizer, parsed.GetValue(data), choice, parsed, interruption.Token);
            ModelChoice.Tell(source);
            foreach (string note in corpus.Notes)
                LiveLine.Say(note);
            LiveLine.Clear(); // of a part of a corpus the last stage does not come to its end
            LossNotice.Say(corpus);
            TokenSpan text = parsed.GetValue(data) is null ? corpus.Validation : corpus.Train;
            if (parsed.GetValue(data) is null && text.Count < 2)
                throw new KansformersException($"the run '{source.Run!.Folder}' holds out no text to evaluate; give --data");
            if (text.Count < 2)
                throw new KansformersException($"the corpus {corpus.Description} has {text.Count} token{(text.Count == 1 ? "" : "s")} to evaluate; at least 2 are needed, one to be predicted from another");
            EvaluationResult result = new CorpusEvaluator(causal, options).Evaluate(text, new EvaluationDisplay(), interruption.Token);
            if (parsed.GetValue(model.Json))
                JsonOutput.Print(new { result.Loss, result.Perplexity, result.BitsPerByte, result.Tokens, result.Stride, BlockSize = causal.Options.BlockSize, Data = corpus.Name, Corpus = corpus.Counts, LostCharacters = LossNotice.Of(corpus).Characters, LostBytes = LossNotice.Of(corpus).Bytes, result.Seconds, result.TokensPerSecond });
            else
                Print(corpus, causal, result);
            return CommandLineApp.Succeeded;
        });
        return command;
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

    private static TokenizedCorpus Prepare(ModelSource source, Tokenizer tokenizer, string? data, CorpusChoice choice, ParseResult parsed, CancellationToken cancellation)
    {
        if (data is null && source.Run is null)
            throw new UsageException("a weight file has no text of its own; give --data");
        if (data is null)
            return source.Run!.LoadCorpus(new EncodingDisplay(), cancellation);
        SpecialTokens special = source.Run?.Config.Data.SpecialTokens ?? SpecialTokens.AsText;
        DataConfig config = new()
        {
            Data = data,
            Tokenizer = tokenizer.Kind,
            TextField = parsed.GetValue(choice.TextField),
            Deduplicate = parsed.GetValue(choice.Deduplicate),
            TokenFormat = choice.FormatIn(parsed),
            ValidationFraction = 0,
            SpecialTokens = special,
        };
        return TrainingRun.Prepare(config, tokenizer, new EncodingDisplay(), cancellation);
    }
}
