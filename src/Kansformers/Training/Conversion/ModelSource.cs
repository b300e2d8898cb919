using Kansformers.Checkpoints;
using Kansformers.Hub;
using Kansformers.Text;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>A model with all that lies beside it, wherever that is: a run folder, a folder in Hugging Face's layout, or a weight file.</summary>
public sealed class ModelSource
{
    // GPT-2's own, and as far as padding it to a round number has been seen to go (nanoGPT's 50304, GPT-J's 50400); it is told.
    private const int Gpt2Vocabulary = 50257, MostPadded = 51200;

    private ModelSource(string path, RunFolder? run, string name) => (Path, Run, Name) = (path, run, name);

    /// <summary>The folder or file.</summary>
    public string Path { get; }

    /// <summary>A short name: that of the folder, the file without its ending, or the model on the hub.</summary>
    public string Name { get; }

    /// <summary>The run folder; null for all else.</summary>
    public RunFolder? Run { get; }

    /// <summary>Whether it is a folder in Hugging Face's layout.</summary>
    public bool IsHuggingFace => Run is null && Directory.Exists(Path);

    /// <summary>What there is to say of the weights: what they leave open or say twice, and how that was taken. Known once they are opened.</summary>
    public IReadOnlyList<string> Notes { get; private set; } = [];

    /// <summary>Whether a tokenizer lies beside it.</summary>
    public bool HasTokenizer => Run is not null || (IsHuggingFace && TokenizerSource.IsIn(Path));

    /// <summary>Finds a model.</summary>
    /// <param name="source">A run folder, a folder in Hugging Face's layout, a weight file, or <c>hub:owner/name[@revision]</c>, which is downloaded.</param>
    /// <param name="progress">Is told how far a download has come.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <exception cref="KansformersException">There is no such model, or it cannot be brought.</exception>
    public static ModelSource Open(string source, IProgress<HubProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        HubRepository? repository = source.StartsWith(HubRepository.Scheme, StringComparison.Ordinal) ? HubRepository.Parse(source) : null;
        string path = repository is null ? source : HubModel.Download(repository, check: HuggingFaceModel.RequireKnown, progress: progress, cancellation: cancellation);
        string name = repository?.Id.Split('/')[^1] ?? System.IO.Path.GetFileNameWithoutExtension(System.IO.Path.TrimEndingDirectorySeparator(source));
        if (HuggingFaceFolder.IsOne(path))
            return new ModelSource(path, null, name);
        if (Directory.Exists(path) && !File.Exists(System.IO.Path.Combine(path, TokenizerFile.Name)))
            throw new KansformersException($"'{path}' is neither a run nor a model in Hugging Face's layout: it has no config.json that can be read and names a model_type");
        if (Directory.Exists(path))
            return new ModelSource(path, RunFolder.Open(path), name);
        return File.Exists(path) ? new ModelSource(path, null, name)
            : throw new KansformersException($"there is no run folder or weight file '{path}'");
    }

    /// <summary>The file that holds the weights, or the folder in Hugging Face's layout.</summary>
    /// <param name="weights">Which weights of a run.</param>
    public string WeightFile(RunWeights weights = RunWeights.Best) => Run is null ? Path
        : weights == RunWeights.Best && File.Exists(Run.ModelFile) ? Run.ModelFile : Run.CheckpointFile;

    /// <summary>The architecture.</summary>
    /// <param name="weights">Which weights of a run.</param>
    /// <param name="hints">What a weight file need not tell.</param>
    /// <exception cref="KansformersException">The weights cannot be read or do not tell it.</exception>
    public ModelOptions Architecture(RunWeights weights = RunWeights.Best, ModelHints? hints = null)
    {
        if (Run is not null)
            return Run.Architecture(weights);
        using ModelFile file = ModelFile.Open(WeightFile(weights));
        return Architecture(file, hints);
    }

    /// <summary>The architecture, of the open weights.</summary>
    /// <param name="file">The weights.</param>
    /// <param name="hints">What a weight file need not tell.</param>
    /// <exception cref="KansformersException">The weights do not tell it.</exception>
    public ModelOptions Architecture(ModelFile file, ModelHints? hints = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        Notes = file.Notes(hints);
        return Run?.ArchitectureIn(file.Path) ?? file.Options(hints);
    }

    /// <summary>The model with its weights.</summary>
    /// <param name="weights">Which weights of a run.</param>
    /// <param name="hints">What a weight file need not tell.</param>
    /// <param name="device">Where the model is wanted; null is the CPU.</param>
    /// <exception cref="KansformersException">The weights cannot be read, do not tell their architecture, or do not fit it.</exception>
    public TransformerModel LoadModel(RunWeights weights = RunWeights.Best, ModelHints? hints = null, Device? device = null)
    {
        if (Run is not null)
            return Run.LoadModel(weights, device);
        using ModelFile file = ModelFile.Open(Path);
        Notes = file.Notes(hints);
        return file.Load(hints, device);
    }

    /// <summary>What <see cref="Tokenizer.Open"/> takes for the tokenizer that the model brings: its folder, or GPT-2's where the vocabulary is its size.</summary>
    /// <param name="vocabularySize">The model's vocabulary.</param>
    /// <returns>Null when none is known.</returns>
    public string? TokenizerName(int vocabularySize) =>
        Run is not null ? Run.Folder
        : HasTokenizer ? System.IO.Path.GetFullPath(Path)
        : vocabularySize is >= Gpt2Vocabulary and <= MostPadded ? "gpt2"
        : null;

    /// <summary>The run's tokenizer, one that is named, or what <see cref="TokenizerName"/> says.</summary>
    /// <param name="vocabularySize">The model's vocabulary.</param>
    /// <param name="name">What <see cref="Tokenizer.Open"/> takes; null for the model's own.</param>
    /// <exception cref="KansformersException">None is known, or it is damaged.</exception>
    public Tokenizer LoadTokenizer(int vocabularySize, string? name = null) => name is null && Run is not null ? Run.LoadTokenizer()
        : Tokenizer.Open(name ?? TokenizerName(vocabularySize) ?? throw new KansformersException($"'{Path}' has a vocabulary of {vocabularySize} and does not tell its tokenizer; name one"));

    /// <summary>The ids that end a text, where the model's own configuration tells them; null where it does not, and the tokenizer's counts.</summary>
    /// <exception cref="KansformersException">What it tells is no id of the model.</exception>
    public IReadOnlyList<int>? EndOfText() => IsHuggingFace ? HuggingFaceModel.EndOfTextOf(Path) : null;
}
