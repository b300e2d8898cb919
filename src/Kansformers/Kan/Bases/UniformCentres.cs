using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>Evenly spaced centres that all inputs share.</summary>
internal static class UniformCentres
{
    /// <summary>Refuses a range that has no width, or none in float32.</summary>
    /// <exception cref="KansformersException">It is not a range.</exception>
    public static void Require(double low, double high)
    {
        if (!(float.IsFinite((float)low) && float.IsFinite((float)high) && (float)low < (float)high))
            throw new KansformersException(FormattableString.Invariant($"grid range is {low},{high}; it must be two finite numbers, the lower one first"));
    }

    /// <summary>Fills a grid, (n), as <c>torch.linspace</c> does.</summary>
    public static void Fill(Tensor grid, double low, double high)
    {
        using var scope = NewDisposeScope();
        grid.copy_(linspace(low, high, grid.shape[0], dtype: ScalarType.Float32));
    }
}
