using System.Text.Json.Serialization;
using System.Runtime.CompilerServices;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// Legendre polynomials, P_0 to P_degree, of tanh(x), by the recurrence (n + 1) P_{n+1} = (2n + 1) t P_n - n P_{n-1} (DLMF, table 18.9.1). They are
/// orthogonal on -1 to 1 with equal weight everywhere, and none exceeds 1 there. Names, layout and initial distribution follow ChebyKAN
/// (<see cref="ChebyshevOptions"/>). Infinite inputs are where tanh is 1 or -1.
/// </summary>
public sealed record LegendreOptions : KanOptions
{
    /// <summary>Degree 3, tanh in front, no base branch.</summary>
    public LegendreOptions() => Norm = InputNorm.Tanh;

    /// <summary>The highest degree, at least 1.</summary>
    public int Degree { get; init; } = 3;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => "legendre";

    /// <inheritdoc/>
    [JsonIgnore]
    public override int Functions => Degree + 1;

    /// <inheritdoc/>
    internal override KanNames Names => Own;

    private static KanNames Own { get; } = new() { Coefficients = "legendre_coeffs" };

    // The recursion a x P_n - b P_(n-1).
    /// <inheritdoc/>
    internal override double ExpansionOperations => 4 * Degree;

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
        for (int n = 1; n < Degree; n++)
            all.Add(((2 * n + 1) * x * all[n] - n * all[n - 1]) / (n + 1));
        return stack(all, dim: -1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    internal override KanPlan Plan(KanTensors tensors, KanPlan? known) => new BasisPlan<Basis, Function>((int)tensors.InFeatures, new Basis(Degree), new Function(Degree));

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
            TSimd last = TSimd.Select(TSimd.Equal(x, x), TSimd.One, x), now = x;
            TSimd.Store(last, to);
            for (int n = 1; n <= degree; n++)
            {
                to += stride;
                TSimd.Store(now, to);
                (last, now) = (now, Next(n, x, last, now));
            }
        }

        // P'_{n+1} = P'_{n-1} + (2n + 1) P_n (DLMF 18.9.7 for Legendre's case): finite at the ends, where tanh rounds to 1.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TSimd Contract<TSimd>(TSimd x, float* parameters, float* gradient, nint stride, float* sums)
            where TSimd : struct, ISimd<TSimd>
        {
            TSimd last = TSimd.One, now = x, lastDerivative = TSimd.Zero, derivative = TSimd.One, sum = TSimd.Zero;
            for (int n = 1; n <= degree; n++)
            {
                gradient += stride;
                sum = TSimd.AddProduct(sum, derivative, gradient);
                (lastDerivative, derivative) = (derivative, TSimd.FusedMultiplyAdd(TSimd.Create(2 * n + 1), now, lastDerivative));
                (last, now) = (now, Next(n, x, last, now));
            }

            return TSimd.Select(TSimd.Equal(x, x), sum, x);
        }

    }

    // Sum of coefficient_n P_n, where edges share it.
    private readonly unsafe struct Function(int degree) : ISharedFunction
    {
        public int Parameters => degree + 1;

        public int Constants => degree + 1;

        public bool IsPaired => true;

        public bool Prepare(float* parameters, float* constants)
        {
            new ReadOnlySpan<float>(parameters, degree + 1).CopyTo(new Span<float>(constants, degree + 1));
            return true;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TSimd Value<TSimd>(TSimd x, float* constants)
            where TSimd : struct, ISimd<TSimd>
        {
            TSimd last = TSimd.One, now = x, sum = TSimd.FusedMultiplyAdd(x, TSimd.Create(constants[1]), TSimd.Create(constants[0]));
            for (int n = 1; n < degree; n++)
            {
                (last, now) = (now, Next(n, x, last, now));
                sum = TSimd.FusedMultiplyAdd(now, TSimd.Create(constants[n + 1]), sum);
            }

            return sum;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TSimd Value<TSimd>(TSimd x, TSimd upstream, float* constants, float* sums, out TSimd derivative)
            where TSimd : struct, ISimd<TSimd>
        {
            TSimd last = TSimd.Select(TSimd.Equal(x, x), TSimd.One, x), now = x, lastDerivative = TSimd.Zero, ofDegree = last;
            TSimd sum = last * TSimd.Create(constants[0]);
            derivative = TSimd.Zero;
            if (sums is not null)
                Sums.Add(sums, 0, upstream, last);
            for (int n = 1; n <= degree; n++)
            {
                TSimd coefficient = TSimd.Create(constants[n]);
                sum = TSimd.FusedMultiplyAdd(now, coefficient, sum);
                derivative = TSimd.FusedMultiplyAdd(ofDegree, coefficient, derivative);
                if (sums is not null)
                    Sums.Add(sums, n, upstream, now);
                (lastDerivative, ofDegree) = (ofDegree, TSimd.FusedMultiplyAdd(TSimd.Create(2 * n + 1), now, lastDerivative));
                (last, now) = (now, Next(n, x, last, now));
            }

            return sum;
        }

        public void Finish(float* constants, float* sums, int lanes)
        {
        }
    }

    // P_{n+1} = t P_n + n / (n + 1) (t P_n - P_{n-1}), the recurrence with one product less.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSimd Next<TSimd>(int n, TSimd x, TSimd last, TSimd now)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd product = x * now;
        return TSimd.FusedMultiplyAdd(TSimd.Create(n / (n + 1f)), product - last, product);
    }
}
