using System.Runtime.CompilerServices;

namespace Kansformers.Runtime;

/// <summary>Functions in float32 at any vector width.</summary>
internal static class SimdMath
{
    private const float Log2E = 1.44269504088896341f;

    // ln 2 in two parts, the first with zeros at its end, so that n · High is exact for every exponent n.
    private const float Ln2High = 0.693359375f, Ln2Low = -2.12194440e-4f;
    private const float Largest = 88.72f, Smallest = -87.33f;

    /// <summary>exp(x) to about 1 unit in the last place; infinity above 88.72, about 1e-38 below -87.33, NaN for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Exp<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd inside = TSimd.MinNative(TSimd.MaxNative(x, TSimd.Create(Smallest)), TSimd.Create(Largest));
        TSimd n = TSimd.Round(inside * TSimd.Create(Log2E));
        TSimd r = TSimd.FusedMultiplyAdd(n, TSimd.Create(-Ln2High), inside);
        r = TSimd.FusedMultiplyAdd(n, TSimd.Create(-Ln2Low), r);

        // exp(r) on |r| <= ln 2 / 2 by its Taylor polynomial: the first term left out, r^8 / 8!, is below 6e-9.
        TSimd p = TSimd.Create(1f / 5040);
        p = TSimd.FusedMultiplyAdd(p, r, TSimd.Create(1f / 720));
        p = TSimd.FusedMultiplyAdd(p, r, TSimd.Create(1f / 120));
        p = TSimd.FusedMultiplyAdd(p, r, TSimd.Create(1f / 24));
        p = TSimd.FusedMultiplyAdd(p, r, TSimd.Create(1f / 6));
        p = TSimd.FusedMultiplyAdd(p, r, TSimd.Create(0.5f));
        p = TSimd.FusedMultiplyAdd(p, r, TSimd.One);
        p = TSimd.FusedMultiplyAdd(p, r, TSimd.One);
        TSimd value = TSimd.ScaleByPower(p, n);
        value = TSimd.Select(TSimd.Greater(x, TSimd.Create(Largest)), TSimd.Create(float.PositiveInfinity), value);
        return TSimd.Select(TSimd.Equal(x, x), value, x);
    }

    /// <summary>1 / (1 + exp(-x)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Sigmoid<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => TSimd.One / (TSimd.One + Exp(-x));
}
