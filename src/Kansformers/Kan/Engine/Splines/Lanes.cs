using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>
/// How the engine walks over a row of inputs: whole vectors, the last one moved back so that it ends with the row (what it computes twice is the same).
/// </summary>
internal static unsafe class Lanes
{
    /// <summary>Where the step after <paramref name="at"/> begins; the row's end when there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Next(int at, int lanes, int inputs) => at + lanes >= inputs ? inputs : Math.Min(at + lanes, inputs - lanes);

    /// <summary>Reads fewer values than a vector has; the other lanes are 0.</summary>
    public static TSimd LoadSome<TSimd>(float* from, int lanes)
        where TSimd : struct, ISimd<TSimd>
    {
        float* all = stackalloc float[16];
        new Span<float>(all, 16).Clear();
        new ReadOnlySpan<float>(from, lanes).CopyTo(new Span<float>(all, lanes));
        return TSimd.Load(all);
    }

    /// <summary>Writes the first <paramref name="lanes"/> values.</summary>
    public static void StoreSome<TSimd>(TSimd value, float* to, int lanes)
        where TSimd : struct, ISimd<TSimd>
    {
        float* all = stackalloc float[16];
        TSimd.Store(value, all);
        new ReadOnlySpan<float>(all, lanes).CopyTo(new Span<float>(to, lanes));
    }
}
