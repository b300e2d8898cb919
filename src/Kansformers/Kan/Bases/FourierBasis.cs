using System.Text.Json.Serialization;
using System.Runtime.CompilerServices;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// Cosines and then sines of the frequencies 1 to n: FourierKAN (Noesis, "FusedFourierKAN", 2024), whose parameter names and defaults these are. Infinite inputs
/// have no sine: they give NaN in their token.
/// </summary>
public sealed record FourierOptions : KanOptions
{
    /// <summary>The options of FourierKAN: a bias, no base branch.</summary>
    public FourierOptions() => Bias = true;

    /// <summary>The highest frequency, at least 1.</summary>
    public int Frequencies { get; init; } = 5;

    /// <summary>Whether the initial coefficients fall with the square of the frequency, so that the functions begin smooth.</summary>
    public bool SmoothInitialization { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => "fourier";

    /// <inheritdoc/>
    [JsonIgnore]
    public override int Functions => 2 * Frequencies;

    /// <inheritdoc/>
    internal override KanNames Names => Original;

    private static KanNames Original { get; } = new() { Coefficients = "fouriercoeffs", BiasLead = [1] };

    // A sine and a cosine, and for each further frequency a rotation by them.
    /// <inheritdoc/>
    internal override double ExpansionOperations => (2 * Transcendental) + (6 * (Frequencies - 1));

    /// <inheritdoc/>
    internal override IEnumerable<string> SizeWords => [$"{Frequencies} frequencies"];

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Allowed.Require(Frequencies is >= 1 and <= 1024, "frequencies", Frequencies, "1 to 1024");
    }

    /// <inheritdoc/>
    internal override CoefficientAxes Axes(long inFeatures, long outFeatures) =>
        new([2, outFeatures, inFeatures, Frequencies], [2, outFeatures, inFeatures, Frequencies], [1, 2, 0, 3]);

    /// <inheritdoc/>
    internal override Tensor Expand(Tensor x, KanTensors tensors)
    {
        using var scope = NewDisposeScope();
        Tensor angle = x.unsqueeze(-1) * arange(1, Frequencies + 1, dtype: x.dtype, device: x.device);
        return cat([angle.cos(), angle.sin()], dim: -1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    internal override KanPlan Plan(KanTensors tensors, KanPlan? known) =>
        new BasisPlan<Basis, FourierFunction>((int)tensors.InFeatures, new Basis(Frequencies), new FourierFunction(Frequencies));

    // A period.
    /// <inheritdoc/>
    internal override (double Low, double High) FitRange => (-Math.PI, Math.PI);

    /// <inheritdoc/>
    internal override void InitializeOriginal(KanTensors tensors)
    {
        if (!tensors.IsEdge)
            return;
        using var scope = NewDisposeScope();
        Tensor fall = SmoothInitialization ? arange(1, Frequencies + 1, dtype: ScalarType.Float32).pow(2) : tensor(MathF.Sqrt(Frequencies));
        Tensor coefficients = tensors[KanRole.Coefficients];
        coefficients.normal_(0, 1 / Math.Sqrt(tensors.InFeatures)).div_(fall.to(coefficients.device));
    }

    private readonly unsafe struct Basis(int frequencies) : IBasis
    {
        public int Functions => 2 * frequencies;

        public int Parameters => 0;

        // Each frequency turns the one before by x once more: the error grows by a rounding a step.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Expand<TSimd>(TSimd x, float* parameters, float* to, nint stride)
            where TSimd : struct, ISimd<TSimd>
        {
            (TSimd sin, TSimd cos) = SimdMath.SinCos(x);
            TSimd s = sin, c = cos;
            for (int k = 0; k < frequencies; k++, to += stride)
            {
                TSimd.Store(c, to);
                TSimd.Store(s, to + frequencies * stride);
                (c, s) = (TSimd.FusedMultiplyAdd(c, cos, -(s * sin)), TSimd.FusedMultiplyAdd(s, cos, c * sin));
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TSimd Contract<TSimd>(TSimd x, float* parameters, float* gradient, nint stride, float* sums)
            where TSimd : struct, ISimd<TSimd>
        {
            (TSimd sin, TSimd cos) = SimdMath.SinCos(x);
            TSimd s = sin, c = cos, sum = TSimd.Zero;
            for (int k = 1; k <= frequencies; k++, gradient += stride)
            {
                TSimd term = TSimd.FusedMultiplyAdd(TSimd.Load(gradient + frequencies * stride), c, -(TSimd.Load(gradient) * s));
                sum = TSimd.FusedMultiplyAdd(TSimd.Create(k), term, sum);
                (c, s) = (TSimd.FusedMultiplyAdd(c, cos, -(s * sin)), TSimd.FusedMultiplyAdd(s, cos, c * sin));
            }

            return sum;
        }
    }
}
