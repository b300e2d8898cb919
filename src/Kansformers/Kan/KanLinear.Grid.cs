using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <content>Grids and penalties.</content>
public sealed partial class KanLinear
{
    // The numbers that float32 has between 1 and 2, and as many again.
    private const int FinestGrid = 1 << 24;

    /// <summary>Whether <see cref="UpdateGrid"/> works for this layer.</summary>
    internal bool CanMoveGrid => Options is GridOptions { Obstacle: null };

    /// <summary>What grid updates keep while nothing is learned; no part of the layer's state.</summary>
    internal GridAnchor? Anchor { get; set; }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Anchor?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>
    /// Moves the grid to where the inputs are and refits the functions, for every kind with a grid, sharing and norm. Knots follow the samples of their own input (of
    /// their group, where inputs share a function), centres those of all inputs together.
    /// </summary>
    /// <param name="samples">Inputs of this layer, any leading dimensions, the last of size <see cref="InFeatures"/>; at least one sample.</param>
    /// <param name="margin">How far the uniform part of the new grid reaches beyond the smallest and largest sample, as the basis sees them.</param>
    /// <returns>How far the grid moved and how much the outputs changed, on the samples and anywhere.</returns>
    /// <exception cref="ArgumentException">
    /// No sample, a wrong last dimension, a negative margin, samples that are NaN or infinite, or so large that float32 cannot hold a grid around them; the layer is unchanged.
    /// </exception>
    /// <exception cref="KansformersException">The kind has no grid, or none that can be moved; the message says why.</exception>
    public GridUpdateReport UpdateGrid(Tensor samples, double margin = 0.01)
    {
        ArgumentNullException.ThrowIfNull(samples);
        GridOptions options = OnGrid();
        if (options.Obstacle is string obstacle)
            throw new KansformersException(obstacle);
        if (!(margin >= 0) || double.IsInfinity(margin))
            throw new ArgumentException($"the margin is {margin}; it must be a finite number, at least 0", nameof(margin));
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Tensor x = Flatten(samples.detach()), seen = Seen(x, "a grid update", nameof(samples));
        RequireRoom(seen, margin, options, nameof(samples));
        return options.UpdateAsTheProgram(this, seen, margin) ?? KeepingGridUpdate.Run(this, seen, margin, () => forward(x).abs().max().to_type(ScalarType.Float64).item<double>());
    }

    /// <summary>
    /// A layer with a finer grid that computes what this one computes: exactly (to rounding) wherever the old knots or centres are among the new ones, which they are
    /// when the new intervals are a multiple of the old; else as nearly as least squares come over the whole grid, and the samples where there are any. Knots beyond the
    /// ends and the width of radial and switch functions stay, since the old functions need them; a grid update moves the knots.
    /// </summary>
    /// <param name="gridSize">The new <see cref="GridOptions.GridSize"/>, at least the present one.</param>
    /// <param name="samples">Inputs of this layer on which the outputs matter most, any leading dimensions, the last of size <see cref="InFeatures"/>; null for none.</param>
    /// <returns>The new layer, on the same device and of the same type. Drawing it takes numbers from torch's global generator.</returns>
    /// <exception cref="ArgumentException">The grid size is below the present one; or no sample, a wrong last dimension, samples that are NaN or infinite.</exception>
    /// <exception cref="KansformersException">The kind has no grid, or float32 cannot hold so fine a one there.</exception>
    public KanLinear Refine(int gridSize, Tensor? samples = null)
    {
        GridOptions options = OnGrid();
        if (gridSize < options.GridSize)
            throw new ArgumentException($"grid size is {gridSize}; a finer grid than the present one must have at least {options.GridSize}", nameof(gridSize));
        if (gridSize > FinestGrid)
            throw new KansformersException($"grid size is {gridSize}; float32 tells at most {FinestGrid} places of a range apart");
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return GridRefinement.Of(this, gridSize, samples is null ? null : Seen(Flatten(samples.detach()), "a refinement on samples", nameof(samples)));
    }

