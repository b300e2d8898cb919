using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>A base activation a vector at a time: NaN for NaN, and finite for every finite input (the square of what is far beyond 1e19 aside).</summary>
internal interface IActivation
{
    /// <summary>act(x).</summary>
    static abstract TSimd Value<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd>;

    /// <summary>act(x) and its derivative.</summary>
    static abstract TSimd Value<TSimd>(TSimd x, out TSimd derivative)
        where TSimd : struct, ISimd<TSimd>;
}
