using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>1 / (1 + exp(-x)).</summary>
internal readonly struct SigmoidActivation : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => SimdMath.Sigmoid(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x, out TSimd derivative)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd value = WithComplement(x, out TSimd complement);
        derivative = value * complement;
        return value;
    }

    // Below, exp(-x) is what SimdMath.Exp gives instead of something smaller.
    private const float Least = 1.3e-38f;

    /// <summary>
    /// The sigmoid, and 1 less the sigmoid without cancellation. (Where exp(-x) overflows, the latter is 0 instead of 1, and whatever is multiplied by the
    /// sigmoid is 0.)
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd WithComplement<TSimd>(TSimd x, out TSimd complement)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd e = SimdMath.Exp(-x), value = TSimd.One / (TSimd.One + e);
        complement = TSimd.Greater(e, TSimd.Create(Least)) & (TSimd.MinNative(TSimd.Create(1e38f), e) * value);
        return value;
    }
}

/// <summary>x · sigmoid(x).</summary>
internal readonly struct SiluActivation : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => x / (TSimd.One + SimdMath.Exp(-x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x, out TSimd derivative)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd s = SigmoidActivation.WithComplement(x, out TSimd complement);
        derivative = s * TSimd.FusedMultiplyAdd(x, complement, TSimd.One);
        return x * s;
    }
}

/// <summary>The hyperbolic tangent.</summary>
internal readonly struct TanhActivation : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => SimdMath.Tanh(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x, out TSimd derivative)
        where TSimd : struct, ISimd<TSimd> => SimdMath.Tanh(x, out derivative);
}

/// <summary>log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)).</summary>
internal readonly struct SoftplusActivation : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => Value(x, out _);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x, out TSimd derivative)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd e = SimdMath.Exp(-TSimd.Abs(x)), reciprocal = TSimd.One / (TSimd.One + e);
        derivative = TSimd.Select(TSimd.Greater(TSimd.Zero, x), e * reciprocal, reciprocal);

        // log(1 + e) = 2 artanh(z) with z = e / (2 + e), up to 1/3: an even polynomial, 4e-9 from it.
        TSimd z = e / (TSimd.Create(2) + e), square = z * z;
        TSimd p = TSimd.FusedMultiplyAdd(TSimd.Create(0.28157778f), square, TSimd.Create(0.27965158f));
        p = TSimd.FusedMultiplyAdd(p, square, TSimd.Create(0.40024595f));
        p = TSimd.FusedMultiplyAdd(p, square, TSimd.Create(0.66666322f));
        p = TSimd.FusedMultiplyAdd(p, square, TSimd.Create(2));
        return TSimd.FusedMultiplyAdd(p, z, TSimd.MaxNative(TSimd.Zero, x));
    }
}

/// <summary>x · tanh(softplus(x)): with e = exp(x) and n = e² + 2 e the tangent is n / (n + 2).</summary>
internal readonly struct MishActivation : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => Value(x, out _);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x, out TSimd derivative)
        where TSimd : struct, ISimd<TSimd>
    {
        // Beyond 40 the tangent is 1; below -87 nothing of it is left, and an infinite x times that is no number, as in torch.
        TSimd inside = SimdMath.Within(x, -87, 40), e = SimdMath.Exp(inside);
        TSimd n = TSimd.FusedMultiplyAdd(e, e, e + e), reciprocal = TSimd.One / (n + TSimd.Create(2));
        TSimd tangent = TSimd.Select(TSimd.Greater(TSimd.Create(-87), x), TSimd.Zero, n * reciprocal);
        TSimd growth = TSimd.Create(4) * (e * reciprocal) * TSimd.FusedMultiplyAdd(e, reciprocal, reciprocal);
        derivative = TSimd.FusedMultiplyAdd(inside, growth, tangent);
        return x * tangent;
    }
}
