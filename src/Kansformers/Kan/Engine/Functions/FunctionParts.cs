using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>What stands between a layer's input and its functions.</summary>
internal interface IFront
{
    /// <summary>What the functions see.</summary>
    static abstract TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd>;

    /// <summary>What they see, and its derivative.</summary>
    static abstract TSimd Value<TSimd>(TSimd x, out TSimd derivative)
        where TSimd : struct, ISimd<TSimd>;
}

/// <summary>Nothing.</summary>
internal readonly struct NoFront : IFront
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

/// <summary>The hyperbolic tangent.</summary>
internal readonly struct TanhFront : IFront
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => SimdMath.Tanh(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd x, out TSimd derivative)
        where TSimd : struct, ISimd<TSimd> => SimdMath.Tanh(x, out derivative);
}

/// <summary>The term factor · act(x) of shared functions.</summary>
internal unsafe interface IBranch
{
    /// <summary>How many parameters it has: 0 where there is none.</summary>
    static abstract int Parameters { get; }

    /// <summary>The sum with the term added.</summary>
    static abstract TSimd Add<TSimd>(TSimd sum, TSimd x, float* factor)
        where TSimd : struct, ISimd<TSimd>;

    /// <summary>The sum with the term added, and the derivative with the term's.</summary>
    static abstract TSimd Add<TSimd>(TSimd sum, TSimd x, TSimd upstream, float* factor, float* sums, ref TSimd derivative)
        where TSimd : struct, ISimd<TSimd>;
}

/// <summary>No such term.</summary>
internal readonly unsafe struct NoBranch : IBranch
{
    public static int Parameters => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Add<TSimd>(TSimd sum, TSimd x, float* factor)
        where TSimd : struct, ISimd<TSimd> => sum;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Add<TSimd>(TSimd sum, TSimd x, TSimd upstream, float* factor, float* sums, ref TSimd derivative)
        where TSimd : struct, ISimd<TSimd> => sum;
}

/// <summary>The term with an activation.</summary>
internal readonly unsafe struct Branch<TActivation> : IBranch
    where TActivation : struct, IActivation
{
    public static int Parameters => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Add<TSimd>(TSimd sum, TSimd x, float* factor)
        where TSimd : struct, ISimd<TSimd> => TSimd.FusedMultiplyAdd(TActivation.Value(x), TSimd.Create(*factor), sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Add<TSimd>(TSimd sum, TSimd x, TSimd upstream, float* factor, float* sums, ref TSimd derivative)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd value = TActivation.Value(x, out TSimd own), by = TSimd.Create(*factor);
        derivative = TSimd.FusedMultiplyAdd(own, by, derivative);
        if (sums is not null)
            TSimd.AddProductTo(sums, upstream, value);
        return TSimd.FusedMultiplyAdd(value, by, sum);
    }
}
