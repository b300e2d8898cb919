using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>The loss of a language model's head: in chunks where the head's layer can be run so, else on all logits at once.</summary>
internal static class HeadLoss
{
    /// <summary>share · the mean cross-entropy of the targets, in nats.</summary>
    /// <param name="head">A linear layer without bias, or a stack of KAN layers.</param>
    /// <param name="hidden">The head's input, (..., width).</param>
    /// <param name="targets">A target per position, int64; positions with -1 do not count.</param>
    /// <param name="share">The factor of the loss.</param>
    /// <exception cref="ArgumentException">The targets are not as many as the positions, or not in the vocabulary.</exception>
    public static Tensor Compute(nn.Module<Tensor, Tensor> head, Tensor hidden, Tensor targets, double share)
    {
        using var scope = NewDisposeScope();
        Tensor x = hidden.reshape(-1, hidden.shape[^1]).contiguous();
        if (targets.numel() != x.shape[0])
            throw new ArgumentException($"there are {targets.numel()} targets for {x.shape[0]} positions", nameof(targets));
        if (ChunkedHead(head, x) is not IChunkedHead chunked)
        {
            Tensor logits = head.forward(x);
            return (nn.functional.cross_entropy(logits, targets.reshape(-1), ignore_index: CrossEntropyRows.Ignored) * share).MoveToOuterDisposeScope();
        }

        long[] ids = targets.reshape(-1).contiguous().data<long>().ToArray();
        foreach (long id in ids)
        {
            if (id != CrossEntropyRows.Ignored && (ulong)id >= (ulong)chunked.Outputs)
                throw new ArgumentException($"target {id} is outside the vocabulary of {chunked.Outputs}", nameof(targets));
        }

        return ChunkedLoss.Apply(chunked, x, ids, share).MoveToOuterDisposeScope();
    }

    private static IChunkedHead? ChunkedHead(nn.Module<Tensor, Tensor> head, Tensor x) => head switch
    {
        KanNetwork { Layers: [KanLinear { Probe: null } layer] } when layer.RunsInChunks(x) => new KanHead(layer),
        LinearLayer { Bias: null } layer when IsPlain(x) && CanChunk(layer.Weight) => new LinearHead(layer, layer.Weight, layer.Precision),
        TiedHead { Bias: null } layer when IsPlain(x) && layer.Weight is Parameter weight && CanChunk(weight) => new LinearHead(layer, weight, layer.Precision),
        _ => null,
    };

    private static bool CanChunk(Tensor weight) => IsPlain(weight) && weight.is_contiguous();

    private static bool IsPlain(Tensor tensor) => tensor.device_type == DeviceType.CPU && tensor.dtype == ScalarType.Float32;

    private sealed class KanHead(KanLinear layer) : IChunkedHead
    {
        public long Outputs => layer.OutFeatures;

        public IReadOnlyList<Parameter> Parameters { get; } = [.. layer.parameters()];

        public Tensor Forward(Tensor x) => layer.forward(x);

        public IChunkedLayer Open(long tokens) => layer.OpenChunks(tokens);
    }

    private sealed class LinearHead(nn.Module<Tensor, Tensor> layer, Parameter weight, Precision precision) : IChunkedHead
    {
        public long Outputs { get; } = weight.shape[0];

        public IReadOnlyList<Parameter> Parameters { get; } = [weight];

        public Tensor Forward(Tensor x) => layer.forward(x);

        public IChunkedLayer Open(long tokens) => new LinearChunks(weight, precision, weight.requires_grad);
    }
}
