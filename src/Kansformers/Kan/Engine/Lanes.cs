using System.Numerics;
using System.Runtime.CompilerServices;

namespace Kansformers.Kan;

/// <summary>
/// How the engine walks over a row of inputs: whole vectors, the last one moved back so that it ends with the row (what it computes twice is the same).
/// A row shorter than a vector is one vector of which only the first lanes are read and written.
/// </summary>
internal static unsafe class Lanes
{
    /// <summary>The number of inputs that one step handles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int PerStep(int inputs) => Math.Min(inputs, Vector<float>.Count);

    /// <summary>Where the step after <paramref name="at"/> begins; beyond the row when there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Next(int at, int lanes, int inputs) => at + lanes >= inputs ? inputs : Math.Min(at + lanes, inputs - lanes);

    /// <summary>Reads <paramref name="lanes"/> values; the other lanes are 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Load(float* from, int lanes) => lanes == Vector<float>.Count ? Vector.Load(from) : LoadSome(from, lanes);

    /// <summary>Writes the first <paramref name="lanes"/> values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector<float> value, float* to, int lanes)
    {
        if (lanes == Vector<float>.Count)
            Vector.Store(value, to);
        else
            StoreSome(value, to, lanes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector<float> LoadSome(float* from, int lanes)
    {
        Vector<float> value = Vector<float>.Zero;
        for (int lane = 0; lane < lanes; lane++)
            value = Vector.WithElement(value, lane, from[lane]);
        return value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StoreSome(Vector<float> value, float* to, int lanes)
    {
        for (int lane = 0; lane < lanes; lane++)
            to[lane] = value[lane];
    }
}
