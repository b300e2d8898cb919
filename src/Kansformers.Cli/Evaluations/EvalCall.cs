using System.CommandLine;
using Kansformers.Runtime;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary>A call of <c>eval</c>: what is asked for, and of which model.</summary>
internal sealed record EvalCall(EvalOptions Options, ParseResult Parsed, ModelSource Source, RunWeights Weights)
{
    public string? Data => Parsed.GetValue(Options.Data);

    public bool Json => Parsed.GetValue(Options.Model.Json);

    /// <summary>Refuses options that such models have no use for.</summary>
    /// <param name="does">What they do, as <c>labels texts</c>.</param>
    /// <param name="options">The options.</param>
    public void RequireUnused(string does, params IEnumerable<Option> options) => OptionRules.RequireUnused(Parsed, $"a model that {does}", options);

    /// <summary>The model, to be disposed.</summary>
    public TransformerModel LoadModel() => Source.LoadModel(Weights, Options.Model.Hints(Parsed), Devices.Find(Parsed.GetValue(Options.Model.Device)!));

    /// <summary>The tokenizer of a model that reads a whole text.</summary>
    public Tokenizer LoadEncoderTokenizer(TransformerModel model) => ModelChoice.LoadEncoderTokenizer(Source, model.Options.VocabularySize, Parsed.GetValue(Options.Model.Tokenizer));
}
