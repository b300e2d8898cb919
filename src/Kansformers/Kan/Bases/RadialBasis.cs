using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// Gaussian radial basis functions on a grid that all inputs share, B_c(x) = exp(-((x - centre_c) / denominator)²): FastKAN (Li, "Kolmogorov-Arnold Networks
/// are Radial Basis Function Networks", 2024), whose parameter names and defaults these are. Infinite inputs lie outside every grid.
/// </summary>
public sealed record RadialBasisOptions : KanOptions
{
    /// <summary>The options of fast-kan: layer norm in front, a SiLU base branch with a bias.</summary>
    public RadialBasisOptions()
    {
        Norm = InputNorm.LayerNorm;
        BaseActivation = Kansformers.Kan.BaseActivation.Silu;
    }

    /// <summary>The number of centres, at least 2.</summary>
    public int GridSize { get; init; } = 8;

    /// <summary>The first centre.</summary>
    public double GridLow { get; init; } = -2;

    /// <summary>The last centre.</summary>
    public double GridHigh { get; init; } = 2;

    /// <summary>The width of a function; null takes the distance of two centres.</summary>
    public double? Denominator { get; init; }

    /// <summary>The standard deviation of the initial coefficients, cut off at two.</summary>
    public double InitScale { get; init; } = 0.1;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => "rbf";

    /// <inheritdoc/>
    [JsonIgnore]
    public override int Functions => GridSize;

    /// <inheritdoc/>
    internal override KanNames Names => Original;

    private static KanNames Original { get; } = new()
    {
        Base = "base_linear.weight", BaseBias = "base_linear.bias", Coefficients = "spline_linear.weight",
    };

    /// <inheritdoc/>
    internal override IReadOnlyList<KanRole> KernelParameters => [KanRole.Grid];

    // What the original's division makes of it in float32.
    private float Width => (float)(Denominator ?? (GridHigh - GridLow) / (GridSize - 1));

    /// <inheritdoc/>
    internal override IEnumerable<string> SizeWords => [$"grid size {GridSize}"];

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require(GridSize >= 2, "grid size", GridSize, "at least 2");
        UniformCentres.Require(GridLow, GridHigh);
        Require(Denominator is null or (> 0 and < double.PositiveInfinity), "denominator", Denominator ?? 0, "a finite number above 0");
        Require(double.IsFinite(InitScale) && InitScale >= 0, "init scale", InitScale, "a finite number, at least 0");
    }

    /// <inheritdoc/>
    internal override CoefficientAxes Axes(long inFeatures, long outFeatures) => CoefficientAxes.Flat(outFeatures, inFeatures, Functions);

    /// <inheritdoc/>
    internal override IEnumerable<KanTensor> OwnTensors(long inFeatures, long functions) => [new KanTensor("rbf.grid", KanRole.Grid, [GridSize], IsLearned: false)];

    /// <inheritdoc/>
    internal override Tensor Expand(Tensor x, KanTensors tensors)
    {
        using var scope = NewDisposeScope();
        return (-((x.unsqueeze(-1) - tensors[KanRole.Grid]) / Width).pow(2)).exp().MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    internal override KanPlan Plan(KanTensors tensors, KanPlan? known) =>
        new BasisPlan<Basis, RadialFunction>((int)tensors.InFeatures, new Basis(GridSize, 1 / Width), new RadialFunction(GridSize, 1 / Width));

    /// <inheritdoc/>
    internal override void InitializeOriginal(KanTensors tensors)
    {
        UniformCentres.Fill(tensors[KanRole.Grid], GridLow, GridHigh);
        if (tensors.IsEdge)
            nn.init.trunc_normal_(tensors[KanRole.Coefficients], 0, InitScale, -2, 2);
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
