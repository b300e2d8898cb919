using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Kansformers.Checkpoints;
using Kansformers.Files;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>Where a run's text came from: all that is needed to find the same tokens again.</summary>
public sealed record DataConfig
{
    /// <summary>The corpus: a path, or the name of a built-in one.</summary>
    public required string Data { get; init; }

    /// <summary>Other text to validate on, or null for the last part of the corpus.</summary>
    public string? ValidationData { get; init; }

    /// <summary>The share of the tokens that is held out when there is no other text.</summary>
    public double ValidationFraction { get; init; } = 0.1;

    /// <summary>The column, or the field of <c>.jsonl</c> lines, that holds the text; null when it is to be found.</summary>
    public string? TextField { get; init; }

    /// <summary>The column that holds the second text of each pair; null for none. Of labelled examples only.</summary>
    public string? TextPairField { get; init; }

    /// <summary>The column that holds the labels; null when it is to be found. Of labelled examples only.</summary>
    public string? LabelField { get; init; }

    /// <summary>Whether exact duplicates of documents are left out.</summary>
    public bool Deduplicate { get; init; }

    /// <summary>What the numbers of a <c>.bin</c> corpus are.</summary>
    public TokenFormat TokenFormat { get; init; }

    /// <summary>What becomes of <c>&lt;|endoftext|&gt;</c> written in the text.</summary>
    public SpecialTokens SpecialTokens { get; init; }

    /// <summary>
    /// Whether a training begins though characters of its text have no token: <see cref="UnknownCharacters.Refuse"/>, or
    /// <see cref="UnknownCharacters.Skip"/>, which leaves them out, and counts them.
    /// </summary>
    public UnknownCharacters UnknownCharacters { get; init; }

    /// <summary>The name of the tokenizer: <c>char</c>, <c>byte</c>, <c>gpt2</c>, or a folder.</summary>
    public required string Tokenizer { get; init; }

    /// <summary>Identifies the tokens that the run was trained on.</summary>
    public string? Fingerprint { get; init; }
}

/// <summary>A run's <c>config.json</c>: everything that decides what the run is.</summary>
public sealed record RunConfig
{
    /// <summary>The layout of the file; this library reads version 1.</summary>
    public int Format { get; init; } = 1;

    /// <summary>The name of the preset, or <c>custom</c>.</summary>
    public string Preset { get; init; } = "custom";

    /// <summary>The name of the recipe that the settings came from where nothing else was said; null where a program set them all.</summary>
    public string? Recipe { get; init; }

    /// <summary>The architecture as the training begins; <see cref="RunFolder.Architecture"/> tells that of weights whose grids were refined since.</summary>
    public required ModelOptions Model { get; init; }

    /// <summary>The weight file, or the folder in Hugging Face's layout, that the training begins from; null for random weights.</summary>
    public string? InitialWeights { get; init; }

    /// <summary>The run that this one was made of without training, as by pruning; null for runs that were trained.</summary>
    public string? MadeFrom { get; init; }

    /// <summary>The training settings.</summary>
    public required TrainingOptions Training { get; init; }

    /// <summary>Where the text came from.</summary>
    public required DataConfig Data { get; init; }

    /// <summary>The command that started the run; null where a program did.</summary>
    public string? CommandLine { get; init; }

    /// <summary>The commands that went on with it, in their order.</summary>
    public IReadOnlyList<string> Resumes { get; init; } = [];

    /// <summary>The numbers of processor threads that computed it, one after another: sums are rounded otherwise on another number. Empty where it is not known.</summary>
    public IReadOnlyList<int> Threads { get; init; } = [];

    private static readonly JsonSerializerOptions Json = new()
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(), // named, since programs in one file switch the default off
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        Converters =
        {
            new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower),
            new KindConverter<ObjectiveOptions>(() => Objectives.All[0], Objectives.Named, entry => entry.Kind),
            new KindConverter<OptimizerOptions>(() => Optimizers.All[0], Optimizers.Named, entry => entry.Kind),
        },
    };

    /// <summary>Reads what <see cref="ToJson{T}"/> gives of an architecture.</summary>
    internal static ModelOptions ParseModel(JsonObject json) => json.Deserialize<ModelOptions>(Json)!;

    /// <summary>Checks the options as far as that goes without the text, which may bring the vocabulary.</summary>
    /// <exception cref="KansformersException">The message names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        Training.Validate();
        (Model with { VocabularySize = Math.Max(1, Model.VocabularySize) }).Validate();
        Training.Objective.RequireSuited(Model);
        GridUpdates.Require(Model, Training);
        PlannedRefinement.Require(Model, Training);
    }

    /// <summary>Writes the file atomically.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="KansformersException">The file cannot be written.</exception>
    public void Save(string path) => AtomicFile.WriteText(path, JsonSerializer.Serialize(this, Json) + "\n");

    /// <summary>The file's content.</summary>
    internal JsonObject ToJson() => JsonSerializer.SerializeToNode(this, Json)!.AsObject();

    /// <summary>What the file says of training settings, an architecture, or a kind of KAN layer.</summary>
    internal static JsonObject ToJson<T>(T settings) => JsonSerializer.SerializeToNode(settings, Json)!.AsObject();

    /// <summary>Reads what <see cref="ToJson()"/> gives, unchecked; what is left out is at its default.</summary>
    /// <exception cref="JsonException">A value is missing or wrong.</exception>
    /// <exception cref="KansformersException">It names an entry that a list does not have.</exception>
    internal static RunConfig Parse(JsonObject json) => json.Deserialize<RunConfig>(Json)!;

    /// <summary>Reads and checks the file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="KansformersException">The file is missing, damaged, from a newer version, or holds a wrong value.</exception>
    public static RunConfig Load(string path)
    {
        try
        {
            RunConfig config = Read(path) ?? throw new KansformersException($"'{path}' is empty; it should be a run's configuration");
            if (config.Format != 1)
                throw new KansformersException($"'{path}' has format {config.Format}; this version reads format 1: update kansformers");
            config.Model.Validate();
            config.Training.Validate();
            return config;
        }
        catch (Exception failure) when (failure is JsonException or NotSupportedException)
        {
            throw new KansformersException($"'{path}' is not a run's configuration: {Fault(failure)}", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new KansformersException($"cannot read '{path}': {AtomicFile.Reason(failure)}; is '{Path.GetDirectoryName(path)}' a run folder?", failure);
        }
    }

    private static RunConfig? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<RunConfig>(File.ReadAllBytes(path), Json);
        }
        catch (KansformersException failure)
        {
            throw new KansformersException($"'{path}': {failure.Message}; update kansformers, or restore the file", failure);
        }
    }

    // The place says more than the reader's own words about types and annotations.
    private static string Fault(Exception failure) => KindConverter.Place(failure) is { Length: > 0 } name
        ? $"'{name}' is empty or holds a wrong value; restore the file, or start a new run" : failure.Message.ReplaceLineEndings(" ");
}
