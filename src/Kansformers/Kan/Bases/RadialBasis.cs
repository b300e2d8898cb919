using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// Gaussian radial basis functions on a grid that all inputs share, B_c(x) = exp(-((x - centre_c) / denominator)²): FastKAN (Li, "Kolmogorov-Arnold Networks
/// are Radial Basis Function Networks", 2024), whose parameter names and defaults these are. Infinite inputs lie outside every grid.
/// </summary>
public sealed record RadialBasisOptions : GridOptions
{
    /// <summary>The options of fast-kan: layer norm in front, a SiLU base branch with a bias.</summary>
    public RadialBasisOptions()
    {
        Norm = InputNorm.LayerNorm;
        BaseActivation = Kansformers.Kan.BaseActivation.Silu;
        (GridSize, GridLow, GridHigh, GridEps) = (8, -2, 2, 0.5);
    }

    /// <summary>The width of a function; null takes the distance of two centres, the mean one once they have moved.</summary>
    public double? Denominator { get; init; }

    /// <summary>The standard deviation of the initial coefficients, cut off at two.</summary>
    public double InitScale { get; init; } = 0.1;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => "rbf";

    /// <inheritdoc/>
    [JsonIgnore]
    public override int Functions => GridSize;

    // A finer grid keeps the width, and one configuration has one width for all layers.
    /// <inheritdoc/>
    [JsonIgnore]
    internal override string? ObstacleOfMoved => Denominator is null ? "update grid moves the centres of each layer, so that widths would differ: set denominator, or leave one of the two out" : null;

    /// <inheritdoc/>
    internal override KanNames Names => Original;

    private static KanNames Original { get; } = new()
    {
        Base = "base_linear.weight", BaseBias = "base_linear.bias", Coefficients = "spline_linear.weight",
    };

    /// <inheritdoc/>
    internal override IReadOnlyList<KanRole> KernelParameters => [KanRole.Grid];

    // What the original's division makes of it in float32, where the centres stand as they began.
    private float InitialWidth => (float)(Denominator ?? (GridHigh - GridLow) / (GridSize - 1));

    // exp(-((x - c) / h)²) of each centre.
    /// <inheritdoc/>
    internal override double ExpansionOperations => (3 + Transcendental) * GridSize;