    /// <summary>
    /// The sparsity penalty of efficient-kan: with m the mean |coefficient| of each edge, Σ m (activation) and the entropy of m / Σ m.
    /// </summary>
    /// <param name="activation">The factor of the activation term.</param>
    /// <param name="entropy">The factor of the entropy term.</param>
    /// <returns>A scalar, differentiable in the coefficients. Edges of weight zero count as 0 in the entropy; an all-zero layer costs 0.</returns>
    public Tensor RegularizationLoss(double activation = 1, double entropy = 1)
    {
        const double tiny = 1e-37;
        using var scope = NewDisposeScope();
        Tensor edges = Tensors.EngineCoefficients(Coefficients).abs().mean([-1L]);
        Tensor total = edges.sum();
        Tensor share = edges / total.clamp_min(tiny);
        Tensor disorder = -(share * share.clamp_min(tiny).log()).sum();
        return (activation * total + entropy * disorder).MoveToOuterDisposeScope();
    }

    /// <summary>The spline coefficients on this layer's grid that fit curves given by points, by least squares of least norm.</summary>
    /// <param name="x">Where the curves are known, (points, in).</param>
    /// <param name="y">Their values, (points, in, out).</param>
    /// <returns>(out, in, n). Coefficients that no point determines are as small as the others allow; never NaN.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or a value is NaN or infinite.</exception>
    public Tensor Curve2Coefficients(Tensor x, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (x.dim() != 2 || x.shape[1] != InFeatures || y.dim() != 3 || y.shape[0] != x.shape[0] || y.shape[1] != InFeatures || y.shape[2] != OutFeatures)
            throw new ArgumentException($"points ({string.Join(", ", x.shape)}) and values ({string.Join(", ", y.shape)}) must be (points, {InFeatures}) and (points, {InFeatures}, {OutFeatures})", nameof(y));
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        if (!x.isfinite().all().item<bool>() || !y.isfinite().all().item<bool>())
            throw new ArgumentException("the points hold values that are NaN or infinite", nameof(y));
        KanTensors wide = Tensors.Map((_, tensor) => tensor.to_type(ScalarType.Float64));
        Tensor bases = Options.Expand(KanReference.Normalised(x.to_type(ScalarType.Float64), wide), wide);
        Tensor solution = LeastSquares.Solve(bases.transpose(0, 1), y.transpose(0, 1));
        return solution.permute(2, 0, 1).to_type(Coefficients.dtype).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>The share of input values that lie outside their grid, where the functions fade to nothing: 0 to 1.</summary>
    /// <param name="input">Any leading dimensions, the last of size <see cref="InFeatures"/>.</param>
    /// <exception cref="ArgumentException">The last dimension is of another size, or there is no value.</exception>
    /// <exception cref="KansformersException">The kind has no grid.</exception>
    public double OutsideShare(Tensor input)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Tensor x = Flatten(input);
        if (x.numel() == 0)
            throw new ArgumentException("there are no input values", nameof(input));
        OnGrid();
        return OutsideGrid.ShareOf(x, Tensors);
    }

    // What the basis sees of samples of which there must be one, all finite.
    private Tensor Seen(Tensor x, string what, string name)
    {
        if (x.shape[0] == 0)
            throw new ArgumentException($"{what} needs at least one sample", name);
        long broken = x.isfinite().logical_not().sum().item<long>();
        if (broken > 0)
            throw new ArgumentException($"{broken} of the {x.numel()} sample values are NaN or infinite; the grid is unchanged", name);
        Tensor seen = KanReference.Normalised(x, Tensors);
        broken = seen.isfinite().logical_not().sum().item<long>();
        return broken == 0 ? seen
            : throw new ArgumentException($"{broken} of the {x.numel()} sample values are NaN or infinite behind the norm ({Options.Norm}); the grid is unchanged", name);
    }

    // Refuses samples around which float32 cannot hold a grid.
    private static void RequireRoom(Tensor x, double margin, GridOptions options, string name)
    {
        double[] low = x.amin([0L]).to_type(ScalarType.Float64).cpu().data<double>().ToArray(), high = x.amax([0L]).to_type(ScalarType.Float64).cpu().data<double>().ToArray();
        int wide = Array.FindIndex(low.Zip(high, (from, to) => options.Holds(from - margin, to + margin)).ToArray(), holds => !holds);
        if (wide >= 0)
        {
            throw new ArgumentException(FormattableString.Invariant($"the samples of input {wide} reach from {low[wide]:g3} to {high[wide]:g3}, the margin is {margin:g3}: ")
                + "float32 cannot hold a grid around them; the grid is unchanged", name);
        }
    }

    private GridOptions OnGrid() => Options as GridOptions
        ?? throw new KansformersException($"a layer of the kind {Options.Kind} has no grid; {string.Join(", ", KanKinds.All.Where(kind => kind is GridOptions).Select(kind => kind.Kind))} have one");
}
