using Kansformers.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Kansformers.Kan;

/// <summary>
/// A linear layer in which every edge carries a learned function: y_o = Σ_i base_weight[o,i] · act(x_i) + spline_scaler[o,i] · Σ_c spline_weight[o,i,c] · B_c(x_i),
/// with B-spline bases B on a knot grid per input (Liu et al., "KAN: Kolmogorov-Arnold Networks", 2024; efficient-kan's formulation).
/// </summary>
/// <remarks>
/// <para>Outside the grid the splines vanish and only the base activation acts. <see cref="OutsideShare"/> tells how many inputs that concerns;
/// <see cref="UpdateGrid"/> moves the grid to where the inputs are.</para>
/// <para>Inputs that are NaN give NaN in their token's outputs and nowhere else, on every path and processor. Infinite inputs lie outside every grid, so only the base activation sees them.</para>
/// <para>Parameters and buffers: <c>base_weight</c> (out, in), <c>spline_weight</c> (out, in, grid size + order), <c>spline_scaler</c> (out, in; with the
/// standalone scaler only), <c>grid</c> (in, grid size + 2 · order + 1).</para>
/// </remarks>
public sealed class KanLinear : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "base_weight")]
    private readonly Parameter _baseWeight;

    [ComponentName(Name = "spline_weight")]
    private readonly Parameter _splineWeight;

    [ComponentName(Name = "spline_scaler")]
    private readonly Parameter? _splineScaler;

    [ComponentName(Name = "grid")]
    private readonly Tensor _grid;

    private SplinePlan? _plan;

    /// <summary>Creates the layer with the original's initial distribution, drawn from torch's global generator.</summary>
    /// <param name="inFeatures">The size of the last dimension of the input, at least 1.</param>
    /// <param name="outFeatures">The size of the last dimension of the output, at least 1.</param>
    /// <param name="options">Grid, order, scales and activation; null takes the defaults.</param>
    /// <param name="device">Where the parameters are made; null is the CPU.</param>
    /// <exception cref="KansformersException">An option is invalid; the message names it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A feature count is below 1.</exception>
    public KanLinear(long inFeatures, long outFeatures, KanOptions? options = null, Device? device = null)
        : base(nameof(KanLinear))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inFeatures, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outFeatures, 1);
        Options = options ?? new KanOptions();
        Options.Validate();
        (InFeatures, OutFeatures) = (inFeatures, outFeatures);
        using var scope = NewDisposeScope();
        _grid = BSpline.UniformGrid(Options, inFeatures, device);
        _baseWeight = new Parameter(empty(outFeatures, inFeatures, device: device));
        _splineWeight = new Parameter(empty(outFeatures, inFeatures, Options.Coefficients, device: device));
        _splineScaler = Options.StandaloneScaler ? new Parameter(empty(outFeatures, inFeatures, device: device)) : null;
        RegisterComponents();
        ResetParameters();
        scope.Detach(_grid, _baseWeight, _splineWeight);
        if (_splineScaler is not null)
            scope.Detach(_splineScaler);
    }

    /// <summary>The layer's configuration.</summary>
    public KanOptions Options { get; }

    /// <summary>The size of the last dimension of the input.</summary>
    public long InFeatures { get; }

    /// <summary>The size of the last dimension of the output.</summary>
    public long OutFeatures { get; }

    /// <summary>The weight of the base branch, (out, in).</summary>
    public Parameter BaseWeight => _baseWeight;

    /// <summary>The spline coefficients before scaling, (out, in, grid size + order).</summary>
    public Parameter SplineWeight => _splineWeight;

    /// <summary>The factor of each spline, (out, in), or null without the standalone scaler.</summary>
    public Parameter? SplineScaler => _splineScaler;

    /// <summary>The knots of each input in ascending order, (in, grid size + 2 · order + 1).</summary>
    public Tensor Grid => _grid;

    /// <summary>Computes by plain torch operations (<see cref="KanReference"/>) instead of the fast engine: for tests and baselines.</summary>
    public bool UseReference { get; set; }

    /// <summary>How the engine computes the products. Where it multiplies only the live coefficients (large grids, a few tokens) that is float32 always; torch operations (<see cref="UseReference"/>, other devices) take the parameters' own type.</summary>
    public Precision Precision { get; set; }

    /// <summary>Called with the layer's input, (tokens, in), at each forward pass; statistics use it.</summary>
    internal Action<KanLinear, Tensor>? Probe { get; set; }

    /// <inheritdoc/>
    /// <param name="input">Any leading dimensions, the last of size <see cref="InFeatures"/>.</param>
    /// <returns>The same leading dimensions, the last of size <see cref="OutFeatures"/>.</returns>
    /// <exception cref="ArgumentException">The last dimension is of another size.</exception>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var scope = NewDisposeScope();
        Tensor x = Flatten(input);
        Probe?.Invoke(this, x);
        Tensor y = RunsOnEngine(x)
            ? KanEngine.Forward(x, _plan!, Weights, Options, Precision)
            : KanReference.Forward(x, _baseWeight, _splineWeight, _splineScaler, _grid, Options);
        return y.reshape([.. input.shape[..^1], OutFeatures]).MoveToOuterDisposeScope();
    }

    /// <summary>Moves the grid to where the inputs are and refits the splines (see <see cref="KanOptions.GridUpdate"/>).</summary>
    /// <param name="samples">Inputs of this layer, any leading dimensions, the last of size <see cref="InFeatures"/>; at least one sample.</param>
    /// <param name="margin">How far the uniform part of the new grid reaches beyond the smallest and largest sample.</param>
    /// <returns>How far the grid moved and how much the outputs changed, on the samples and anywhere.</returns>
    /// <exception cref="ArgumentException">
    /// No sample, a wrong last dimension, a negative margin, samples that are NaN or infinite, or so large that float32 cannot hold a grid around them; the layer is unchanged.
    /// </exception>
    public GridUpdateReport UpdateGrid(Tensor samples, double margin = 0.01)
    {
        ArgumentNullException.ThrowIfNull(samples);
        if (!(margin >= 0) || double.IsInfinity(margin))
            throw new ArgumentException($"the margin is {margin}; it must be a finite number, at least 0", nameof(margin));
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Tensor x = Flatten(samples.detach());
        if (x.shape[0] == 0)
            throw new ArgumentException("a grid update needs at least one sample", nameof(samples));
        long broken = x.isfinite().logical_not().sum().item<long>();
        if (broken > 0)
            throw new ArgumentException($"{broken} of the {x.numel()} sample values are NaN or infinite; the grid is unchanged", nameof(samples));
        RequireRoom(x, margin, nameof(samples));
        return Options.GridUpdate == GridUpdateRule.Original
            ? OriginalGridUpdate.Run(this, x, margin)
            : KeepingGridUpdate.Run(this, x, margin);
    }

    /// <summary>
    /// The sparsity penalty of efficient-kan: with m the mean |spline_weight| of each edge, Σ m (activation) and the entropy of m / Σ m.
    /// </summary>
    /// <param name="activation">The factor of the activation term.</param>
    /// <param name="entropy">The factor of the entropy term.</param>
    /// <returns>A scalar, differentiable in <c>spline_weight</c>. Edges of weight zero count as 0 in the entropy; an all-zero layer costs 0.</returns>
    public Tensor RegularizationLoss(double activation = 1, double entropy = 1)
    {
        const double tiny = 1e-37;
        using var scope = NewDisposeScope();
        Tensor edges = _splineWeight.abs().mean([-1L]);
        Tensor total = edges.sum();
        Tensor share = edges / total.clamp_min(tiny);
        Tensor disorder = -(share * share.clamp_min(tiny).log()).sum();
        return (activation * total + entropy * disorder).MoveToOuterDisposeScope();
    }

    /// <summary>The spline coefficients on this layer's grid that fit curves given by points, by least squares of least norm.</summary>
    /// <param name="x">Where the curves are known, (points, in).</param>
    /// <param name="y">Their values, (points, in, out).</param>
    /// <returns>(out, in, grid size + order). Coefficients that no point determines are as small as the others allow; never NaN.</returns>
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
        Tensor bases = BSpline.Bases(x.to_type(ScalarType.Float64), _grid.to_type(ScalarType.Float64), Options.SplineOrder);
        Tensor solution = LeastSquares.Solve(bases.transpose(0, 1), y.transpose(0, 1));
        return solution.permute(2, 0, 1).to_type(_splineWeight.dtype).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>The share of input values that lie outside their grid, where the splines fade to nothing: 0 to 1.</summary>
    /// <param name="input">Any leading dimensions, the last of size <see cref="InFeatures"/>.</param>
    /// <exception cref="ArgumentException">The last dimension is of another size, or there is no value.</exception>
    public double OutsideShare(Tensor input)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Tensor x = Flatten(input);
        if (x.numel() == 0)
            throw new ArgumentException("there are no input values", nameof(input));
        Tensor inside = x.ge(_grid[.., Options.SplineOrder]) & x.lt(_grid[.., ^(Options.SplineOrder + 1)]);
        return 1 - inside.to_type(ScalarType.Float64).mean().item<double>();
    }

    /// <summary>Draws the parameters anew, from the original's distribution and torch's global generator.</summary>
    public void ResetParameters()
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        nn.init.kaiming_uniform_(_baseWeight, a: Math.Sqrt(5) * Options.BaseScale);

        // The splines are fitted to noise at the grid's inner knots; every input has the same grid, so one pseudo-inverse serves all.
        Tensor noise = (rand(Options.GridSize + 1, InFeatures, OutFeatures, device: _grid.device) - 0.5) * (Options.NoiseScale / Options.GridSize);
        Tensor knots = _grid[..1, Options.SplineOrder..^Options.SplineOrder].transpose(0, 1).to_type(ScalarType.Float64);
        Tensor bases = BSpline.Bases(knots, _grid[..1].to_type(ScalarType.Float64), Options.SplineOrder).squeeze(1);
        Tensor fit = linalg.pinv(bases, rtol: 1e-7).to_type(noise.dtype);
        Tensor weight = einsum("cp,pio->oic", fit, noise);
        _splineWeight.copy_(Options.StandaloneScaler ? weight : weight * Options.SplineScale);
        if (_splineScaler is not null)
            nn.init.kaiming_uniform_(_splineScaler, a: Math.Sqrt(5) * Options.SplineScale);
    }

    /// <summary>Whether the engine, rather than torch's operations, computes the layer for such an input.</summary>
    internal bool RunsOnEngine(Tensor x) => !UseReference && KanEngine.Fits(x, _grid, Weights, Options.SplineOrder) && Plan().IsInReach;

    /// <summary>The layer, opened for a pass over chunks of at most so many tokens.</summary>
    internal IChunkedLayer OpenChunks(long tokens)
    {
        SplinePlan plan = Plan();
        KanWanted wanted = new(true, _baseWeight.requires_grad, _splineWeight.requires_grad, _splineScaler?.requires_grad ?? false);
        if (SparseSplines.Pays(plan, Precision, tokens, OutFeatures))
            return new SparseChunks(plan, Options.BaseActivation, Weights, wanted);
        return new KanChunks(plan, Options.BaseActivation, Precision, Weights, wanted, tokens);
    }

    /// <summary>Whether so many tokens are computed from the live coefficients alone rather than by products with all.</summary>
    internal bool IsSparse(long tokens)
    {
        SplinePlan plan = Plan();
        return SparseSplines.Pays(plan, Precision, tokens, OutFeatures);
    }

    // Refuses samples around which float32 cannot hold a grid.
    private void RequireRoom(Tensor x, double margin, string name)
    {
        double[] low = x.amin([0L]).to_type(ScalarType.Float64).cpu().data<double>().ToArray(), high = x.amax([0L]).to_type(ScalarType.Float64).cpu().data<double>().ToArray();
        int wide = Array.FindIndex(low.Zip(high, (from, to) => Options.HoldsKnots(from - margin, to + margin)).ToArray(), holds => !holds);
        if (wide >= 0)
        {
            throw new ArgumentException(FormattableString.Invariant($"the samples of input {wide} reach from {low[wide]:g3} to {high[wide]:g3}, the margin is {margin:g3}: ")
                + "float32 cannot hold a grid around them; the grid is unchanged", name);
        }
    }

    private SplinePlan Plan()
    {
        using var scope = NewDisposeScope();
        return _plan = SplinePlan.For(_grid.contiguous(), Options.SplineOrder, _plan);
    }

    private KanWeights Weights => new(_baseWeight, _splineWeight, _splineScaler);

    private Tensor Flatten(Tensor input)
    {
        if (input.dim() < 1 || input.shape[^1] != InFeatures)
            throw new ArgumentException($"the input has shape ({string.Join(", ", input.shape)}); its last dimension must be {InFeatures}", nameof(input));
        return input.reshape(-1, InFeatures);
    }
}
