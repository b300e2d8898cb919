using System.Runtime.InteropServices;
using Kansformers.Checkpoints;
using Kansformers.Files;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary>
/// A model on its way from one layout to another: opened and checked before anything is written, then read while it is written. Each way gives a line per
/// tensor.
/// </summary>
internal sealed class Conversion : IDisposable
{
    private readonly ModelSource _source;
    private readonly string? _tokenizer;
    private readonly TensorFile _file;
    private readonly GptOptions _options;
    private readonly List<StoredTensor> _tensors; // by our names
    private readonly IReadOnlyList<TensorChange> _read;

    public Conversion(ModelSource source, RunWeights weights, ModelHints hints, string? tokenizer)
    {
        (_source, _tokenizer) = (source, tokenizer);
        _file = GptCheckpoint.Open(source.WeightFile(weights));
        try
        {
            _options = source.Architecture(_file, hints);
            _tensors = [.. _file.Tensors.Where(tensor => !GptCheckpoint.IsCausalMask(tensor.Name) && !(_options.TiedHead && tensor.Name == GptCheckpoint.Head))];
            GptShapes.Require(_file.Path, _options, _tensors);
            _read = Read();
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>To a safetensors file, which tells the architecture. Elements keep their type.</summary>
    public IReadOnlyList<TensorChange> ToSafetensors(string path)
    {
        StateDictionary.Save(path, _tensors, new Dictionary<string, string>(_file.Metadata) { ["format"] = "pt", [GptMetadata.Key] = GptMetadata.Text(_options) });
        return _read;
    }

    /// <summary>
    /// To a PyTorch file that the classes of minGPT and the original Kansformers load: with their causal masks, and a tied head under its own name. What
    /// these cannot hold, an exact GELU or no biases, becomes a checkpoint as nanoGPT loads it, which tells the architecture.
    /// </summary>
    public IReadOnlyList<TensorChange> ToPyTorch(string path)
    {
        List<StoredTensor> tensors = [.. _tensors];
        List<TensorChange> changes = [.. _read];
        if (_options.TiedHead)
        {
            tensors.Add(_tensors.First(tensor => tensor.Name == GptCheckpoint.TokenEmbedding).WithName(GptCheckpoint.Head));
            changes.RemoveAll(change => change.Fate == TensorFate.Tied);
            changes.Add(new TensorChange(GptCheckpoint.TokenEmbedding, GptCheckpoint.Head, TensorFate.Tied));
        }

        if (_options.Gelu != GeluForm.Tanh || !_options.Biases)
        {
            PickleDictionary state = new(), content = new();
            foreach (StoredTensor tensor in tensors)
                state.Set(tensor.Name, tensor);
            content.Set("model", state);
            content.Set("model_args", NanoGpt.Arguments(_options));
            content.Set(GptFile.ArchitectureKey, GptMetadata.Text(_options));
            StateDictionary.SavePyTorch(path, content);
            return changes;
        }

        StoredTensor mask = CausalMask(_options.BlockSize);
        for (int layer = 0; layer < _options.Layers; layer++)
        {
            string end = $"h.{layer}.attn.bias", name = $"transformer.{end}";
            tensors.Add(mask.WithName(name));
            int at = changes.FindIndex(change => change.Fate == TensorFate.Dropped && change.From!.EndsWith(end, StringComparison.Ordinal));
            if (at < 0)
                changes.Add(new TensorChange(null, name, TensorFate.Added));
            else
                changes[at] = new TensorChange(changes[at].From, name, changes[at].From == name ? TensorFate.Kept : TensorFate.Renamed);
        }

        StateDictionary.SavePyTorch(path, tensors);
        return changes;
    }

    /// <summary>To a folder in Hugging Face's layout, with the tokenizer when it is known. Elements keep their type.</summary>
    public IReadOnlyList<TensorChange> ToHuggingFace(string folder, long shardBytes)
    {
        RunFolder.RequireFree(folder);
        Tokenizer? known = _source.Run is not null || _source.HasTokenizer || _tokenizer is not null ? _source.LoadTokenizer(_options, _tokenizer) : null;
        using FilesTogether files = FilesTogether.Begin();
        IReadOnlyList<TensorChange> written = HuggingFaceGpt.Write(folder, _options, _tensors, shardBytes, _source.EndOfText() ?? (known?.EndOfText is int end ? [end] : null));
        known?.Save(folder);
        if (known?.StandardJson() is byte[] json)
            AtomicFile.Write(Path.Combine(folder, "tokenizer.json"), stream => stream.Write(json));
        files.Keep();
        return Chained(written);
    }

    /// <summary>To a run folder, which can be sampled from and evaluated. It has no history, so training cannot go on with it.</summary>
    public IReadOnlyList<TensorChange> ToRun(string folder)
    {
        RunFolder.RequireFree(folder);
        Tokenizer known = _source.LoadTokenizer(_options, _tokenizer);
        using Gpt model = new(_options);
        GptCheckpoint.LoadInto(model, _file);
        RunConfig config = _source.Run?.Config ?? new RunConfig
        {
            Model = _options,
            Training = new TrainingOptions(),
            Data = new DataConfig { Data = _file.Path, Tokenizer = known.Kind },
        };
        using FilesTogether files = FilesTogether.Begin();
        RunFolder.Create(folder, config, known).SaveWeights(model);
        files.Keep();
        return Chained([.. _tensors.Select(tensor => new TensorChange(tensor.Name, tensor.Name, tensor.Type == StoredType.F32 ? TensorFate.Kept : TensorFate.Converted))]);
    }

    // What opening did.
    private IReadOnlyList<TensorChange> Read()
    {
        if (_source.IsHuggingFace)
        {
            (TensorFile again, IReadOnlyList<TensorChange> changes) = HuggingFaceGpt.Open(_file.Path);
            again.Dispose();
            return changes;
        }

        return [.. _file.Tensors.Select(tensor => Change(_file.OriginalName(tensor.Name), tensor.Name))];

        TensorChange Change(string name, string own) =>
            _options.TiedHead && own == GptCheckpoint.Head ? new TensorChange(name, GptCheckpoint.TokenEmbedding, TensorFate.Tied)
            : GptCheckpoint.IsCausalMask(own) ? new TensorChange(name, null, TensorFate.Dropped)
            : new TensorChange(name, own, own == name ? TensorFate.Kept : TensorFate.Renamed);
    }

    // What opening did, followed by what writing did.
    private IReadOnlyList<TensorChange> Chained(IReadOnlyList<TensorChange> written)
    {
        Dictionary<string, TensorChange> next = written.Where(change => change.From is not null).ToDictionary(change => change.From!);
        return [.. _read.Select(Follow), .. written.Where(change => change.From is null)];

        TensorChange Follow(TensorChange read)
        {
            if (read.To is null || read.Fate == TensorFate.Tied || !next.TryGetValue(read.To, out TensorChange? change))
                return read;
            bool turned = (read.Fate == TensorFate.Transposed) != (change.Fate == TensorFate.Transposed);
            TensorFate fate = change.Fate == TensorFate.Converted ? TensorFate.Converted : turned ? TensorFate.Transposed : read.From == change.To ? TensorFate.Kept : TensorFate.Renamed;
            return new TensorChange(read.From, change.To, fate);
        }
    }

    // (1, 1, block, block): ones up to the diagonal.
    private static StoredTensor CausalMask(int block)
    {
        float[] mask = new float[(long)block * block];
        for (int row = 0; row < block; row++)
            mask.AsSpan(row * block, row + 1).Fill(1);
        return StoredTensor.Create("mask", StoredType.F32, [1, 1, block, block], MemoryMarshal.AsBytes(mask.AsSpan()).ToArray());
    }
}
