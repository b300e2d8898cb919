using System.Text.Json.Serialization;
using System.Runtime.CompilerServices;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// Chebyshev polynomials of the first kind, T_0 to T_degree, of tanh(x): ChebyKAN (SynodicMonth, 2024), whose parameter names and defaults these are. It takes
/// cos(n arccos t), whose derivative is not finite where tanh rounds to 1; the recurrence T_{n+1} = 2 t T_n - T_{n-1} here has the same values and finite derivatives.
/// Infinite inputs are where tanh is 1 or -1.
/// </summary>
public sealed record ChebyshevOptions : KanOptions
{
    /// <summary>The options of ChebyKAN: tanh in front, no base branch.</summary>
    public ChebyshevOptions() => Norm = InputNorm.Tanh;

    /// <summary>The highest degree, at least 1.</summary>
    public int Degree { get; init; } = 4;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => "chebyshev";

    /// <inheritdoc/>
    [JsonIgnore]
    public override int Functions => Degree + 1;

    /// <inheritdoc/>
    internal override KanNames Names => Original;

    private static KanNames Original { get; } = new() { Coefficients = "cheby_coeffs" };

    // The recursion 2x T_n - T_(n-1).
    /// <inheritdoc/>
    internal override double ExpansionOperations => 2 * Degree;

    /// <inheritdoc/>
    internal override IEnumerable<string> SizeWords => [$"degree {Degree}"];

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Allowed.Require(Degree is >= 1 and <= 64, "degree", Degree, "1 to 64");
    }

    /// <inheritdoc/>
    internal override CoefficientAxes Axes(long inFeatures, long outFeatures) =>
        new([inFeatures, outFeatures, Functions], [inFeatures, outFeatures, Functions], [1, 0, 2]);

    /// <inheritdoc/>
    internal override Tensor Expand(Tensor x, KanTensors tensors)
    {
        using var scope = NewDisposeScope();
        List<Tensor> all = [ones_like(x), x];
        while (all.Count <= Degree)
            all.Add(2 * x * all[^1] - all[^2]);
        return stack(all, dim: -1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    internal override KanPlan Plan(KanTensors tensors, KanPlan? known) => new BasisPlan<Basis, ChebyshevFunction>((int)tensors.InFeatures, new Basis(Degree), new ChebyshevFunction(Degree));

    /// <inheritdoc/>
    internal override void InitializeOriginal(KanTensors tensors)
    {
        if (tensors.IsEdge)
            tensors[KanRole.Coefficients].normal_(0, 1.0 / (tensors.InFeatures * (Degree + 1)));
    }

    private readonly unsafe struct Basis(int degree) : IBasis
    {
        public int Functions => degree + 1;

        public int Parameters => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Expand<TSimd>(TSimd x, float* parameters, float* to, nint stride)
            where TSimd : struct, ISimd<TSimd>
        {
            // A NaN reaches the constant, too: what is broken stays broken.
            TSimd last = TSimd.Select(TSimd.Equal(x, x), TSimd.One, x), now = x, twice = x + x;
            TSimd.Store(last, to);
            for (int n = 1; n <= degree; n++)
            {
                to += stride;
                TSimd.Store(now, to);
                (last, now) = (now, TSimd.FusedMultiplyAdd(twice, now, -last));
            }
        }

        // T_n' = n U_{n-1}, and U has the same recurrence from 1 and 2 t.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TSimd Contract<TSimd>(TSimd x, float* parameters, float* gradient, nint stride, float* sums)
            where TSimd : struct, ISimd<TSimd>
        {
            TSimd last = TSimd.Zero, now = TSimd.One, twice = x + x, sum = TSimd.Zero;
            for (int n = 1; n <= degree; n++)
            {
                gradient += stride;
                sum = TSimd.FusedMultiplyAdd(TSimd.Load(gradient) * TSimd.Create(n), now, sum);
                (last, now) = (now, TSimd.FusedMultiplyAdd(twice, now, -last));
            }

            return TSimd.Select(TSimd.Equal(x, x), sum, x);
        }
    }
}
