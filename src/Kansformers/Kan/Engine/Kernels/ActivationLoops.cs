using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>A base activation a vector at a time. NaN gives NaN; infinities give what torch's operation gives.</summary>
internal interface IActivationLoop
{
    /// <summary>act(x).</summary>
    static abstract TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd>;

    /// <summary>act'(x).</summary>
    static abstract TSimd Derivative<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd>;
}

internal readonly struct SiluLoop : IActivationLoop
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => x / (TSimd.One + SimdMath.Exp(-x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Derivative<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd s = SimdMath.Sigmoid(x);
        return s * TSimd.FusedMultiplyAdd(x, TSimd.One - s, TSimd.One);
    }
}

internal readonly struct ReluLoop : IActivationLoop
{
    // Written so that NaN passes through.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => TSimd.Select(TSimd.Greater(TSimd.Zero, x), TSimd.Zero, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Derivative<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => TSimd.Greater(x, TSimd.Zero) & TSimd.One;
}

internal readonly struct IdentityLoop : IActivationLoop
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Derivative<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => TSimd.One;
}

internal readonly struct TanhLoop : IActivationLoop
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => SimdMath.Tanh(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Derivative<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => SimdMath.TanhDerivative(x);
}

internal readonly struct SigmoidLoop : IActivationLoop
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => SimdMath.Sigmoid(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Derivative<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd s = SimdMath.Sigmoid(x);
        return s * (TSimd.One - s);
    }
}

internal readonly struct EluLoop : IActivationLoop
{
    // exp(x) - 1 without the cancellation near zero: tanh(x / 2) · (exp(x) + 1).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> =>
        TSimd.Select(TSimd.Greater(x, TSimd.Zero), x, SimdMath.Tanh(x * TSimd.Create(0.5f)) * (SimdMath.Exp(x) + TSimd.One));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Derivative<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => TSimd.Select(TSimd.Greater(x, TSimd.Zero), TSimd.One, SimdMath.Exp(x));
}

internal readonly struct LeakyReluLoop : IActivationLoop
{
    private const float Below = 0.01f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => x * Derivative(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Derivative<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => TSimd.Select(TSimd.Greater(x, TSimd.Zero), TSimd.One, TSimd.Create(Below));
}

internal readonly struct SoftplusLoop : IActivationLoop
{
    // max(x, 0) + log(1 + e) with e = exp(-|x|) at most 1: 2 artanh(e / (2 + e)) by its series, of which the first term left out is below 1e-8.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd e = SimdMath.Exp(-TSimd.Abs(x)), s = e / (e + TSimd.Create(2)), square = s * s;
        TSimd sum = TSimd.Create(2f / 13);
        sum = TSimd.FusedMultiplyAdd(sum, square, TSimd.Create(2f / 11));
        sum = TSimd.FusedMultiplyAdd(sum, square, TSimd.Create(2f / 9));
        sum = TSimd.FusedMultiplyAdd(sum, square, TSimd.Create(2f / 7));
        sum = TSimd.FusedMultiplyAdd(sum, square, TSimd.Create(2f / 5));
        sum = TSimd.FusedMultiplyAdd(sum, square, TSimd.Create(2f / 3));
        sum = TSimd.FusedMultiplyAdd(sum, square, TSimd.Create(2));
        return TSimd.FusedMultiplyAdd(sum, s, TSimd.Select(TSimd.Greater(x, TSimd.Zero), x, TSimd.Zero));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Derivative<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => SimdMath.Sigmoid(x);
}
