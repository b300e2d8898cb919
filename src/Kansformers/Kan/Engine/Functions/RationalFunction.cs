using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>P(x) / Q(x), and where powers would overflow a straight line.</summary>
/// <param name="m">The degree of P.</param>
/// <param name="n">The degree of Q.</param>
/// <param name="farthest">Where the straight line begins.</param>
internal readonly unsafe struct RationalFunction<TForm>(int m, int n, float farthest) : ISharedFunction
    where TForm : struct, IDenominatorForm
{
    // The numerator's coefficients from the constant on, then the denominator's from the linear one on.
    public int Parameters => m + 1 + n;

    // The same, those of the denominator without their sign where that does not count; then those signs, 1 or -1.
    public int Constants => m + 1 + 2 * n;

    public bool IsPaired => true;

    public bool Prepare(float* parameters, float* constants)
    {
        for (int i = 0; i <= m; i++)
            constants[i] = parameters[i];
        for (int j = m + 1; j < Parameters; j++)
            (constants[j], constants[j + n]) = TForm.IsEach ? (Math.Abs(parameters[j]), parameters[j] < 0 ? -1 : 1) : (parameters[j], 1);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TSimd Value<TSimd>(TSimd x, float* constants)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd at = SimdMath.Within(x, -farthest, farthest), p = TSimd.Create(constants[m]), s = TSimd.Zero, a = TForm.IsEach ? TSimd.Abs(at) : at;
        for (int i = m - 1; i >= 0; i--)
            p = TSimd.FusedMultiplyAdd(p, at, TSimd.Create(constants[i]));
        for (int j = m + n; j > m; j--)
            s = (s + TSimd.Create(constants[j])) * a;
        TSimd value = p / (TSimd.One + (TForm.IsEach ? s : TSimd.Abs(s)));
        return IsAnyFar(x) ? TSimd.FusedMultiplyAdd(Of(at, constants).Derivative, x - at, value) : value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TSimd Value<TSimd>(TSimd x, TSimd upstream, float* constants, float* sums, out TSimd derivative)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd at = SimdMath.Within(x, -farthest, farthest);
        Parts<TSimd> parts = Of(at, constants);
        TSimd value = parts.P * parts.Q;
        derivative = parts.Derivative;
        if (sums is not null)
            AddSums(at, upstream, parts, constants, sums);
        return IsAnyFar(x) ? TSimd.FusedMultiplyAdd(derivative, x - at, value) : value;
    }

    public void Finish(float* constants, float* sums, int lanes)
    {
    }

    // f' = P' / Q - f Q' / Q, in which nothing is squared.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Parts<TSimd> Of<TSimd>(TSimd x, float* constants)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd p = TSimd.Create(constants[m]), dp = TSimd.Zero;
        for (int i = m - 1; i >= 0; i--)
        {
            dp = TSimd.FusedMultiplyAdd(dp, x, p);
            p = TSimd.FusedMultiplyAdd(p, x, TSimd.Create(constants[i]));
        }

        TSimd sum = TSimd.Zero, ds = sum, a = TForm.IsEach ? TSimd.Abs(x) : x;
        for (int j = m + n; j > m; j--)
        {
            TSimd next = sum + TSimd.Create(constants[j]);
            ds = TSimd.FusedMultiplyAdd(ds, a, next);
            sum = next * a;
        }

        // The sign of what the absolute value was taken of.
        TSimd q = TSimd.One / (TSimd.One + (TForm.IsEach ? sum : TSimd.Abs(sum)));
        ds ^= SignOf(TForm.IsEach ? x : sum);
        return new Parts<TSimd>(p, sum, q, q * (dp - p * q * ds));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddSums<TSimd>(TSimd x, TSimd g, Parts<TSimd> parts, float* constants, float* sums)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd a = TForm.IsEach ? TSimd.Abs(x) : x, term = g * parts.Q, back = -(term * parts.P * parts.Q);
        if (!TForm.IsEach)
            back ^= SignOf(parts.S);
        for (int i = 0; i <= m; i++, sums += TSimd.SumLanes, term *= x)
            TSimd.AddTo(sums, term);
        for (int j = 0; j < n; j++)
        {
            back *= a;
            Sums.Add(sums, j, back, TSimd.Create(constants[m + 1 + n + j]));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsAnyFar<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => TSimd.Any(TSimd.Greater(TSimd.Abs(x), TSimd.Create(farthest)));

    // -0 below zero, else 0, which the sign of a product takes over.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSimd SignOf<TSimd>(TSimd value)
        where TSimd : struct, ISimd<TSimd> => TSimd.Greater(TSimd.Zero, value) & TSimd.Create(-0f);

    // P, what Q adds to 1 before any absolute value, 1 / Q, and f'.
    private readonly struct Parts<TSimd>(TSimd p, TSimd s, TSimd q, TSimd derivative)
    {
        public readonly TSimd P = p, S = s, Q = q, Derivative = derivative;
    }
}

/// <summary>Where the absolute values of a denominator stand.</summary>
internal interface IDenominatorForm
{
    /// <summary>Whether the absolute value is taken of each term, rather than of their sum.</summary>
    static abstract bool IsEach { get; }
}

/// <summary>1 + Σ |b_i| |x|^i.</summary>
internal readonly struct EachTerm : IDenominatorForm
{
    public static bool IsEach => true;
}

/// <summary>1 + |Σ b_i x^i|.</summary>
internal readonly struct WholeSum : IDenominatorForm
{
    public static bool IsEach => false;
}
