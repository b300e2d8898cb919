using System.CommandLine;
using Kansformers.Runtime;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary>What <c>sample</c>, <c>eval</c> and <c>info</c> have in common: which model, which of its weights, where to run it.</summary>
internal sealed class ModelChoice
{
    public readonly Argument<string> Source = new("RUN") { Description = "a run folder, a folder in Hugging Face's layout (GPT-2, BERT, DistilBERT, RoBERTa, BART), hub:owner/name[@revision] to download one, or a weight file: a run's model.safetensors, or one of the original, minGPT or nanoGPT (.pt, .safetensors)" };
    public readonly Option<string> Weights = new("--checkpoint") { Description = "which weights of a run: best or last", DefaultValueFactory = _ => "best" };
    public readonly Option<int?> Heads = new("--heads") { Description = "attention heads, for weight files that do not tell" };
    public readonly Option<string?> Gelu = GeluChoice.Option();
    public readonly Option<string?> Tokenizer = new("--tokenizer") { Description = "for weight files: gpt2, byte, a tokenizer.json, a vocab.json (its merges.txt beside it), a vocab.txt, or a folder with such files or a saved tokenizer" };
    public readonly Option<string> Device = new("--device") { Description = "cpu, cuda, cuda:N, mps or auto", DefaultValueFactory = _ => "cpu" };
    public readonly Option<bool> Json = new("--json") { Description = "print one JSON object on standard output and nothing else there" };

    /// <param name="command">The verb.</param>
    /// <param name="computes">Whether it computes anything, on a device that can be chosen.</param>
    public void AddTo(Command command, bool computes = true)
    {
        OptionRules.NotEmpty(Source);
        OptionRules.NotEmpty(Tokenizer);
        OptionRules.Device(Device);
        command.Add(Source);
        foreach (Option option in computes ? new Option[] { Weights, Heads, Gelu, Tokenizer, Device, Json } : [Weights, Heads, Gelu, Tokenizer, Json])
            command.Add(option);
    }

    /// <summary>What the user says of the model; its values are checked by <see cref="Open"/>.</summary>
    public ModelHints Hints(ParseResult parsed) => new(parsed.GetValue(Heads), GeluChoice.Parse(parsed.GetValue(Gelu)));

    public (ModelSource Source, RunWeights Weights) Open(ParseResult parsed)
    {
        RunWeights weights = ParseWeights(parsed.GetValue(Weights)!);
        if (parsed.GetValue(Heads) < 1)
            throw new UsageException($"--heads is {parsed.GetValue(Heads)}; it must be at least 1");
        ModelHints hints = Hints(parsed);
        TokenizerChoice.Require(parsed.GetValue(Tokenizer));
        ModelSource source = OpenSource(parsed.GetValue(Source)!);
        if (source.Run is not null && parsed.GetValue(Tokenizer) is not null)
            throw new UsageException("--tokenizer is for weight files, which have none; a run folder has its own");
        RefuseHints(source, hints);
        return (source, weights);
    }

    /// <summary>Finds a model, with a display of what is downloaded.</summary>
    public static ModelSource OpenSource(string source)
    {
        if (!IsOnHub(source))
            return ModelSource.Open(source);
        using Interruption interruption = new();
        return ModelSource.Open(source, new HubDisplay(), interruption.Token);
    }

    /// <summary>Whether a name is that of a model to download.</summary>
    public static bool IsOnHub(string name) => name.StartsWith("hub:", StringComparison.Ordinal);

    /// <summary>Refuses to say of a run what its folder tells.</summary>
    public static void RefuseHints(ModelSource source, ModelHints hints)
    {
        if (source.Run is not null && hints.Heads is not null)
            throw new UsageException("--heads is for weight files that do not tell it; a run folder does");
        if (source.Run is not null && hints.Gelu is not null)
            throw new UsageException("--gelu is for weight files; a run folder tells it");
    }

    /// <summary>Loads a model that continues text.</summary>
    public CausalModel LoadCausal(ParseResult parsed, ModelSource source, RunWeights weights) =>
        CausalModel.Of(source.LoadModel(weights, Hints(parsed), Devices.Find(parsed.GetValue(Device)!)));

    /// <summary>The run's tokenizer, one that the user names, or GPT-2's where the vocabulary is its size.</summary>
    public static Tokenizer LoadTokenizer(ModelSource source, ModelOptions options, string? name)
    {
        int vocabularySize = options.VocabularySize;
        Tokenizer tokenizer = source.LoadTokenizer(vocabularySize, name ?? TokenizerName(source, vocabularySize, keepRun: true));
        if (!tokenizer.Fits(vocabularySize))
            throw new UsageException($"the tokenizer has {tokenizer.VocabularySize} ids, the model {vocabularySize}; they do not belong together");
        if (options.Family.IsCausal && tokenizer.Padding(vocabularySize) is string padding) // what others have beyond are special tokens
            LiveLine.Say(padding);
        return tokenizer;
    }

    /// <summary>As <see cref="LoadTokenizer"/>, for encoders: ids beyond the tokenizer's are their special tokens.</summary>
    public static Tokenizer LoadEncoderTokenizer(ModelSource source, int vocabularySize, string? name) => source.LoadTokenizer(vocabularySize, name ?? TokenizerName(source, vocabularySize, keepRun: true));

    /// <summary>What to open for the tokenizer that the model brings.</summary>
    /// <param name="source">The model.</param>
    /// <param name="vocabularySize">Its vocabulary.</param>
    /// <param name="keepRun">Whether a run's is null: the run loads it itself.</param>
    public static string? TokenizerName(ModelSource source, int vocabularySize, bool keepRun = false) => keepRun && source.Run is not null ? null
        : source.TokenizerName(vocabularySize)
            ?? throw new UsageException($"'{source.Path}' has a vocabulary of {vocabularySize} and does not tell its tokenizer; give --tokenizer gpt2, byte, or the folder of a saved one");

    /// <summary>Prints what there is to say of the weights, once what was asked for is known to make sense.</summary>
    public static void Tell(ModelSource source)
    {
        foreach (string note in source.Notes)
            LiveLine.Say(note);
    }

    public static RunWeights ParseWeights(string text) => text switch
    {
        "best" => RunWeights.Best,
        "last" => RunWeights.Last,
        _ => throw new UsageException($"unknown checkpoint '{text}': use best or last"),
    };
}
