using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>x.</summary>
internal readonly struct IdentityActivation : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x, out TSimd derivative)
        where TSimd : struct, ISimd<TSimd>
    {
        derivative = TSimd.One;
        return x;
    }
}

/// <summary>max(x, 0).</summary>
internal readonly struct ReluActivation : IActivation
{
    // Written so that NaN passes through.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => TSimd.Select(TSimd.Greater(TSimd.Zero, x), TSimd.Zero, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x, out TSimd derivative)
        where TSimd : struct, ISimd<TSimd>
    {
        derivative = TSimd.Greater(x, TSimd.Zero) & TSimd.One;
        return Value(x);
    }
}

/// <summary>max(x, 0)².</summary>
internal readonly struct ReluSquaredActivation : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd above = ReluActivation.Value(x);
        return above * above;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x, out TSimd derivative)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd above = ReluActivation.Value(x);
        derivative = above + above;
        return above * above;
    }
}

/// <summary>x above zero, 0.01 x below.</summary>
internal readonly struct LeakyReluActivation : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => Value(x, out _);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x, out TSimd derivative)
        where TSimd : struct, ISimd<TSimd>
    {
        derivative = TSimd.Select(TSimd.Greater(x, TSimd.Zero), TSimd.One, TSimd.Create(0.01f));
        return x * derivative;
    }
}

/// <summary>x above zero, exp(x) - 1 below.</summary>
internal readonly struct EluActivation : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => Value(x, out _);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x, out TSimd derivative)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd isAbove = TSimd.Greater(x, TSimd.Zero);
        (TSimd less1, TSimd exp) = SimdMath.ExpLess1(x);
        derivative = TSimd.Select(isAbove, TSimd.One, exp);
        return TSimd.Select(isAbove, x, less1);
    }
}
