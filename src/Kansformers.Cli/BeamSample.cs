using System.CommandLine;
using Kansformers.Generation;
using Kansformers.Runtime;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary>What an encoder-decoder writes of a text that it reads.</summary>
internal static class BeamSample
{
    /// <summary>How a model's folder asks for texts to be searched; the defaults of a run or a weight file, which ask for nothing.</summary>
    /// <exception cref="KansformersException">It asks for what beam search does not have.</exception>
    public static BeamOptions OptionsOf(ModelSource source) => source.Run is null && Directory.Exists(source.Path) ? BeamOptions.Of(source.Path) : new BeamOptions();

    public static void Run(BeamCall call, string text)
    {
        (ModelChoice model, ParseResult parsed, ModelSource source, RunWeights weights) = call;
        using Interruption interruption = new();
        using Bart bart = (Bart)source.LoadModel(weights, model.Hints(parsed), Devices.Find(parsed.GetValue(model.Device)!));
        Tokenizer tokenizer = ModelChoice.LoadEncoderTokenizer(source, bart.Options.VocabularySize, parsed.GetValue(model.Tokenizer));
        BeamOptions options = call.Beams.Of(parsed, OptionsOf(source), call.MaxNewTokens);
        foreach (int forced in new[] { options.ForcedBegin, options.ForcedEnd }.OfType<int>().Where(id => id < 0 || id >= bart.Options.VocabularySize))
            throw new UsageException($"a forced token is {forced}; the model's vocabulary has ids 0 to {bart.Options.VocabularySize - 1}");
        LostText lost = LossNotice.Say("the prompt", text, tokenizer);
        ModelChoice.Tell(source);
        string written = new BeamTextGenerator(bart, tokenizer, options).Generate([text], interruption.Token)[0];
        if (parsed.GetValue(model.Json))
            JsonOutput.Print(new { Prompt = text, PromptLostCharacters = lost.Characters, options.Beams, Samples = new[] { new { Text = written } } });
        else
            Console.Out.WriteLine(written);
    }
}

/// <summary>A call of <c>sample</c> with a model that writes by beam search.</summary>
internal sealed record BeamCall(ModelChoice Model, ParseResult Parsed, ModelSource Source, RunWeights Weights)
{
    public required BeamChoice Beams { get; init; }

    public int? MaxNewTokens { get; init; }
}
