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

    /// <summary>The rows to measure on: those of the file that is named, or else those that the run holds out; and what they are, in words.</summary>
    /// <param name="read">Reads a file, with the columns that hold.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public (IReadOnlyList<TRow> Rows, string Data) Rows<TRow>(Func<string, LabelledFields, IReadOnlyList<TRow>> read, CancellationToken cancellation)
    {
        DataConfig? own = Source.Run?.Config.Data;
        if (Data is string data)
            return (read(data, Options.Labels.Fields(Parsed, Options.Corpus.TextField, own)), data);
        if (own is null)
            throw new UsageException("a weight file has no texts of its own; give --data");
        if (!Source.Run!.Config.Training.Objective.NeedsLabels)
            throw new UsageException("the run was not trained on labelled texts; give --data");
        using TrainingMaterial material = Source.Run.LoadMaterial(new EncodingDisplay(), cancellation);
        return material.HeldOutOf<TRow>() is { Count: > 0 } rows ? (rows, $"{own.ValidationData ?? $"the held-out part of {own.Data}"}")
            : throw new KansformersException($"the run '{Source.Run.Folder}' holds out no texts to evaluate; give --data");
    }

    /// <summary>The model, to be disposed.</summary>
    public TransformerModel LoadModel() => Source.LoadModel(Weights, Options.Model.Hints(Parsed), Devices.Find(Parsed.GetValue(Options.Model.Device)!));

    /// <summary>The tokenizer of a model that reads a whole text.</summary>
    public Tokenizer LoadEncoderTokenizer(TransformerModel model) => ModelChoice.LoadEncoderTokenizer(Source, model.Options.VocabularySize, Parsed.GetValue(Options.Model.Tokenizer));
}
