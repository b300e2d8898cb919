using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>A loss of logits that is a mean over their rows, so that it can be taken of some rows after others.</summary>
/// <param name="targets">A target per row.</param>
internal abstract class RowLoss(long[] targets)
{
    /// <summary>A target per row.</summary>
    public long[] Targets => targets;

    /// <summary>Computes the losses of a part of the rows, and turns their logits into the gradient.</summary>
    /// <param name="logits">Contiguous float32 on the CPU, (rows, vocabulary); with a slope, overwritten by slope · the gradient of each row's loss.</param>
    /// <param name="first">Which of all rows is the first one.</param>
    /// <param name="losses">Gets the loss of each row, in nats, at its place among all.</param>
    /// <param name="slope">What a row's gradient is multiplied by; null when no gradient is wanted.</param>
    public abstract void Run(Tensor logits, int first, double[] losses, float? slope);

    /// <summary>The mean loss of all rows at once by torch's own operations, differentiable.</summary>
    /// <param name="logits">(rows, vocabulary), on any device.</param>
    public abstract Tensor Mean(Tensor logits);
}

/// <summary>The cross-entropy of targets.</summary>
/// <param name="targets">A target per row.</param>
internal sealed class CrossEntropyLoss(long[] targets) : RowLoss(targets)
{
    public override void Run(Tensor logits, int first, double[] losses, float? slope) => CrossEntropyRows.Run(logits, Targets, first, losses, slope);

    public override Tensor Mean(Tensor logits)
    {
        using var scope = NewDisposeScope();
        return nn.functional.cross_entropy(logits, tensor(Targets, device: logits.device)).MoveToOuterDisposeScope();
    }
}
