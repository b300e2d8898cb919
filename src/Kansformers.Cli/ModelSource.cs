using Kansformers.Checkpoints;
using Kansformers.Hub;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Cli;

/// <summary>A model that a verb works on: a run folder, a folder in Hugging Face's layout, or a weight file of a run, of the original (<c>.pt</c>), minGPT or nanoGPT.</summary>
internal sealed class ModelSource
{
    private readonly string _path;

    private ModelSource(string path, RunFolder? run) => (_path, Run) = (path, run);

    /// <summary>The run folder, or null for a bare weight file.</summary>
    public RunFolder? Run { get; }

    /// <summary>Whether it is a folder in Hugging Face's layout.</summary>
    public bool IsHuggingFace => Run is null && Directory.Exists(_path);

    /// <summary>Whether it is a folder in Hugging Face's layout with a tokenizer in it.</summary>
    public bool HasTokenizer => IsHuggingFace && TokenizerSource.IsIn(_path);

    /// <summary>The file that holds the weights, or the folder in Hugging Face's layout.</summary>
    public string WeightFile(RunWeights weights) => Run is null ? _path
        : weights == RunWeights.Best && File.Exists(Run.ModelFile) ? Run.ModelFile : Run.CheckpointFile;

    public static ModelSource Open(string path)
    {
        if (path.StartsWith(HubRepository.Scheme, StringComparison.Ordinal))
        {
            using Interruption interruption = new();
            path = HubModel.Download(HubRepository.Parse(path), check: HuggingFaceGpt.RequireKnown, progress: new HubDisplay(), cancellation: interruption.Token);
        }
        if (HuggingFaceFolder.IsOne(path))
            return new ModelSource(path, null);
        if (Directory.Exists(path) && !File.Exists(Path.Combine(path, TokenizerFile.Name)))
            throw new KansformersException($"'{path}' is neither a run nor a model in Hugging Face's layout: it has no config.json that can be read and names a model_type");
        if (Directory.Exists(path))
            return new ModelSource(path, RunFolder.Open(path));
        return File.Exists(path) ? new ModelSource(path, null)
            : throw new KansformersException($"there is no run folder or weight file '{path}'");
    }

    /// <summary>What the weights leave open or say twice, and how that was taken; known once they are opened.</summary>
    public IReadOnlyList<string> Notes { get; private set; } = [];

    public GptOptions Architecture(RunWeights weights, ModelHints hints)
    {
        if (Run is not null)
            return Run.Config.Model;
        using TensorFile file = GptCheckpoint.Open(WeightFile(weights));
        return Architecture(file, hints);
    }

    /// <summary>As above, of the open weights; notes what they leave open.</summary>
    public GptOptions Architecture(TensorFile file, ModelHints hints)
    {
        Notes = GptCheckpoint.Notes(file, hints.Gelu);
        return Run?.Config.Model ?? GptCheckpoint.Infer(file, hints.Heads, hints.Gelu);
    }

    public Gpt LoadModel(RunWeights weights, ModelHints hints, Device device)
    {
        if (Run is not null)
            return Run.LoadModel(weights, device);
        using TensorFile file = GptCheckpoint.Open(_path);
        return GptCheckpoint.Load(file, Architecture(file, hints), device);
    }

    /// <summary>Prints the notes, once what was asked for is known to make sense.</summary>
    public void Tell()
    {
        foreach (string note in Notes)
            LiveLine.Say(note);
    }

    /// <summary>The run's tokenizer, one that the user names, or GPT-2's where the vocabulary is its size.</summary>
    public Tokenizer LoadTokenizer(GptOptions model, string? name)
    {
        Tokenizer tokenizer = name is null && Run is not null ? Run.LoadTokenizer() : Tokenizer.Open(name ?? TokenizerName(model.VocabularySize));
        if (!tokenizer.Fits(model.VocabularySize))
            throw new UsageException($"the tokenizer has {tokenizer.VocabularySize} ids, the model {model.VocabularySize}; they do not belong together");
        if (tokenizer.Padding(model.VocabularySize) is string padding)
            LiveLine.Say(padding);
        return tokenizer;
    }

    /// <summary>The ids that end a text, where the model's own configuration tells them; null where it does not, and the tokenizer's counts.</summary>
    public IReadOnlyList<int>? EndOfText() => IsHuggingFace ? HuggingFaceGpt.EndOfTextOf(_path) : null;

    /// <summary>What to open for the tokenizer that the model brings: its folder, or GPT-2's where the vocabulary is its size.</summary>
    public string TokenizerName(int vocabularySize) =>
        Run is not null ? Run.Folder
        : HasTokenizer ? Path.GetFullPath(_path)
        : vocabularySize is >= Gpt2Vocabulary and <= MostPadded ? "gpt2"
        : throw new UsageException($"'{_path}' has a vocabulary of {vocabularySize} and does not tell its tokenizer; give --tokenizer gpt2, byte, or the folder of a saved one");

    // GPT-2's own, and as far as padding it to a round number has been seen to go (nanoGPT's 50304, GPT-J's 50400); it is told.
    private const int Gpt2Vocabulary = 50257, MostPadded = 51200;

    public void RefuseHints(ModelHints hints)
    {
        if (Run is not null && hints.Heads is not null)
            throw new UsageException("--heads is for weight files that do not tell it; a run folder does");
        if (Run is not null && hints.Gelu is not null)
            throw new UsageException("--gelu is for weight files; a run folder tells it");
    }

    public static RunWeights ParseWeights(string text) => text switch
    {
        "best" => RunWeights.Best,
        "last" => RunWeights.Last,
        _ => throw new UsageException($"unknown checkpoint '{text}': use best or last"),
    };
}
