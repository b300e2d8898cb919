using System.Numerics;
using System.Runtime.CompilerServices;

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
    public static Vector<float> LoadSome(float* from, int lanes)
    {
        Vector<float> value = Vector<float>.Zero;
        for (int lane = 0; lane < lanes; lane++)
            value = Vector.WithElement(value, lane, from[lane]);
        return value;
    }

    /// <summary>Writes the first <paramref name="lanes"/> values.</summary>
    public static void StoreSome(Vector<float> value, float* to, int lanes)
    {
        for (int lane = 0; lane < lanes; lane++)
            to[lane] = value[lane];
    }
}
