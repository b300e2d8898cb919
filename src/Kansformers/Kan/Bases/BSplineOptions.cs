using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// B-splines on a knot grid for each input (Liu et al., "KAN: Kolmogorov-Arnold Networks", 2024; efficient-kan's formulation). The defaults are
/// efficient-kan's, which the original Kansformers used throughout.
/// </summary>
public sealed record BSplineOptions : KanOptions
{
    internal const string KindName = "bspline";

    /// <summary>The options of efficient-kan: a SiLU base branch, no normalisation.</summary>
    public BSplineOptions() => BaseActivation = Kansformers.Kan.BaseActivation.Silu;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => KindName;

    /// <summary>The number of knot intervals inside the grid range. At least 1.</summary>
    public int GridSize { get; init; } = 5;

    /// <summary>The degree of the spline pieces: 1 is piecewise linear, 3 cubic. At least 1.</summary>
    public int SplineOrder { get; init; } = 3;

    /// <summary>The lower end of the range that the initial grid covers.</summary>
    public double GridLow { get; init; } = -1;

    /// <summary>The upper end of the range that the initial grid covers.</summary>
    public double GridHigh { get; init; } = 1;

    /// <summary>What happens outside the grid.</summary>
    public OutsideRule Outside { get; init; }

    /// <summary>The width of the uniform noise to which the initial splines are fitted, before division by the grid size.</summary>
    public double NoiseScale { get; init; } = 0.1;

    /// <summary>Multiplies the <c>a</c> of the Kaiming-uniform initialisation of the base weight (a = √5 · scale; larger means smaller weights).</summary>
    public double BaseScale { get; init; } = 1;

    /// <summary>
    /// With a standalone scaler: multiplies the <c>a</c> of the scaler's Kaiming-uniform initialisation. Without: multiplies the initial spline weight.
    /// </summary>
    public double SplineScale { get; init; } = 1;

    /// <summary>Whether each spline has a learned factor of its own (<c>spline_scaler</c>); of edges only.</summary>
    public bool StandaloneScaler { get; init; } = true;

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

    /// <inheritdoc/>
    [JsonIgnore]
    public override int Functions => Coefficients;

    /// <inheritdoc/>
    internal override IEnumerable<string> SizeWords => [$"grid size {GridSize}", $"spline order {SplineOrder}"];

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require(GridSize >= 1, "grid size", GridSize, "at least 1");
        Require(SplineOrder is >= 1 and <= 16, "spline order", SplineOrder, "1 to 16");
        Require(double.IsFinite(GridLow) && double.IsFinite(GridHigh) && GridLow < GridHigh, "grid range", $"{GridLow},{GridHigh}", "two finite numbers, the lower one first");
        Require(HoldsKnots(GridLow, GridHigh), "grid range", $"{GridLow},{GridHigh}", $"so narrow and near zero that float32 holds its knots, {SplineOrder} intervals beyond each end included: they may span 1.7e38");
        Require(TellsKnotsApart(), "grid range", $"{GridLow},{GridHigh}", $"wide enough that float32 tells the knots of {GridSize} intervals apart");
        Require(Enum.IsDefined(Outside), "outside", Outside, string.Join(", ", Enum.GetNames<OutsideRule>()));
        Require(double.IsFinite(NoiseScale) && NoiseScale >= 0, "noise scale", NoiseScale, "a finite number, at least 0");
        Require(double.IsFinite(BaseScale), "base scale", BaseScale, "a finite number");
        Require(double.IsFinite(SplineScale), "spline scale", SplineScale, "a finite number");
        Require(GridEps is >= 0 and <= 1, "grid eps", GridEps, "0 to 1");
        Require(GridTolerance > 0, "grid tolerance", GridTolerance, "above 0");
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

    /// <inheritdoc/>
    internal override IEnumerable<KanTensor> OwnTensors(long inFeatures, long functions) => [new KanTensor("grid", KanRole.Grid, [inFeatures, Knots], IsLearned: false)];

    /// <inheritdoc/>
    internal override Tensor Expand(Tensor x, KanTensors tensors)
    {
        Tensor grid = tensors[KanRole.Grid];
        return Outside == OutsideRule.Linear ? BSpline.ContinuedBases(x, grid, SplineOrder) : BSpline.Bases(x, grid, SplineOrder);
    }

    /// <inheritdoc/>
    internal override KanPlan? Plan(KanTensors tensors, KanPlan? known)
    {
        if (SplineOrder > SplinePlan.HighestOrder)
            return null;
        using var scope = NewDisposeScope();
        SplinePlan splines = SplinePlan.For(tensors[KanRole.Grid].contiguous(), SplineOrder, known?.Core);
        if (!splines.IsInReach)
            return null;
        return Outside == OutsideRule.Linear ? ContinuedPlan.For(splines, known) : splines;
    }

    /// <inheritdoc/>
    internal override void InitializeOriginal(KanTensors tensors)
    {
        using var scope = NewDisposeScope();
        Tensor grid = tensors[KanRole.Grid];
        grid.copy_(BSpline.UniformGrid(this, tensors.InFeatures));
        if (!tensors.IsEdge)
            return;

        // The splines are fitted to noise at the grid's inner knots; every input has the same grid, so one pseudo-inverse serves all.
        Tensor noise = (rand(GridSize + 1, tensors.InFeatures, tensors.OutFeatures, device: grid.device) - 0.5) * (NoiseScale / GridSize);
        Tensor knots = grid[..1, SplineOrder..^SplineOrder].transpose(0, 1).to_type(ScalarType.Float64);
        Tensor bases = BSpline.Bases(knots, grid[..1].to_type(ScalarType.Float64), SplineOrder).squeeze(1);
        Tensor fit = linalg.pinv(bases, rtol: 1e-7).to_type(noise.dtype);
        Tensor weight = einsum("cp,pio->oic", fit, noise);
        tensors[KanRole.Coefficients].copy_(StandaloneScaler ? weight : weight * SplineScale);
        if (tensors.Find(KanRole.Scaler) is Tensor scaler)
            nn.init.kaiming_uniform_(scaler, a: Math.Sqrt(5) * SplineScale);
    }
}

/// <summary>What a spline does outside its grid.</summary>
public enum OutsideRule
{
    /// <summary>It fades to zero within the extended knots and is zero beyond, as the original's does.</summary>
    Vanish,

    /// <summary>It goes on as a straight line with the value and the derivative that it has at the end of the grid range.</summary>
    Linear,
}

/// <summary>How a grid update carries the splines over to the new knots.</summary>
public enum GridUpdateRule
{
    /// <summary>
    /// The layer computes after the update what it computed before, on the samples and elsewhere, to within <see cref="BSplineOptions.GridTolerance"/>:
    /// the grid moves towards the samples as far as that allows.
    /// </summary>
    KeepFunction,

    /// <summary>
    /// The original's update, for exact reproduction: the grid moves all the way, and the refit of scaler × weight is stored into the weight,
    /// so that with a standalone scaler the scaler acts twice afterwards and the function changes.
    /// </summary>
    Original,
}
