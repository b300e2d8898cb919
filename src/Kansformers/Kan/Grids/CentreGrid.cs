using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>A grid of centres that all inputs share: where samples want it, and the points that tell its functions apart.</summary>
internal static class CentreGrid
{
    private const int PointsPerInterval = 4, PointsBeyond = 16;

    /// <summary>The centres that samples of all inputs together ask for, (n).</summary>
    /// <param name="seen">(samples, in), double.</param>
    /// <param name="options">Grid size and eps.</param>
    /// <param name="margin">How far the uniform part reaches beyond the samples.</param>
    public static Tensor For(Tensor seen, GridOptions options, double margin)
    {
        using var scope = NewDisposeScope();
        return GridTarget.Places(seen.reshape(-1, 1), options.GridSize - 1, options.GridEps, margin).Places.squeeze(1).MoveToOuterDisposeScope();
    }

    /// <summary>Centres between the present ones and others; learned ones may stand in any order, and each goes to the place of its rank.</summary>
    public static Tensor Between(Tensor here, Tensor wanted, double share)
    {
        using var scope = NewDisposeScope();
        Tensor order = here.argsort(), sorted = here[order];
        Tensor places = GridTarget.Separate((sorted + share * (wanted - sorted)).unsqueeze(0)).squeeze(0);
        return empty_like(here).index_copy_(0, order, places).MoveToOuterDisposeScope();
    }

    /// <summary>Points between all centres and so far beyond the outer ones, (1, points).</summary>
    /// <param name="centres">(n), double.</param>
    /// <param name="reach">How far the functions reach, a scalar.</param>
    public static Tensor Probes(Tensor centres, Tensor reach)
    {
        using var scope = NewDisposeScope();
        Tensor sorted = centres.sort().Values;
        Tensor at = (arange(PointsPerInterval, dtype: ScalarType.Float64, device: centres.device) + 0.5) / PointsPerInterval;
        Tensor between = (sorted[..^1].unsqueeze(1) + (sorted[1..] - sorted[..^1]).unsqueeze(1) * at).flatten();
        Tensor beyond = reach.to_type(ScalarType.Float64) * arange(PointsBeyond, dtype: ScalarType.Float64, device: centres.device) / (PointsBeyond - 1);
        return cat([sorted[0] - beyond, between, sorted[^1] + beyond]).unsqueeze(0).MoveToOuterDisposeScope();
    }

    /// <summary>The distance of neighbouring centres on average, a scalar; (last - first) / (n - 1).</summary>
    public static Tensor Spacing(Tensor centres)
    {
        using var scope = NewDisposeScope();
        return ((centres.max() - centres.min()) / (centres.shape[0] - 1)).MoveToOuterDisposeScope();
    }

    /// <summary>The first and the last centre, (1) each.</summary>
    public static (Tensor Low, Tensor High) Ends(Tensor centres) => (centres.min().reshape(1), centres.max().reshape(1));

    /// <summary>More centres over the same range, (size), the present ones among them where size - 1 is a multiple of theirs.</summary>
    public static Tensor Finer(Tensor centres, int size)
    {
        using var scope = NewDisposeScope();
        return GridTarget.Finer(centres.sort().Values.unsqueeze(0), size - 1).squeeze(0).MoveToOuterDisposeScope();
    }
}
