using System.CommandLine;
using Kansformers.Training;

namespace Kansformers.Cli;

/// <summary>What <c>sample</c>, <c>eval</c> and <c>info</c> have in common: which model, which of its weights, where to run it.</summary>
internal sealed class ModelOptions
{
    public readonly Argument<string> Source = new("RUN") { Description = "a run folder, a GPT-2 folder in Hugging Face's layout, hub:owner/name[@revision] to download one, or a weight file: a run's model.safetensors, or one of the original, minGPT or nanoGPT (.pt, .safetensors)" };
    public readonly Option<string> Weights = new("--checkpoint") { Description = "which weights of a run: best or last", DefaultValueFactory = _ => "best" };
    public readonly Option<int?> Heads = new("--heads") { Description = "attention heads, for weight files that do not tell" };
    public readonly Option<string?> Gelu = ModelHints.GeluOption();
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
    public ModelHints Hints(ParseResult parsed) => new(parsed.GetValue(Heads), ModelHints.ParseGelu(parsed.GetValue(Gelu)));

    public (ModelSource Source, RunWeights Weights) Open(ParseResult parsed)
    {
        RunWeights weights = ModelSource.ParseWeights(parsed.GetValue(Weights)!);
        if (parsed.GetValue(Heads) < 1)
            throw new UsageException($"--heads is {parsed.GetValue(Heads)}; it must be at least 1");
        ModelHints hints = Hints(parsed);
        TokenizerChoice.Require(parsed.GetValue(Tokenizer));
        ModelSource source = ModelSource.Open(parsed.GetValue(Source)!);
        if (source.Run is not null && parsed.GetValue(Tokenizer) is not null)
            throw new UsageException("--tokenizer is for weight files, which have none; a run folder has its own");
        source.RefuseHints(hints);
        return (source, weights);
    }
}
