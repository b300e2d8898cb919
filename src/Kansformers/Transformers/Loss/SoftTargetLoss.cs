using Kansformers.Kan;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// What a student learns of a row of logits z, with the teacher's logits y: soft · T² KL(softmax(y / T) ‖ softmax(z / T)) + hard · cross-entropy(z, target). The factor T² keeps the
/// size of the gradients whatever the temperature (Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015). The gradient in z is
/// soft · T (softmax(z / T) - softmax(y / T)) + hard · (softmax(z) - one-hot).
/// </summary>
/// <param name="targets">A target per row.</param>
/// <param name="teacher">What makes the teacher's logits.</param>
/// <param name="hidden">The teacher's hidden states of the rows, (rows, width).</param>
/// <param name="weights">The temperature T, and the weights.</param>
internal sealed class SoftTargetLoss(long[] targets, LossHead teacher, Tensor hidden, SoftTargetWeights weights) : RowLoss(targets)
{
    public override void Run(Tensor logits, int first, double[] losses, float? slope)
    {
        using var scope = NewDisposeScope();
        long rows = logits.shape[0];
        Tensor places = Places(first, (int)rows, logits.device), soft = Soft(logits), wanted = WantedSoft(first, rows), hard = logits.log_softmax(-1);
        Span<float> found = [.. Rows(soft, wanted, hard, places).data<float>()];
        for (int row = 0; row < found.Length; row++)
            losses[first + row] = found[row];
        if (slope is not float factor)
            return;
        Tensor gradient = soft.exp_().sub_(wanted.exp_()).mul_(weights.Soft * weights.Temperature * factor);
        hard.exp_().scatter_add_(1, places, full_like(places, -1, dtype: hard.dtype)).mul_(weights.Hard * factor);
        logits.copy_(gradient.add_(hard));
    }

    public override Tensor Mean(Tensor logits)
    {
        using var scope = NewDisposeScope();
        return Rows(Soft(logits), WantedSoft(0, logits.shape[0]), logits.log_softmax(-1), Places(0, Targets.Length, logits.device)).mean().MoveToOuterDisposeScope();
    }

    /// <summary>The log-probabilities of logits at a temperature.</summary>
    /// <param name="logits">(rows, vocabulary).</param>
    /// <param name="temperature">What they are divided by.</param>
    public static Tensor Soft(Tensor logits, double temperature)
    {
        using var scope = NewDisposeScope();
        return (logits / temperature).log_softmax(-1).MoveToOuterDisposeScope();
    }

    /// <summary>KL(wanted ‖ soft) of each row.</summary>
    /// <param name="soft">The student's log-probabilities, (rows, vocabulary).</param>
    /// <param name="wanted">The teacher's.</param>
    public static Tensor Divergence(Tensor soft, Tensor wanted)
    {
        using var scope = NewDisposeScope();
        return (wanted.exp() * (wanted - soft)).sum([-1L]).MoveToOuterDisposeScope();
    }

    private Tensor Rows(Tensor soft, Tensor wanted, Tensor hard, Tensor places) =>
        Divergence(soft, wanted) * (weights.Soft * weights.Temperature * weights.Temperature) - hard.gather(1, places).squeeze(1) * weights.Hard;

    private Tensor Soft(Tensor logits) => Soft(logits, weights.Temperature);

    // The student's head may be open meanwhile.
    private Tensor WantedSoft(long first, long rows)
    {
        using var guard = no_grad();
        return Soft(Scratch.Apart(() => teacher.Logits(hidden.narrow(0, first, rows))));
    }

    private Tensor Places(int first, int rows, Device device) => tensor(Targets.AsSpan(first, rows).ToArray(), [rows, 1], device: device);
}

/// <summary>How much of a loss is what.</summary>
/// <param name="Temperature">What logits are divided by before they are compared with the teacher's.</param>
/// <param name="Soft">The weight of the teacher's probabilities.</param>
/// <param name="Hard">The weight of the targets.</param>
internal sealed record SoftTargetWeights(double Temperature, double Soft, double Hard);
