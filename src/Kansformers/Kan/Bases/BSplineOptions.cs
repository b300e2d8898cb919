using System.Text.Json.Serialization;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// B-splines on a knot grid for each input (Liu et al., "KAN: Kolmogorov-Arnold Networks", 2024; efficient-kan's formulation). The defaults are
/// efficient-kan's, which the original Kansformers used throughout.
/// </summary>
public sealed record BSplineOptions : GridOptions
{
    internal const string KindName = "bspline";

    /// <summary>The options of efficient-kan: a SiLU base branch, no normalisation.</summary>
    public BSplineOptions() => (BaseActivation, GridSize, GridLow, GridHigh, GridEps) = (Kansformers.Kan.BaseActivation.Silu, 5, -1, 1, 0.02);

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => KindName;

    /// <summary>The degree of the spline pieces: 1 is piecewise linear, 3 cubic. At least 1.</summary>
    public int SplineOrder { get; init; } = 3;

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

    // B-splines are far from cancelling each other; what is small is the difference between their base activation and what they make of it.
    /// <inheritdoc/>
    internal override double FitCutoff => 1e-8;

    // Finding the interval, then the triangle of Cox and de Boor: 5 operations for each of its nodes.
    /// <inheritdoc/>
    internal override double ExpansionOperations => 3 + (2.5 * SplineOrder * (SplineOrder + 1));

    /// <inheritdoc/>
    internal override int LiveFunctions => Math.Min(Functions, SplineOrder + 1);

    /// <inheritdoc/>
    internal override IEnumerable<string> SizeWords => [$"grid size {GridSize}", $"spline order {SplineOrder}"];

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Allowed.Require(GridSize >= 1, "grid size", GridSize, "at least 1");
        Allowed.Require(SplineOrder is >= 1 and <= 16, "spline order", SplineOrder, "1 to 16");
        Allowed.Require(double.IsFinite(GridLow) && double.IsFinite(GridHigh) && GridLow < GridHigh, "grid range", $"{GridLow},{GridHigh}", "two finite numbers, the lower one first");
        Allowed.Require(Holds(GridLow, GridHigh), "grid range", $"{GridLow},{GridHigh}", $"so narrow and near zero that float32 holds its knots, {SplineOrder} intervals beyond each end included: they may span 1.7e38");
        Allowed.Require(TellsKnotsApart(), "grid range", $"{GridLow},{GridHigh}", $"wide enough that float32 tells the knots of {GridSize} intervals apart");
        Allowed.Require("outside", Outside);
        Allowed.Require(double.IsFinite(NoiseScale) && NoiseScale >= 0, "noise scale", NoiseScale, "a finite number, at least 0");
        Allowed.Require(double.IsFinite(BaseScale), "base scale", BaseScale, "a finite number");
        Allowed.Require(double.IsFinite(SplineScale), "spline scale", SplineScale, "a finite number");
        Allowed.Require("grid update", GridUpdate);
    }

    /// <summary>Whether float32 holds the knots of a grid over a range, its extension included, their differences, and some more.</summary>
    internal override bool Holds(double low, double high)
    {
        const double most = float.MaxValue / 2;
        double beyond = (high - low) / GridSize * SplineOrder;
        return Math.Abs(low - beyond) <= most && Math.Abs(high + beyond) <= most && high - low + 2 * beyond <= most;
    }

    /// <inheritdoc/>
    internal override string? Obstacle => GridUpdate == GridUpdateRule.Original && !Sharing.IsEdge
        ? $"grid update is {GridUpdate}, the rule of a program that has a function for each edge, but sharing is {Sharing}: use {GridUpdateRule.KeepFunction}" : null;

    /// <inheritdoc/>
    internal override GridUpdateReport? UpdateAsTheProgram(KanLinear layer, Tensor seen, double margin) =>
        GridUpdate == GridUpdateRule.Original ? OriginalGridUpdate.Run(layer, seen, margin) : null;

    /// <inheritdoc/>
    internal override bool IsClosed => false;

    // The inputs of a group have one function, and so one grid: that of all their samples together.
    /// <inheritdoc/>
    internal override Dictionary<KanRole, Tensor> GridFor(Tensor seen, KanTensors here, double margin)
    {
        using var scope = NewDisposeScope();
        long inputs = here.InFeatures, rows = here.IsEdge ? inputs : here.Functions, group = inputs / rows;
        Tensor together = seen.view(-1, rows, group).transpose(1, 2).reshape(-1, rows);
        return new() { [KanRole.Grid] = GridTarget.From(together, this, margin).repeat_interleave(group, dim: 0).MoveToOuterDisposeScope() };
    }

    /// <inheritdoc/>
    internal override Dictionary<KanRole, Tensor> Between(KanTensors here, IReadOnlyDictionary<KanRole, Tensor> wanted, double share)
    {
        using var scope = NewDisposeScope();
        Tensor grid = here[KanRole.Grid];
        return new() { [KanRole.Grid] = GridTarget.Separate(grid + share * (wanted[KanRole.Grid] - grid)).MoveToOuterDisposeScope() };
    }

    /// <inheritdoc/>
    internal override Tensor ValuesAt(Tensor at, KanTensors tensors) => SplineTable.Bases(at, tensors[KanRole.Grid], SplineOrder, Outside);

    /// <inheritdoc/>
    internal override Tensor Probes(KanTensors tensors)
    {
        using var scope = NewDisposeScope();
        Tensor grid = tensors[KanRole.Grid];
        Tensor at = (arange(SplineOrder + 1, dtype: ScalarType.Float64, device: grid.device) + 0.5) / (SplineOrder + 1);
        Tensor left = grid[.., ..^1].unsqueeze(-1), width = (grid[.., 1..] - grid[.., ..^1]).unsqueeze(-1);
        return (left + width * at).flatten(1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    internal override (Tensor Low, Tensor High) Ends(KanTensors tensors) => (tensors[KanRole.Grid][.., SplineOrder], tensors[KanRole.Grid][.., ^(SplineOrder + 1)]);

    /// <inheritdoc/>
    internal override KanTensors OfInputs(KanTensors tensors, Range inputs) =>
        tensors.Map((role, tensor) => role == KanRole.Grid ? tensor[inputs] : tensor);

    // The knots beyond the ends stay, so that all old knots are among the new ones wherever the sizes are multiples: then the old functions exist
    // on the new grid everywhere, not only in its range.
    /// <inheritdoc/>
    internal override (GridOptions Options, Dictionary<KanRole, Tensor> Grid) Finer(int size, KanTensors tensors)
    {
        using var scope = NewDisposeScope();
        Tensor grid = tensors[KanRole.Grid];
        Tensor inner = GridTarget.Finer(grid[.., SplineOrder..^SplineOrder], size);
        Tensor all = cat([grid[.., ..SplineOrder], inner, grid[.., ^SplineOrder..]], dim: 1);
        return (this with { GridSize = size }, new() { [KanRole.Grid] = all.MoveToOuterDisposeScope() });
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
    /// The layer computes after the update what it computed before, on the samples and elsewhere, to within <see cref="GridOptions.GridTolerance"/>:
    /// the grid moves towards the samples as far as that allows.
    /// </summary>
    KeepFunction,

    /// <summary>
    /// The original's update, for exact reproduction: the grid moves all the way, and the refit of scaler × weight is stored into the weight,
    /// so that with a standalone scaler the scaler acts twice afterwards and the function changes.
    /// </summary>
    Original,
}
