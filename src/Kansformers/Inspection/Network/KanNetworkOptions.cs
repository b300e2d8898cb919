using Kansformers.Runtime;

namespace Kansformers.Inspection;

/// <summary>The shape of a <see cref="KanNetwork"/> and what it begins from. The defaults are pykan's.</summary>
public sealed record KanNetworkOptions
{
    /// <summary>The nodes of each level, inputs first; inputs and outputs too can be counts alone: <c>[2, new(3, 2, 2), 1]</c>.</summary>
    public IReadOnlyList<KanWidth> Widths { get; init; } = [2, 5, 1];

    /// <summary>The intervals of every grid.</summary>
    public int GridSize { get; init; } = 3;

    /// <summary>The splines' order: 3 is cubic.</summary>
    public int SplineOrder { get; init; } = 3;

    /// <summary>Where the grids begin.</summary>
    public double GridLow { get; init; } = -1;

    /// <summary>Where the grids end.</summary>
    public double GridHigh { get; init; } = 1;

    /// <summary>What share of an updated grid is uniform between the extreme samples; the rest follows the samples' quantiles.</summary>
    public double GridEps { get; init; } = 0.02;

    /// <summary>
    /// How far an updated grid goes on beyond the extreme samples, as a share of their range. A little keeps what is held out inside: a spline goes to 0 within few intervals
    /// beyond its grid. pykan has none.
    /// </summary>
    public double GridMargin { get; init; }

    /// <summary>The function beside each spline.</summary>
    public EdgeBase Base { get; init; } = EdgeBase.Silu;

    /// <summary>How far the splines are from zero at first.</summary>
    public double NoiseScale { get; init; } = 0.3;

    /// <summary>The middle of the first base scales, times the root of the number of inputs.</summary>
    public double BaseScaleMean { get; init; }

    /// <summary>How far they lie around it, times the root of the number of inputs.</summary>
    public double BaseScaleSpread { get; init; } = 1;

    /// <summary>Whether base scales are learned.</summary>
    public bool TrainBaseScales { get; init; } = true;

    /// <summary>Whether spline scales are learned.</summary>
    public bool TrainSplineScales { get; init; } = true;

    /// <summary>Whether scales and biases of nodes and subnodes are learned.</summary>
    public bool TrainAffine { get; init; }

    /// <summary>What the first values follow from.</summary>
    public long Seed { get; init; } = 1;

    /// <inheritdoc/>
    public bool Equals(KanNetworkOptions? other) => other is not null && Widths.SequenceEqual(other.Widths) && (GridSize, SplineOrder, GridLow, GridHigh, GridEps, GridMargin) ==
        (other.GridSize, other.SplineOrder, other.GridLow, other.GridHigh, other.GridEps, other.GridMargin) && (Base, NoiseScale, BaseScaleMean, BaseScaleSpread, Seed) ==
        (other.Base, other.NoiseScale, other.BaseScaleMean, other.BaseScaleSpread, other.Seed) &&
        (TrainBaseScales, TrainSplineScales, TrainAffine) == (other.TrainBaseScales, other.TrainSplineScales, other.TrainAffine);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Widths.Count, GridSize, SplineOrder, GridLow, GridHigh, Seed);

    /// <summary>Checks every option.</summary>
    /// <exception cref="KansformersException">One is invalid; the message names it.</exception>
    public void Validate()
    {
        if (Widths is null || Widths.Count < 2)
            throw new KansformersException("widths have fewer than two levels; a network needs inputs and outputs");
        for (int level = 0; level < Widths.Count; level++)
        {
            KanWidth width = Widths[level];
            if (width.Additions < 0 || width.Nodes < 1 || width.Arities.Any(arity => arity is < 2 or > 64))
                throw new KansformersException($"level {level} of widths is {width}; a level has at least one node, and multiplication nodes have 2 to 64 factors");
        }

        if (Widths[0].Arities.Count > 0)
            throw new KansformersException($"level 0 of widths is {Widths[0]}; inputs are no multiplication nodes");
        Allowed.Require(GridSize is >= 1 and <= 10_000, "grid size", GridSize, "1 to 10000");
        Allowed.Require(SplineOrder is >= 1 and <= 10, "spline order", SplineOrder, "1 to 10");
        Allowed.Require(double.IsFinite(GridLow), "grid low", GridLow, "a number");
        Allowed.Require(double.IsFinite(GridHigh) && GridHigh > GridLow, "grid high", GridHigh, FormattableString.Invariant($"a number above {GridLow}"));
        Allowed.Require(GridEps is >= 0 and <= 1, "grid eps", GridEps, "0 to 1");
        Allowed.Require(GridMargin is >= 0 and <= 1, "grid margin", GridMargin, "0 to 1");
        Allowed.Require("base", Base);
        Allowed.Require(NoiseScale is >= 0 && double.IsFinite(NoiseScale), "noise scale", NoiseScale, "0 or more");
        Allowed.Require(double.IsFinite(BaseScaleMean), "base scale mean", BaseScaleMean, "a number");
        Allowed.Require(BaseScaleSpread is >= 0 && double.IsFinite(BaseScaleSpread), "base scale spread", BaseScaleSpread, "0 or more");
    }
}
