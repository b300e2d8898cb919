using System.Numerics;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>
/// Keeps the norm of all gradients together below a bound, as <c>clip_grad_norm_</c> does: it measures, and the optimizer scales as it steps.
/// </summary>
/// <param name="groups">The parameters.</param>
/// <param name="largest">The largest norm, or 0 for no clipping.</param>
public sealed class GradientClipping(IReadOnlyList<ParameterGroup> groups, double largest)
{
    private readonly IReadOnlyList<GroupedParameter> _parameters = ParameterGroups.InOrder(groups);

    /// <summary>Measures the gradients that there are.</summary>
    /// <returns>Their norm, not finite when one of them is not, and what to multiply them by, which is not finite either then.</returns>
    public (double Norm, double Scale) Measure()
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        double norm = Math.Sqrt(_parameters.Select(entry => entry.Parameter.grad).OfType<Tensor>().Sum(gradient => SquaredNorm(gradient.contiguous())));

        // clip_grad_norm_'s own epsilon; a factor above one leaves the gradients alone.
        return (norm, largest > 0 ? Math.Min(1, largest / (norm + 1e-6)) : 1);
    }

    private static double SquaredNorm(Tensor gradient)
    {
        if (!FloatChunks.Fit(gradient))
            return gradient.square().sum(ScalarType.Float64).item<double>();
        int count = (int)gradient.numel();
        double[] parts = new double[FloatChunks.Count(count)];
        nint data = RawMemory.Pointer(gradient);
        FloatChunks.ForEach(count, (chunk, from, length) => parts[chunk] = SumOfSquares(FloatChunks.At(data, from, length)));
        return parts.Sum();
    }

    private static double SumOfSquares(ReadOnlySpan<float> values)
    {
        Vector<double> low = Vector<double>.Zero, high = Vector<double>.Zero;
        int at = 0;
        for (; at <= values.Length - Vector<float>.Count; at += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(values[at..]), out Vector<double> a, out Vector<double> b);
            low += a * a;
            high += b * b;
        }

        double sum = Vector.Sum(low + high);
        for (; at < values.Length; at++)
            sum += (double)values[at] * values[at];
        return sum;
    }
}
