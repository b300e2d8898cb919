using Kansformers.Checkpoints;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary>A model on its way from one layout to another. Each way gives a line per tensor.</summary>
internal sealed class Conversion(ModelSource source, RunWeights weights, int? heads, string? tokenizer)
{
    private const string Head = "lm_head.weight", Embedding = "transformer.wte.weight";

    /// <summary>What a safetensors file says about the model, so that it is whole by itself.</summary>
    public IReadOnlyDictionary<string, string> Metadata
    {
        get
        {
            using TensorFile file = GptCheckpoint.Open(source.WeightFile(weights));
            Dictionary<string, string> metadata = new(file.Metadata) { ["format"] = "pt" };
            if (source.Run is not null || source.IsHuggingFace)
                metadata[GptMetadata.Key] = GptMetadata.Text(source.Architecture(weights, heads));
            return metadata;
        }
    }

    /// <summary>To a file, in the names and shapes of minGPT and the original Kansformers. Elements keep their type, and are read while they are written.</summary>
    public IReadOnlyList<TensorChange> ToFile(string path, Action<string, IEnumerable<StoredTensor>> save)
    {
        using TensorFile file = GptCheckpoint.Open(source.WeightFile(weights));
        GptOptions options = GptCheckpoint.Infer(file, source.Run?.Config.Model.Heads ?? heads);
        List<StoredTensor> tensors = [.. GptCheckpoint.Weights(file).Where(tensor => !GptCheckpoint.IsCausalMask(tensor.Name))];
        List<TensorChange> changes = [.. Read(file)];

        // The original's classes have a head: PyTorch files hold it as the same memory under a second name.
        tensors.RemoveAll(tensor => options.TiedHead && tensor.Name == Head);
        if (options.TiedHead && save == StateDictionary.SavePyTorch)
        {
            tensors.Add(tensors.First(tensor => tensor.Name == Embedding).WithName(Head));
            changes.RemoveAll(change => change.Fate == TensorFate.Tied);
            changes.Add(new TensorChange(Embedding, Head, TensorFate.Tied));
        }

        save(path, tensors);
        return changes;
    }

    /// <summary>To a folder in Hugging Face's layout, with the tokenizer when it is known.</summary>
    public IReadOnlyList<TensorChange> ToHuggingFace(string folder)
    {
        if (File.Exists(folder))
            throw new UsageException($"'{folder}' is a file; --to hf needs a folder");
        using Gpt model = source.LoadModel(weights, heads, TorchSharp.torch.CPU);
        IReadOnlyList<TensorChange> written = HuggingFaceGpt.Save(model, folder);
        if (source.Run is not null || source.HasTokenizer || tokenizer is not null)
        {
            // Ours for this program; a file that other programs read where the tokenizer has such a form.
            Tokenizer known = source.LoadTokenizer(model, tokenizer);
            known.Save(folder);
            (known as HuggingFaceTokenizer)?.SaveJson(Path.Combine(folder, "tokenizer.json"));
        }

        return Chained(written);
    }

    /// <summary>To a run folder, which can be sampled from and evaluated. It has no history, so training cannot go on with it.</summary>
    public IReadOnlyList<TensorChange> ToRun(string folder)
    {
        using Gpt model = source.LoadModel(weights, heads, TorchSharp.torch.CPU);
        Tokenizer known = source.LoadTokenizer(model, tokenizer);
        RunConfig config = source.Run?.Config ?? new RunConfig
        {
            Model = model.Options,
            Training = new TrainingOptions(),
            Data = new DataConfig { Data = Path.GetFullPath(source.WeightFile(weights)), Tokenizer = known.Kind },
        };
        RunFolder.Create(folder, config, known).SaveWeights(model);
        return Chained([.. model.state_dict().Select(entry => new TensorChange(entry.Key, entry.Key, TensorFate.Kept))]);
    }

    private IReadOnlyList<TensorChange> Read(TensorFile file)
    {
        if (!source.IsHuggingFace)
        {
            HashSet<string> used = [.. GptCheckpoint.Weights(file).Select(tensor => tensor.Name)];
            bool tied = GptCheckpoint.Infer(file, source.Run?.Config.Model.Heads ?? heads).TiedHead;
            return
            [
                .. file.Tensors.Where(tensor => used.Contains(Own(tensor.Name))).Select(tensor => tied && Own(tensor.Name) == Head
                    ? new TensorChange(tensor.Name, Embedding, TensorFate.Tied)
                    : new TensorChange(tensor.Name, GptCheckpoint.IsCausalMask(tensor.Name) ? null : Own(tensor.Name), Fate(tensor.Name))),
            ];
        }

        (TensorFile again, IReadOnlyList<TensorChange> changes) = HuggingFaceGpt.Open(file.Path);
        again.Dispose();
        return changes;

        static string Own(string name) => name.StartsWith(GptCheckpoint.CheckpointPrefix, StringComparison.Ordinal) ? name[GptCheckpoint.CheckpointPrefix.Length..] : name;

        static TensorFate Fate(string name) => GptCheckpoint.IsCausalMask(name) ? TensorFate.Dropped : Own(name) == name ? TensorFate.Kept : TensorFate.Renamed;
    }

    // What reading did, followed by what writing did.
    private IReadOnlyList<TensorChange> Chained(IReadOnlyList<TensorChange> written)
    {
        using TensorFile file = GptCheckpoint.Open(source.WeightFile(weights));
        Dictionary<string, TensorChange> next = written.ToDictionary(change => change.From!);
        return [.. Read(file).Select(Follow)];

        TensorChange Follow(TensorChange read)
        {
            if (read.To is null || read.Fate == TensorFate.Tied || !next.TryGetValue(read.To, out TensorChange? change))
                return read;
            bool turned = (read.Fate == TensorFate.Transposed) != (change.Fate == TensorFate.Transposed);
            return new TensorChange(read.From, change.To, turned ? TensorFate.Transposed : read.From == change.To ? TensorFate.Kept : TensorFate.Renamed);
        }
    }
}
