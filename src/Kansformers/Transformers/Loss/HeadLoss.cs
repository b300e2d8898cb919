using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>The loss of a head: of the positions alone that have a target, in chunks where the head's layer can be run so, else on all their logits at once.</summary>
internal static class HeadLoss
{
    /// <summary>share · the mean cross-entropy of the targets that count, in nats; 0 where none does.</summary>
    /// <param name="head">What makes logits.</param>
    /// <param name="hidden">The last hidden state, (..., width).</param>
    /// <param name="targets">A target per position, int64; positions with -1 do not count.</param>
    /// <param name="share">The factor of the loss.</param>
    /// <exception cref="ArgumentException">The targets are not as many as the positions, or not among the logits.</exception>
    public static Tensor Compute(LossHead head, Tensor hidden, Tensor targets, double share)
    {
        using var scope = NewDisposeScope();
        CountedPositions counted = CountedPositions.Of(hidden, targets, head.Noun);
        if (counted.Targets.Length == 0)
            return (hidden.sum() * 0).MoveToOuterDisposeScope();
        return Compute(head, counted.Of(hidden), new CrossEntropyLoss(counted.Targets), share).MoveToOuterDisposeScope();
    }

    /// <summary>share · the mean of a loss of logits.</summary>
    /// <param name="head">What makes logits.</param>
    /// <param name="x">The hidden states of the positions that count, (positions, width), contiguous.</param>
    /// <param name="loss">The loss of each position's logits.</param>
    /// <param name="share">The factor of the loss.</param>
    /// <exception cref="ArgumentException">A target is not among the logits.</exception>
    public static Tensor Compute(LossHead head, Tensor x, RowLoss loss, double share)
    {
        using var scope = NewDisposeScope();
        if (head.Before is not null)
            x = head.Before(x);
        if (head.Bias is null && ChunkedHead(head.Module, x) is IChunkedHead chunked)
        {
            RequireRange(head, loss.Targets, chunked.Outputs);
            return ChunkedLoss.Apply(chunked, x, loss, share).MoveToOuterDisposeScope();
        }

        Tensor logits = head.Module.forward(x);
        RequireRange(head, loss.Targets, logits.shape[^1]);
        if (head.Bias is not null)
            logits += head.Bias;
        return (loss.Mean(logits) * share).MoveToOuterDisposeScope();
    }

    /// <summary>Shows a reader the logits of hidden states, some rows after others: there are never more of them than a chunk. Nothing is differentiable.</summary>
    /// <param name="head">What makes logits.</param>
    /// <param name="x">The hidden states, (positions, width), contiguous.</param>
    /// <param name="reader">Is run on each chunk, without a slope.</param>
    /// <exception cref="ArgumentException">A target is not among the logits.</exception>
    public static void Read(LossHead head, Tensor x, RowLoss reader)
    {
        const long rowsAtOnce = 512;
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        if (head.Before is not null)
            x = head.Before(x);
        if (head.Bias is null && ChunkedHead(head.Module, x) is IChunkedHead chunked)
        {
            RequireRange(head, reader.Targets, chunked.Outputs);
            ChunkedLoss.Apply(chunked, x, reader, 1);
            return;
        }

        double[] losses = new double[x.shape[0]];
        for (long from = 0; from < x.shape[0]; from += rowsAtOnce)
        {
            using var inner = NewDisposeScope();
            Tensor logits = head.Module.forward(x.narrow(0, from, Math.Min(rowsAtOnce, x.shape[0] - from)));
            RequireRange(head, reader.Targets, logits.shape[^1]);
            reader.Run((head.Bias is null ? logits : logits + head.Bias).contiguous(), (int)from, losses, null);
        }
    }

    private static void RequireRange(LossHead head, long[] targets, long outputs)
    {
        foreach (long id in targets)
        {
            if ((ulong)id >= (ulong)outputs)
                throw new ArgumentException($"target {id} is outside the {head.Noun} of {outputs}", nameof(targets));
        }
    }

    private static IChunkedHead? ChunkedHead(nn.Module<Tensor, Tensor> head, Tensor x) => head switch
    {
        KanStack { Layers: [KanLinear { Probe: null } layer] } when layer.RunsInChunks(x) => new KanHead(layer),
        LinearLayer { Bias: null } layer when IsPlain(x) && CanChunk(layer.Weight) => new LinearHead(layer, layer.Weight, layer.Precision),
        TiedHead { Bias: null } layer when IsPlain(x) && layer.Weight is Parameter weight && CanChunk(weight) => new LinearHead(layer, weight, layer.Precision),
        _ => null,
    };

    private static bool CanChunk(Tensor weight) => IsPlain(weight) && weight.is_contiguous();

    private static bool IsPlain(Tensor tensor) => tensor.device_type == DeviceType.CPU && tensor.dtype == ScalarType.Float32;

    private sealed class KanHead(KanLinear layer) : IChunkedHead
    {
        public long Outputs => layer.OutFeatures;

        public IReadOnlyList<Parameter> Parameters { get; } = layer.ChunkParameters;

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

/// <summary>A head, and what belongs to it.</summary>
/// <param name="Module">Makes logits.</param>
internal sealed record LossHead(nn.Module<Tensor, Tensor> Module)
{
    /// <summary>What becomes of hidden states before, (positions, width); null for nothing.</summary>
    public Func<Tensor, Tensor>? Before { get; init; }

    /// <summary>Is added to the logits; null for nothing.</summary>
    public Tensor? Bias { get; init; }

    /// <summary>What the logits are of, in a word for messages.</summary>
    public string Noun { get; init; } = "vocabulary";

    /// <summary>All logits of hidden states.</summary>
    /// <param name="hidden">(positions, width).</param>
    public Tensor Logits(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        Tensor logits = Module.forward(Before is null ? hidden : Before(hidden));
        return (Bias is null ? logits : logits + Bias).MoveToOuterDisposeScope();
    }
}
