using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Kansformers.Transformers;

/// <summary>Cosines and sines of the angles by which rotary positions turn the pairs of a head (<see cref="Rotary.Angle"/>). Made once for each size.</summary>
internal sealed unsafe class RotaryTable
{
    private static readonly ConcurrentDictionary<(int Positions, int Size), RotaryTable> Known = new();

    private readonly float[] _cosines, _sines; // on the pinned heap: no collection moves them
    private readonly int _half;

    private RotaryTable(int positions, int size)
    {
        _half = size / 2;
        _cosines = GC.AllocateUninitializedArray<float>(positions * _half, pinned: true);
        _sines = GC.AllocateUninitializedArray<float>(positions * _half, pinned: true);
        for (int position = 0; position < positions; position++)
        {
            for (int pair = 0; pair < _half; pair++)
            {
                (double sine, double cosine) = Math.SinCos(Rotary.Angle(position, pair, size));
                (_cosines[position * _half + pair], _sines[position * _half + pair]) = ((float)cosine, (float)sine);
            }
        }
    }

    /// <summary>The table for positions from 0 up to the next power of two, of heads of a size.</summary>
    public static RotaryTable Of(int positions, int size) =>
        Known.GetOrAdd(((int)BitOperations.RoundUpToPowerOf2((uint)positions), size), key => new RotaryTable(key.Positions, key.Size));

    /// <summary>The cosines of a position's pairs. The table lives as long as the process.</summary>
    public float* Cosines(int position) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_cosines)) + (nint)position * _half;

    /// <summary>The sines of a position's pairs.</summary>
    public float* Sines(int position) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_sines)) + (nint)position * _half;
}
