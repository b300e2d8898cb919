using System.Text.Json.Serialization;

namespace Kansformers.Kan;

/// <summary>
/// The configuration of a KAN layer: splines on a knot grid beside a base branch. The defaults are efficient-kan's,
/// which the original Kansformers used throughout.
/// </summary>
public sealed record KanOptions
{
    /// <summary>The number of knot intervals inside the grid range. At least 1.</summary>
    public int GridSize { get; init; } = 5;

    /// <summary>The degree of the spline pieces: 1 is piecewise linear, 3 cubic. At least 1.</summary>
    public int SplineOrder { get; init; } = 3;

    /// <summary>The lower end of the range that the initial grid covers.</summary>
    public double GridLow { get; init; } = -1;

    /// <summary>The upper end of the range that the initial grid covers.</summary>
    public double GridHigh { get; init; } = 1;

    /// <summary>The width of the uniform noise to which the initial splines are fitted, before division by the grid size.</summary>
    public double NoiseScale { get; init; } = 0.1;

    /// <summary>Multiplies the <c>a</c> of the Kaiming-uniform initialisation of the base weight (a = √5 · scale; larger means smaller weights).</summary>
    public double BaseScale { get; init; } = 1;

    /// <summary>
    /// With a standalone scaler: multiplies the <c>a</c> of the scaler's Kaiming-uniform initialisation. Without: multiplies the initial spline weight.
    /// </summary>
    public double SplineScale { get; init; } = 1;

    /// <summary>Whether each spline has a learned factor of its own (<c>spline_scaler</c>).</summary>
    public bool StandaloneScaler { get; init; } = true;

    /// <summary>The function in the base branch.</summary>
    public BaseActivation BaseActivation { get; init; } = BaseActivation.Silu;

    /// <summary>How much of an updated grid is uniform: 1 is wholly uniform, 0 follows the quantiles of the samples.</summary>
    public double GridEps { get; init; } = 0.02;

    /// <summary>
    /// The largest change of an output that a grid update may cause: on the samples as a share of the largest output there (of 1, where that is larger),
    /// anywhere else as a share of the largest output. Positive infinity lets the grid always move all the way, whatever is lost beyond it.
    /// </summary>
    public double GridTolerance { get; init; } = 1e-4;

    /// <summary>How <see cref="KanLinear.UpdateGrid"/> refits the splines.</summary>
    public GridUpdateRule GridUpdate { get; init; } = GridUpdateRule.KeepFunction;

    /// <summary>The number of spline coefficients of one edge: grid size + spline order.</summary>
    [JsonIgnore]
    public int Coefficients => GridSize + SplineOrder;

    /// <summary>The number of knots of one input: grid size + 2 · spline order + 1.</summary>
    [JsonIgnore]
    public int Knots => GridSize + 2 * SplineOrder + 1;

    /// <summary>Checks every option.</summary>
    /// <exception cref="KansformersException">The message names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        Require(GridSize >= 1, "grid size", GridSize, "at least 1");
        Require(SplineOrder is >= 1 and <= 16, "spline order", SplineOrder, "1 to 16");
        Require(double.IsFinite(GridLow) && double.IsFinite(GridHigh) && GridLow < GridHigh, "grid range", $"{GridLow},{GridHigh}", "two finite numbers, the lower one first");
        Require(HoldsKnots(GridLow, GridHigh), "grid range", $"{GridLow},{GridHigh}", $"so narrow and near zero that float32 holds its knots, {SplineOrder} intervals beyond each end included: they may span 1.7e38");
        Require(TellsKnotsApart(), "grid range", $"{GridLow},{GridHigh}", $"wide enough that float32 tells the knots of {GridSize} intervals apart");
        Require(double.IsFinite(NoiseScale) && NoiseScale >= 0, "noise scale", NoiseScale, "a finite number, at least 0");
        Require(double.IsFinite(BaseScale), "base scale", BaseScale, "a finite number");
        Require(double.IsFinite(SplineScale), "spline scale", SplineScale, "a finite number");
        Require(GridEps is >= 0 and <= 1, "grid eps", GridEps, "0 to 1");
        Require(GridTolerance > 0, "grid tolerance", GridTolerance, "above 0");
        Require(Enum.IsDefined(BaseActivation), "base activation", BaseActivation, string.Join(", ", Enum.GetNames<BaseActivation>()));
        Require(Enum.IsDefined(GridUpdate), "grid update", GridUpdate, string.Join(", ", Enum.GetNames<GridUpdateRule>()));
    }

    /// <summary>Whether float32 holds the knots of a grid over a range, its extension included, their differences, and some more.</summary>
    internal bool HoldsKnots(double low, double high)
    {
        const double most = float.MaxValue / 2;
        double beyond = (high - low) / GridSize * SplineOrder;
        return Math.Abs(low - beyond) <= most && Math.Abs(high + beyond) <= most && high - low + 2 * beyond <= most;
    }

    private bool TellsKnotsApart()
    {
        double step = (GridHigh - GridLow) / GridSize, beyond = step * SplineOrder;
        float farthest = (float)Math.Max(Math.Abs(GridLow - beyond), Math.Abs(GridHigh + beyond));
        return step >= (double)MathF.BitIncrement(farthest) - farthest;
    }

    private static void Require(bool holds, string option, object value, string allowed)
    {
        if (!holds)
            throw new KansformersException(FormattableString.Invariant($"{option} is {value}; it must be {allowed}"));
    }
}

/// <summary>How a grid update carries the splines over to the new knots.</summary>
public enum GridUpdateRule
{
    /// <summary>
    /// The layer computes after the update what it computed before, on the samples and elsewhere, to within <see cref="KanOptions.GridTolerance"/>:
    /// the grid moves towards the samples as far as that allows.
    /// </summary>
    KeepFunction,

    /// <summary>
    /// The original's update, for exact reproduction: the grid moves all the way, and the refit of scaler × weight is stored into the weight,
    /// so that with a standalone scaler the scaler acts twice afterwards and the function changes.
    /// </summary>
    Original,
}
