using Kansformers.Checkpoints;
using Kansformers.Files;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>
/// A model on its way from one layout to another: opened and checked before anything is written, then read while it is written. Each way gives a line per
/// tensor.
/// </summary>
public sealed class ModelConversion : IDisposable
{
    private readonly ModelSource _source;
    private readonly ModelFile _file;
    private IReadOnlyList<StoredTensor> _tensors; // by our names
    private IReadOnlyList<TensorChange> _read;
    private TransformerModel? _made;

    /// <summary>Opens the model's weights and looks whether they are whole.</summary>
    /// <param name="source">The model.</param>
    /// <param name="weights">Which weights of a run.</param>
    /// <param name="hints">What a weight file need not tell; null for nothing.</param>
    /// <exception cref="KansformersException">The weights cannot be read, do not tell their architecture, or do not fit it.</exception>
    public ModelConversion(ModelSource source, RunWeights weights = RunWeights.Best, ModelHints? hints = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
        _file = ModelFile.Open(source.WeightFile(weights));
        try
        {
            Options = source.Architecture(_file, hints);
            _file.RequireFit(Options);
            _tensors = _file.Taken(Options);
            _read = _file.Changes(Options);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>The model's architecture.</summary>
    public ModelOptions Options { get; private set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _made?.Dispose();
        _file.Dispose();
    }

    /// <summary>Makes another model of it, such as one with KAN layers, which is written from then on. At most once.</summary>
    /// <param name="change">Makes the other model of the loaded one, as <see cref="KanModelConversion"/> does.</param>
    /// <returns>What came of it; its model belongs to this conversion.</returns>
    /// <exception cref="InvalidOperationException">It was changed already.</exception>
    public ModelSwap Change(Func<TransformerModel, ModelSwap> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (_made is not null)
            throw new InvalidOperationException("the model was changed already");
        using TransformerModel model = Options.Family.Create(Options);
        _file.LoadInto(model);
        ModelSwap swap = change(model);
        (_made, Options) = (swap.Model, swap.Model.Options);
        _tensors = [.. swap.Model.state_dict().Select(entry => StateDictionary.ToStored(entry.Key, entry.Value))];
        _read = Chained(swap.Changes);
        return swap;
    }

    /// <summary>To a safetensors file, which tells the architecture. Elements keep their type.</summary>
    /// <param name="path">The file to write.</param>
    /// <returns>What became of each tensor.</returns>
    /// <exception cref="KansformersException">The file cannot be written.</exception>
    public IReadOnlyList<TensorChange> ToSafetensors(string path)
    {
        StateDictionary.Save(path, _tensors, new Dictionary<string, string>(ModelMetadata.Set(_file.Tensors.Metadata, Options)) { ["format"] = "pt" });
        return _read;
    }

    /// <summary>
    /// To a PyTorch file; a GPT's is one that the classes of minGPT and the original Kansformers load, or nanoGPT's where these cannot hold it. Elements keep their type.
    /// </summary>
    /// <param name="path">The file to write.</param>
    /// <returns>What became of each tensor.</returns>
    /// <exception cref="KansformersException">The file cannot be written.</exception>
    public IReadOnlyList<TensorChange> ToPyTorch(string path)
    {
        List<StoredTensor> tensors = [.. _tensors];
        List<TensorChange> changes = [.. _read];
        if (Options.Family.PyTorchContent(Options, tensors, changes) is PickleDictionary content)
            StateDictionary.SavePyTorch(path, content);
        else
            StateDictionary.SavePyTorch(path, tensors);
        return changes;
    }

    /// <summary>To a folder in Hugging Face's layout. Elements keep their type.</summary>
    /// <param name="folder">The folder, new or empty.</param>
    /// <param name="tokenizer">The model's tokenizer; null when it is not known.</param>
    /// <param name="shardBytes">The most bytes of weights in a file; more go to several, with an index.</param>
    /// <returns>What became of each tensor.</returns>
    /// <exception cref="KansformersException">The folder holds anything or cannot be written, or the tokenizer has another number of ids.</exception>
    public IReadOnlyList<TensorChange> ToHuggingFace(string folder, Tokenizer? tokenizer = null, long shardBytes = HuggingFaceModel.DefaultShardBytes)
    {
        RunFolder.RequireFree(folder);
        RequireFit(tokenizer);
        using FilesTogether files = FilesTogether.Begin();
        IReadOnlyList<TensorChange> written = HuggingFaceModel.Write(folder, Options, _tensors, shardBytes,
            new FolderExtras(_source.EndOfText() ?? (tokenizer?.EndOfText is int end ? [end] : null), _source.IsHuggingFace ? _source.Path : null));
        tokenizer?.Save(folder);
        if (tokenizer?.StandardJson() is byte[] json)
            AtomicFile.Write(Path.Combine(folder, "tokenizer.json"), stream => stream.Write(json));
        files.Keep();
        return Chained(written);
    }

    /// <summary>To a run folder, which can be sampled from and evaluated. It has no history, so training cannot go on with it.</summary>
    /// <param name="folder">The folder, new or empty.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <returns>What became of each tensor.</returns>
    /// <exception cref="KansformersException">The folder holds anything or cannot be written, or the tokenizer has another number of ids.</exception>
    public IReadOnlyList<TensorChange> ToRun(string folder, Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        RunFolder.RequireFree(folder);
        RequireFit(tokenizer);
        using TransformerModel? loaded = _made is null ? Options.Family.Create(Options) : null;
        if (loaded is not null)
            _file.LoadInto(loaded);
        RunConfig config = _source.Run?.Config is RunConfig known ? known with { Model = Options, Training = known.Training with { RefineGrid = [] } } : new RunConfig
        {
            Model = Options,
            Training = new TrainingOptions(),
            Data = new DataConfig { Data = _file.Path, Tokenizer = tokenizer.Kind },
        };
        using FilesTogether files = FilesTogether.Begin();
        RunFolder.Create(folder, config, tokenizer).SaveWeights(_made ?? loaded!);
        files.Keep();
        return Chained([.. _tensors.Select(tensor => new TensorChange(tensor.Name, tensor.Name, tensor.Type == StoredType.F32 ? TensorFate.Kept : TensorFate.Converted))]);
    }

    private void RequireFit(Tokenizer? tokenizer)
    {
        if (tokenizer is not null && !tokenizer.Fits(Options.VocabularySize))
            throw new KansformersException($"the tokenizer has {tokenizer.VocabularySize} ids, the model {Options.VocabularySize}; they do not belong together");
    }

    // What opening did, followed by what writing did.
    private IReadOnlyList<TensorChange> Chained(IReadOnlyList<TensorChange> written)
    {
        ILookup<string?, TensorChange> next = written.ToLookup(change => change.From), before = _read.ToLookup(change => change.Fate == TensorFate.Tied ? null : change.To);
        return [.. _read.SelectMany(Follow), .. next[null]];

        // What was joined and is split again goes on part by part.
        IEnumerable<TensorChange> Follow(TensorChange read)
        {
            if (read.To is null || read.Fate == TensorFate.Tied || !next.Contains(read.To))
                return [read];
            TensorChange[] parts = [.. before[read.To]], changes = [.. next[read.To]];
            return parts.Length > 1 && parts.Length == changes.Length ? [Both(read, changes[Array.IndexOf(parts, read)])] : changes.Select(change => Both(read, change));
        }

        static TensorChange Both(TensorChange read, TensorChange change)
        {
            if (read.Fate == TensorFate.Fitted || change.Fate == TensorFate.Fitted)
                return new TensorChange(read.From, change.To, TensorFate.Fitted);
            if (read.Fate == TensorFate.Joined != (change.Fate == TensorFate.Split))
                return new TensorChange(read.From, change.To, read.Fate == TensorFate.Joined ? TensorFate.Joined : TensorFate.Split);
            bool turned = (read.Fate == TensorFate.Transposed) != (change.Fate == TensorFate.Transposed);
            TensorFate fate = change.Fate == TensorFate.Converted ? TensorFate.Converted : turned ? TensorFate.Transposed : read.From == change.To ? TensorFate.Kept : TensorFate.Renamed;
            return new TensorChange(read.From, change.To, fate);
        }
    }
}
