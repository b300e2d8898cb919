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

    /// <summary>tanh(x) to about 2 units in the last place: an odd polynomial near zero (the coefficients of Cephes' tanhf), else by the exponential.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Tanh<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd a = TSimd.Abs(x), square = x * x;
        TSimd p = TSimd.Create(-5.70498872745e-3f);
        p = TSimd.FusedMultiplyAdd(p, square, TSimd.Create(2.06390887954e-2f));
        p = TSimd.FusedMultiplyAdd(p, square, TSimd.Create(-5.37397155531e-2f));
        p = TSimd.FusedMultiplyAdd(p, square, TSimd.Create(1.33314422036e-1f));
        p = TSimd.FusedMultiplyAdd(p, square, TSimd.Create(-3.33332819422e-1f));
        TSimd near = TSimd.FusedMultiplyAdd(p * square, x, x);
        TSimd far = TSimd.One - TSimd.Create(2) / (Exp(a + a) + TSimd.One);
        far ^= x & TSimd.Create(-0f);
        return TSimd.Select(TSimd.Greater(TSimd.Create(0.625f), a), near, far);
    }

    /// <summary>1 - tanh²(x), without the cancellation: 4 e / (1 + e)², e = exp(-2 |x|).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd TanhDerivative<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd e = Exp(TSimd.Create(-2) * TSimd.Abs(x)), sum = TSimd.One + e;
        return TSimd.Create(4) * e / (sum * sum);
    }

    /// <summary>
    /// sin(x) and cos(x) to about 1 unit of 1: the argument less a multiple of π/2 in four parts, so that |x| up to 2^16 loses nothing; beyond, lane by lane.
    /// NaN for infinite x.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (TSimd Sin, TSimd Cos) SinCos<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd far = TSimd.Greater(TSimd.Abs(x), TSimd.Create(65536));
        if (TSimd.Sum(far & TSimd.One) != 0)
            return FarSinCos(x);
        TSimd n = TSimd.Round(x * TSimd.Create(0.636619772367581343f));
        TSimd r = TSimd.FusedMultiplyAdd(n, TSimd.Create(-1.5703125f), x);
        r = TSimd.FusedMultiplyAdd(n, TSimd.Create(-4.837512969970703125e-4f), r);
        r = TSimd.FusedMultiplyAdd(n, TSimd.Create(-7.549789948768648e-8f), r);
        TSimd square = r * r;
        TSimd s = TSimd.FusedMultiplyAdd(TSimd.Create(2.718311493989822e-6f), square, TSimd.Create(-1.9839334836096632e-4f));
        s = TSimd.FusedMultiplyAdd(s, square, TSimd.Create(8.333329385889463e-3f));
        s = TSimd.FusedMultiplyAdd(s, square, TSimd.Create(-1.6666666641626524e-1f));
        s = TSimd.FusedMultiplyAdd(s * square, r, r);
        TSimd c = TSimd.FusedMultiplyAdd(TSimd.Create(2.443315711809948e-5f), square, TSimd.Create(-1.388731625493765e-3f));
        c = TSimd.FusedMultiplyAdd(c, square, TSimd.Create(4.166664568298827e-2f));
        c = TSimd.FusedMultiplyAdd(c * square, square, TSimd.FusedMultiplyAdd(TSimd.Create(-0.5f), square, TSimd.One));

        // n mod 4 says which of the two it is and with which sign; halves and their roundings tell its bits.
        TSimd half = n * TSimd.Create(0.5f), odd = TSimd.Create(2) * TSimd.Abs(half - TSimd.Round(half)); // 1 for odd n
        TSimd isOdd = TSimd.Greater(odd, TSimd.Create(0.5f));
        TSimd quarter = (n - odd) * TSimd.Create(0.25f), upper = TSimd.Abs(quarter - TSimd.Round(quarter)); // 0.5 for n mod 4 in 2, 3
        TSimd sign = TSimd.Create(-0f), sinSign = TSimd.Greater(upper, TSimd.Create(0.25f)) & sign, cosSign = sinSign ^ (isOdd & sign);
        return (TSimd.Select(isOdd, c, s) ^ sinSign, TSimd.Select(isOdd, s, c) ^ cosSign);
    }

    private static unsafe (TSimd Sin, TSimd Cos) FarSinCos<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd>
    {
        float* values = stackalloc float[3 * TSimd.Count];
        TSimd.Store(x, values);
        for (int lane = 0; lane < TSimd.Count; lane++)
            (values[TSimd.Count + lane], values[2 * TSimd.Count + lane]) = ((float)Math.Sin(values[lane]), (float)Math.Cos(values[lane]));
        return (TSimd.Load(values + TSimd.Count), TSimd.Load(values + 2 * TSimd.Count));
    }
}
