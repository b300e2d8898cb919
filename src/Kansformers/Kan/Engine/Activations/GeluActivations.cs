using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>x · Φ(x), Φ the normal distribution function.</summary>
internal readonly struct GeluActivation : IActivation
{
    // Beyond, Φ(-x) is below every float32.
    private const float Farthest = 14;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => Value(x, out _);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x, out TSimd derivative)
        where TSimd : struct, ISimd<TSimd>
    {
        // exp(-x² / 2) with what rounding took from the square put back.
        TSimd inside = SimdMath.Within(x, -Farthest, Farthest), a = TSimd.Abs(inside), square = a * a, half = TSimd.Create(-0.5f);
        TSimd lost = TSimd.FusedMultiplyAdd(a, a, -square), density = SimdMath.Exp(half * square);
        density = TSimd.FusedMultiplyAdd(half * lost, density, density);

        // Φ(-a) = exp(-a² / 2) erfcx(a / √2) / 2, with erfcx(z) = t P(t), t = 3 / (3 + z), P fitted: 5e-9 from it.
        TSimd t = TSimd.Create(3) / TSimd.FusedMultiplyAdd(a, TSimd.Create(0.70710678f), TSimd.Create(3));
        TSimd p = TSimd.FusedMultiplyAdd(TSimd.Create(0.0570409653f), t, TSimd.Create(-0.299373093f));
        p = TSimd.FusedMultiplyAdd(p, t, TSimd.Create(0.552835878f));
        p = TSimd.FusedMultiplyAdd(p, t, TSimd.Create(-0.464204354f));
        p = TSimd.FusedMultiplyAdd(p, t, TSimd.Create(0.422891742f));
        p = TSimd.FusedMultiplyAdd(p, t, TSimd.Create(-0.0124823966f));
        p = TSimd.FusedMultiplyAdd(p, t, TSimd.Create(0.195865579f));
        p = TSimd.FusedMultiplyAdd(p, t, TSimd.Create(0.170607757f));
        p = TSimd.FusedMultiplyAdd(p, t, TSimd.Create(0.188787592f));
        p = TSimd.FusedMultiplyAdd(p, t, TSimd.Create(0.188030333f));
        TSimd tail = TSimd.Create(0.5f) * t * p * density;
        TSimd below = TSimd.Select(TSimd.Greater(TSimd.Create(-Farthest), x), TSimd.Zero, tail);
        TSimd probability = TSimd.Select(TSimd.Greater(x, TSimd.Zero), TSimd.One - tail, below);
        derivative = TSimd.FusedMultiplyAdd(inside * TSimd.Create(0.39894228f), density, probability);
        return x * probability;
    }
}

/// <summary>The tanh approximation of GELU, x · sigmoid(2 y) with y = √(2 / π) (x + 0.044715 x³).</summary>
internal readonly struct GeluTanhActivation : IActivation
{
    // Twice √(2 / π), and that times 0.044715 and three times that.
    private const float First = 1.59576912f, Third = 0.0713548163f, ThirdDerivative = 0.214064449f;

    // Beyond, the sigmoid is 0 or 1.
    private const float Farthest = 20;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => Value(x, out _);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x, out TSimd derivative)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd inside = SimdMath.Within(x, -Farthest, Farthest), square = inside * inside;
        TSimd s = SigmoidActivation.WithComplement(inside * TSimd.FusedMultiplyAdd(TSimd.Create(Third), square, TSimd.Create(First)), out TSimd complement);
        TSimd growth = TSimd.FusedMultiplyAdd(TSimd.Create(ThirdDerivative), square, TSimd.Create(First));
        derivative = TSimd.FusedMultiplyAdd(inside * growth * complement, s, s);
        return x * s;
    }
}