    /// <inheritdoc/>
    internal override IEnumerable<string> SizeWords => [$"grid size {GridSize}"];

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Allowed.Require(GridSize >= 2, "grid size", GridSize, "at least 2");
        UniformCentres.Require(GridLow, GridHigh, GridSize);
        Allowed.Require(float.IsNormal(InitialWidth) && float.IsNormal(1 / InitialWidth) && InitialWidth > 0, "denominator", InitialWidth, "a finite number above 0, its reciprocal too, in float32");
        Allowed.Require(double.IsFinite(InitScale) && InitScale >= 0, "init scale", InitScale, "a finite number, at least 0");
    }

    /// <inheritdoc/>
    internal override CoefficientAxes Axes(long inFeatures, long outFeatures) => CoefficientAxes.Flat(outFeatures, inFeatures, Functions);

    /// <inheritdoc/>
    internal override IEnumerable<KanTensor> OwnTensors(long inFeatures, long functions) => [new KanTensor("rbf.grid", KanRole.Grid, [GridSize], IsLearned: false)];

    /// <inheritdoc/>
    internal override Tensor Expand(Tensor x, KanTensors tensors)
    {
        using var scope = NewDisposeScope();
        Tensor centres = tensors[KanRole.Grid];
        return (-((x.unsqueeze(-1) - centres) / WidthOf(centres)).pow(2)).exp().MoveToOuterDisposeScope();
    }

    // The width on centres, a scalar, of which float32 is made as of the option. No step of it waits for the device.
    private Tensor WidthOf(Tensor centres)
    {
        using var scope = NewDisposeScope();
        Tensor initial = tensor((double)InitialWidth, device: centres.device);
        if (Denominator is not null)
            return initial.MoveToOuterDisposeScope();
        Tensor first = centres.detach()[0], last = centres.detach()[^1];
        Tensor unmoved = first.eq(tensor(GridLow, ScalarType.Float64).to(centres.dtype, centres.device)) & last.eq(tensor(GridHigh, ScalarType.Float64).to(centres.dtype, centres.device));
        Tensor spacing = (last.to_type(ScalarType.Float64) - first.to_type(ScalarType.Float64)).abs() / (GridSize - 1);
        return where(unmoved | (spacing > 0).logical_not(), initial, spacing.to_type(ScalarType.Float32).to_type(ScalarType.Float64)).MoveToOuterDisposeScope();
    }

    // The same for the kernels: float32 on the CPU.
    private float WidthOf(ReadOnlySpan<float> centres)
    {
        double spacing = Math.Abs((double)centres[^1] - centres[0]) / (GridSize - 1);
        return Denominator is not null || !(spacing > 0) || (centres[0] == (float)GridLow && centres[^1] == (float)GridHigh) ? InitialWidth : (float)spacing;
    }

    /// <inheritdoc/>
    internal override Dictionary<KanRole, Tensor> GridFor(Tensor seen, KanTensors here, double margin) => new() { [KanRole.Grid] = CentreGrid.For(seen, this, margin) };

    /// <inheritdoc/>
    internal override Dictionary<KanRole, Tensor> Between(KanTensors here, IReadOnlyDictionary<KanRole, Tensor> wanted, double share) =>
        new() { [KanRole.Grid] = CentreGrid.Between(here[KanRole.Grid], wanted[KanRole.Grid], share) };

    /// <inheritdoc/>
    internal override Tensor ValuesAt(Tensor at, KanTensors tensors) => Expand(at, tensors);

    /// <inheritdoc/>
    internal override Tensor Probes(KanTensors tensors)
    {
        using var scope = NewDisposeScope();
        return CentreGrid.Probes(tensors[KanRole.Grid], 4 * WidthOf(tensors[KanRole.Grid])).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    internal override (Tensor Low, Tensor High) Ends(KanTensors tensors) => CentreGrid.Ends(tensors[KanRole.Grid]);

    // The width stays, so that the old functions exist among the new ones.
    /// <inheritdoc/>
    internal override (GridOptions Options, Dictionary<KanRole, Tensor> Grid) Finer(int size, KanTensors tensors)
    {
        using var scope = NewDisposeScope();
        Tensor centres = tensors[KanRole.Grid];
        (double low, double high) = (centres.min().item<double>(), centres.max().item<double>());
        return (this with { GridSize = size, Denominator = WidthOf(centres).item<double>(), GridLow = low, GridHigh = high },
            new() { [KanRole.Grid] = CentreGrid.Finer(centres, size).MoveToOuterDisposeScope() });
    }

    /// <inheritdoc/>
    internal override KanPlan Plan(KanTensors tensors, KanPlan? known)
    {
        using Tensor centres = tensors[KanRole.Grid].contiguous();
        float scale = 1 / WidthOf(RawMemory.Span<float>(centres));
        return new BasisPlan<Basis, RadialFunction>((int)tensors.InFeatures, new Basis(GridSize, scale), new RadialFunction(GridSize, scale));
    }

    /// <inheritdoc/>
    internal override void InitializeOriginal(KanTensors tensors)
    {
        UniformCentres.Fill(tensors[KanRole.Grid], GridLow, GridHigh);
        if (tensors.IsEdge)
        {
            // One draw in some millions is infinite: the inverse of a distribution's function at its end, which is not cut off there.
            nn.init.trunc_normal_(tensors[KanRole.Coefficients], 0, InitScale, -2, 2);
            using var guard = no_grad();
            tensors[KanRole.Coefficients].clamp_(-2, 2);
        }

        if (tensors.Find(KanRole.BaseBias) is Tensor bias)
            nn.init.uniform_(bias, -1 / Math.Sqrt(tensors.InFeatures), 1 / Math.Sqrt(tensors.InFeatures));
    }

    private readonly unsafe struct Basis(int functions, float scale) : IBasis
    {
        // Beyond, exp(-u²) is below every float32.
        private const float Farthest = 10;

        public int Functions => functions;

        public int Parameters => functions;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Expand<TSimd>(TSimd x, float* parameters, float* to, nint stride)
            where TSimd : struct, ISimd<TSimd>
        {
            TSimd by = TSimd.Create(scale);
            for (int c = 0; c < functions; c++, to += stride)
            {
                TSimd u = Near((x - TSimd.Create(parameters[c])) * by);
                TSimd.Store(SimdMath.Exp(-(u * u)), to);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TSimd Contract<TSimd>(TSimd x, float* parameters, float* gradient, nint stride, float* sums)
            where TSimd : struct, ISimd<TSimd>
        {
            TSimd by = TSimd.Create(scale), factor = TSimd.Create(-2 * scale), sum = TSimd.Zero;
            for (int c = 0; c < functions; c++, gradient += stride)
            {
                TSimd u = Near((x - TSimd.Create(parameters[c])) * by);
                TSimd term = TSimd.Load(gradient) * u * SimdMath.Exp(-(u * u));
                sum += term;
                if (sums is not null)
                    TSimd.Store(TSimd.Load(sums + c * TSimd.Count) - term * factor, sums + c * TSimd.Count);
            }

            return sum * factor;
        }

        // The machine's minimum and maximum give their second operand for NaN.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TSimd Near<TSimd>(TSimd u)
            where TSimd : struct, ISimd<TSimd> => TSimd.MinNative(TSimd.Create(Farthest), TSimd.MaxNative(TSimd.Create(-Farthest), u));
    }
}
