using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Kansformers.Checkpoints;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>
/// The place in a run, beside the weights and moments: with the seed, from which every batch and every dropout mask follows by the step number,
/// it is the whole state. (The random state is the pair of seed and step.)
/// </summary>
internal sealed record TrainingProgress
{
    public long Step { get; init; }

    public long Seed { get; init; }

    public long Tokens { get; init; }

    public double Seconds { get; init; }

    public double TrainLoss { get; init; } = double.NaN;

    public double BestLoss { get; init; } = double.NaN;

    public long BestStep { get; init; }

    /// <summary>Validations since the best one.</summary>
    public int Stale { get; init; }

    public bool Stopped { get; init; }
}

/// <summary>
/// One file that holds all of a run's state, so that one rename replaces all of it: a run killed at any moment goes on from
/// the state before or after, never from a mixture.
/// </summary>
internal static class TrainingCheckpoint
{
    private static readonly JsonSerializerOptions Json = new()
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public static void Save(string path, TransformerModel model, Optimizer optimizer, TrainingProgress progress, RunConfig? run = null)
    {
        using var scope = NewDisposeScope();
        Dictionary<string, string> metadata = new([ModelMetadata.Of(model)]) { ["progress"] = JsonSerializer.Serialize(progress, Json) };
        if (run is not null)
            metadata.Add(MadeWith.Key, MadeWith.Text(run));
        StateDictionary.Save(
            path,
            model.state_dict().Select(entry => (ModelFile.CheckpointPrefix + entry.Key, entry.Value)).Concat(optimizer.State),
            metadata);
    }

    /// <summary>The place in the run, and what the header says of the configuration (null where it says nothing); the tensors are not read.</summary>
    public static (TrainingProgress Progress, string? MadeWith) Peek(string path)
    {
        using TensorFile file = StateDictionary.Load(path);
        return (Progress(file), file.Metadata.GetValueOrDefault(MadeWith.Key));
    }

    /// <summary>What the header says of the architecture; null for files that were not made here.</summary>
    public static ModelOptions? Architecture(string path)
    {
        using TensorFile file = StateDictionary.Load(path);
        return ModelMetadata.Read(file);
    }

    public static TrainingProgress Load(string path, TransformerModel model, Optimizer optimizer)
    {
        using TensorFile file = StateDictionary.Load(path);
        TrainingProgress progress = Progress(file);
        ModelFile.LoadInto(model, file);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        foreach ((string name, Tensor moment) in optimizer.State)
        {
            if (!file.TryGet(name, out StoredTensor? stored) || !stored.Shape.AsSpan().SequenceEqual(moment.shape))
                throw new KansformersException($"'{path}' holds no fitting '{name}'; the checkpoint is not of this run");
            moment.copy_(StateDictionary.ToTensor(stored));
        }

        FiniteWeights.Require(model.state_dict().Select(entry => (ModelFile.CheckpointPrefix + entry.Key, entry.Value)), path, "restore the file, or start a new run");
        optimizer.Resume(progress.Step);
        return progress;
    }

    public static void LoadModel(string path, TransformerModel model)
    {
        using TensorFile file = StateDictionary.Load(path);
        ModelFile.LoadInto(model, file);
    }

    private static TrainingProgress Progress(TensorFile file)
    {
        try
        {
            return JsonSerializer.Deserialize<TrainingProgress>(file.Metadata.GetValueOrDefault("progress", "null"), Json)
                ?? throw new KansformersException($"'{file.Path}' is not a training checkpoint: it does not say how far the run had come");
        }
        catch (JsonException failure)
        {
            throw new KansformersException($"'{file.Path}' is damaged: its progress cannot be read", failure);
        }
    }
}
