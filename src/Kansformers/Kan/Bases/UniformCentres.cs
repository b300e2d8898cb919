using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>Evenly spaced centres that all inputs share.</summary>
internal static class UniformCentres
{
    /// <summary>Refuses a range that has no width, or none in float32, or one in which float32 does not tell so many centres apart.</summary>
    /// <exception cref="KansformersException">It is not such a range.</exception>
    public static void Require(double low, double high, int size)
    {
        if (!(float.IsFinite((float)low) && float.IsFinite((float)high) && (float)low < (float)high))
            throw new KansformersException(FormattableString.Invariant($"grid range is {low},{high}; it must be two finite numbers, the lower one first"));
        float farthest = (float)Math.Max(Math.Abs(low), Math.Abs(high));
        if ((high - low) / (size - 1) < (double)farthest - MathF.BitDecrement(farthest))
            throw new KansformersException(FormattableString.Invariant($"grid range is {low},{high}; it must be wide enough that float32 tells {size} centres apart"));
    }

    /// <summary>Fills a grid, (n), as <c>torch.linspace</c> does.</summary>
    public static void Fill(Tensor grid, double low, double high)
    {
        using var scope = NewDisposeScope();
        grid.copy_(linspace(low, high, grid.shape[0], dtype: ScalarType.Float32));
    }
}
