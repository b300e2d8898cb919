using System.Runtime.CompilerServices;

namespace Kansformers.Runtime;

/// <summary>Functions in float32 at any vector width.</summary>
internal static class SimdMath
{
    private const float Log2E = 1.44269504088896341f;

    // ln 2 in two parts, the first with zeros at its end, so that n · High is exact for every exponent n.
    private const float Ln2High = 0.693359375f, Ln2Low = -2.12194440e-4f;
    // exp(Largest) is infinity in float32, exp(Smallest) is about its smallest normal number.
    private const float Largest = 89, Smallest = -87.33f;

    // The Taylor polynomial of exp to degree 7 on |r| <= ln 2 / 2, its last term replaced by lower ones (Chebyshev's economization): 2e-9 from exp.
    private const float E2 = 0.5f, E3 = 0.16666416f, E4 = 1f / 24, E5 = 8.37504e-3f, E6 = 1f / 720;

    /// <summary>exp(x) to about 1 unit in the last place; infinity above 88.72, about 1e-38 below -87.33, NaN for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Exp<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd>
    {
        (TSimd n, TSimd r) = Reduce(Within(x, Smallest, Largest));
        TSimd p = TSimd.FusedMultiplyAdd(TSimd.Create(E6), r, TSimd.Create(E5));
        p = TSimd.FusedMultiplyAdd(p, r, TSimd.Create(E4));
        p = TSimd.FusedMultiplyAdd(p, r, TSimd.Create(E3));
        p = TSimd.FusedMultiplyAdd(p, r, TSimd.Create(E2));
        p = TSimd.FusedMultiplyAdd(p, r, TSimd.One);
        p = TSimd.FusedMultiplyAdd(p, r, TSimd.One);
        return TSimd.ScaleByPower(p, n);
    }

    /// <summary>exp(x) and exp(-x), |x| at most 87 or NaN: the even and the odd part of the polynomial serve both.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (TSimd Up, TSimd Down) ExpBoth<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd>
    {
        (TSimd n, TSimd r) = Reduce(x);
        TSimd square = r * r;
        TSimd even = TSimd.FusedMultiplyAdd(TSimd.Create(E6), square, TSimd.Create(E4));
        even = TSimd.FusedMultiplyAdd(even, square, TSimd.Create(E2));
        even = TSimd.FusedMultiplyAdd(even, square, TSimd.One);
        TSimd odd = TSimd.FusedMultiplyAdd(TSimd.Create(E5), square, TSimd.Create(E3));
        odd = TSimd.FusedMultiplyAdd(odd, square, TSimd.One);
        return (TSimd.ScaleByPower(TSimd.FusedMultiplyAdd(odd, r, even), n), TSimd.ScaleByPower(TSimd.FusedMultiplyAdd(-odd, r, even), -n));
    }

    /// <summary>exp(x) - 1 to a few units in the last place, for x up to 88, and exp(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (TSimd Less1, TSimd Exp) ExpLess1<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd>
    {
        (TSimd n, TSimd r) = Reduce(Within(x, Smallest, 88));
        TSimd p = TSimd.FusedMultiplyAdd(TSimd.Create(E6), r, TSimd.Create(E5));
        p = TSimd.FusedMultiplyAdd(p, r, TSimd.Create(E4));
        p = TSimd.FusedMultiplyAdd(p, r, TSimd.Create(E3));
        p = TSimd.FusedMultiplyAdd(p, r, TSimd.Create(E2));
        p = TSimd.FusedMultiplyAdd(p * r, r, r);
        TSimd power = TSimd.ScaleByPower(TSimd.One, n);
        return (TSimd.FusedMultiplyAdd(p, power, power - TSimd.One), TSimd.FusedMultiplyAdd(p, power, power));
    }

    /// <summary>x between two numbers, or NaN: the machine's minimum and maximum give their second operand for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Within<TSimd>(TSimd x, float low, float high)
        where TSimd : struct, ISimd<TSimd> => TSimd.MinNative(TSimd.Create(high), TSimd.MaxNative(TSimd.Create(low), x));

    // x = n ln 2 + r.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (TSimd N, TSimd R) Reduce<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd n = TSimd.Round(x * TSimd.Create(Log2E)), r = TSimd.FusedMultiplyAdd(n, TSimd.Create(-Ln2High), x);
        return (n, TSimd.FusedMultiplyAdd(n, TSimd.Create(-Ln2Low), r));
    }

    /// <summary>1 / (1 + exp(-x)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Sigmoid<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => TSimd.One / (TSimd.One + Exp(-x));

    /// <summary>tanh(x) to about 2 units in the last place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Tanh<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => Tanh(x, out _);

    /// <summary>
    /// tanh(x) to about 2 units in the last place: an odd polynomial near zero (the coefficients of Cephes' tanhf), else by the exponential; and 1 - tanh²(x)
    /// without the cancellation.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Tanh<TSimd>(TSimd x, out TSimd derivative)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd a = TSimd.Abs(x), square = x * x;
        TSimd p = TSimd.Create(-5.70498872745e-3f);
        p = TSimd.FusedMultiplyAdd(p, square, TSimd.Create(2.06390887954e-2f));
        p = TSimd.FusedMultiplyAdd(p, square, TSimd.Create(-5.37397155531e-2f));
        p = TSimd.FusedMultiplyAdd(p, square, TSimd.Create(1.33314422036e-1f));
        p = TSimd.FusedMultiplyAdd(p, square, TSimd.Create(-3.33332819422e-1f));
        TSimd near = TSimd.FusedMultiplyAdd(p * square, x, x);
        TSimd e = Exp(TSimd.Create(-2) * a), reciprocal = TSimd.One / (TSimd.One + e);
        TSimd far = ((TSimd.One - e) * reciprocal) ^ (x & TSimd.Create(-0f));
        derivative = TSimd.Create(4) * e * (reciprocal * reciprocal);
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
        if (TSimd.Any(TSimd.Greater(TSimd.Abs(x), TSimd.Create(65536))))
            return FarSinCos(x);

        // 1.5 · 2^23: added to a number it leaves the nearest whole one in the lowest bits.
        TSimd shift = TSimd.Create(12582912), shifted = TSimd.FusedMultiplyAdd(x, TSimd.Create(0.636619772367581343f), shift), n = shifted - shift;
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

        // n mod 4 says which of the two it is and with which sign.
        TSimd sign = TSimd.Create(-0f), odd = TSimd.ShiftLeft(shifted, 31), isOdd = TSimd.Greater(TSimd.Zero, odd | TSimd.One);
        TSimd sinSign = TSimd.ShiftLeft(shifted, 30) & sign, cosSign = sinSign ^ odd;
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
