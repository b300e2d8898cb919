using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

internal readonly struct GeluLoop : IActivationLoop
{
    // Beyond it exp(-x² / 2) is 0 in float32.
    private const float Far = 13;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => x * Distribution(x, Density(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Derivative<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd density = Density(x);
        return TSimd.FusedMultiplyAdd(x * TSimd.Create(0.398942280f), density, Distribution(x, density));
    }

    // exp(-x² / 2)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSimd Density<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> =>
        TSimd.Select(TSimd.Greater(TSimd.Abs(x), TSimd.Create(Far)), TSimd.Zero, SimdMath.Exp(TSimd.Create(-0.5f) * x * x));

    // Φ(x): its tail Φ(-|x|) is exp(-x² / 2) times a smooth function, a Chebyshev fit in 1 / (1 + 0.3 |x|), right to 1.4e-7 of the tail.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSimd Distribution<TSimd>(TSimd x, TSimd density)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd t = TSimd.One / TSimd.FusedMultiplyAdd(TSimd.Abs(x), TSimd.Create(0.3f), TSimd.One);
        TSimd p = TSimd.Create(0.0371611007f);
        p = TSimd.FusedMultiplyAdd(p, t, TSimd.Create(-0.163479224f));
        p = TSimd.FusedMultiplyAdd(p, t, TSimd.Create(0.217419282f));
        p = TSimd.FusedMultiplyAdd(p, t, TSimd.Create(-0.0642653555f));
        p = TSimd.FusedMultiplyAdd(p, t, TSimd.Create(0.134526283f));
        p = TSimd.FusedMultiplyAdd(p, t, TSimd.Create(0.0978989601f));
        p = TSimd.FusedMultiplyAdd(p, t, TSimd.Create(0.121148497f));
        p = TSimd.FusedMultiplyAdd(p, t, TSimd.Create(0.119588844f));
        p = TSimd.FusedMultiplyAdd(p, t, TSimd.Create(1.62884646e-6f));
        TSimd tail = p * density;
        return TSimd.Select(TSimd.Greater(x, TSimd.Zero), TSimd.One - tail, tail);
    }
}

internal readonly struct GeluTanhLoop : IActivationLoop
{
    private const float Linear = 0.797884561f, Cubic = 0.044715f;

    // From here on the derivative's second term is 0.
    private const float Far = 12;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => x * Gate(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Derivative<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd gate = Gate(x), near = TSimd.MinNative(TSimd.MaxNative(x, TSimd.Create(-Far)), TSimd.Create(Far));
        TSimd inner = TSimd.FusedMultiplyAdd(TSimd.Create(6 * Linear * Cubic) * near, near, TSimd.Create(2 * Linear));
        return TSimd.FusedMultiplyAdd(x * (gate * (TSimd.One - gate)), inner, gate);
    }

    // (1 + tanh u) / 2 = sigmoid(2 u), u = √(2/π) (x + 0.044715 x³)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSimd Gate<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> =>
        SimdMath.Sigmoid(TSimd.Create(2 * Linear) * x * TSimd.FusedMultiplyAdd(TSimd.Create(Cubic) * x, x, TSimd.One));
}

internal readonly struct MishLoop : IActivationLoop
{
    // Beyond it tanh(softplus(x)) is 1 in float32, below the other 0.
    private const float Far = 20, FarBelow = -87;

    // tanh(softplus(x)) = w / (w + 2), w = exp(x) (exp(x) + 2).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd w = Weight(x);
        return x * (w / (w + TSimd.Create(2)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Derivative<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd w = Weight(x), below = w + TSimd.Create(2), rest = TSimd.Create(4) * (w + TSimd.One) / (below * below); // 1 - tanh²
        rest = TSimd.Select(TSimd.Greater(x, TSimd.Create(Far)), TSimd.Zero, rest);
        return TSimd.FusedMultiplyAdd(x * SimdMath.Sigmoid(x), rest, w / below);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSimd Weight<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd near = TSimd.Select(TSimd.Greater(x, TSimd.Create(Far)), TSimd.Create(Far), x), e = SimdMath.Exp(near);
        e = TSimd.Select(TSimd.Greater(TSimd.Create(FarBelow), x), TSimd.Zero, e);
        return e * (e + TSimd.Create(2));
    }
}
