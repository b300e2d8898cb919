using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>Where gradients add up within a chunk: for each side, or for both together; null where not wanted.</summary>
internal unsafe struct ElementSums
{
    /// <summary>The first side's.</summary>
    public float* Phi;

    /// <summary>The second side's.</summary>
    public float* Psi;

    /// <summary>Both sides'.</summary>
    public float* Both;
}

/// <summary>The gradients of functions' parameters, chunk by chunk.</summary>
internal sealed unsafe class ElementGradients
{
    private readonly IReadOnlyList<ElementSide> _sides;
    private readonly IElementPair? _pair;
    private readonly bool[] _wanted;
    private readonly int _chunks;
    private readonly float[][] _found;

    /// <param name="sides">The functions.</param>
    /// <param name="pair">Both sides as one, where they are that.</param>
    /// <param name="wanted">Of which the gradients are wanted.</param>
    /// <param name="chunks">How many chunks there are.</param>
    public ElementGradients(IReadOnlyList<ElementSide> sides, IElementPair? pair, bool[] wanted, int chunks)
    {
        (_sides, _wanted, _chunks) = (sides, wanted, chunks);
        _pair = wanted[0] && wanted[^1] ? pair : null;
        _found = [.. sides.Select((side, at) => wanted[at] ? new float[chunks * Reduced(side)] : [])];
    }

    /// <summary>Begins a chunk on this thread.</summary>
    public ElementSums Open()
    {
        long both = _pair is null ? 0 : (long)_sides[0].Functions * _pair.SumFloats, first = _pair is null ? Floats(0) : 0, second = _pair is null ? Floats(1) : 0;
        float* memory = ElementMemory.SumsOfThread(both + first + second);
        new Span<float>(memory, checked((int)(both + first + second))).Clear();
        return new ElementSums { Both = _pair is null ? null : memory, Phi = first > 0 ? memory : null, Psi = second > 0 ? memory + first : null };
    }

    /// <summary>Ends a chunk.</summary>
    public void Close(int chunk, ElementSums sums)
    {
        if (sums.Both is null)
        {
            Close(0, chunk, sums.Phi);
            Close(1, chunk, sums.Psi);
            return;
        }

        int numbers = Reduced(_sides[0]), own = _sides[0].Kernel.ReducedFloats;
        fixed (float* first = _found[0], second = _found[1])
        {
            for (int function = 0; function < _sides[0].Functions; function++)
            {
                nint at = (nint)chunk * numbers + function * own;
                _pair!.Reduce(sums.Both + (nint)function * _pair.SumFloats, first + at, second + at);
            }
        }
    }

    /// <summary>The gradients, (functions, parameters) of each side.</summary>
    public float[][] Total() => [.. _found.Select((found, at) => _wanted[at] ? Total(_sides[at], found) : [])];

    private static int Reduced(ElementSide side) => side.Functions * side.Kernel.ReducedFloats;

    private float[] Total(ElementSide side, float[] found)
    {
        float[] sums = new float[Reduced(side)], total = new float[side.Functions * side.Kernel.Parameters];
        for (int at = 0; at < sums.Length; at++)
        {
            double sum = 0;
            for (int chunk = 0; chunk < _chunks; chunk++)
                sum += found[chunk * sums.Length + at];
            sums[at] = (float)sum;
        }

        fixed (float* reduced = sums, gradient = total)
        {
            for (int function = 0; function < side.Functions; function++)
                side.Kernel.Finish(reduced + function * side.Kernel.ReducedFloats, gradient + function * side.Kernel.Parameters);
        }

        return total;
    }

    private long Floats(int side) => side < _sides.Count && _wanted[side] ? (long)_sides[side].Functions * _sides[side].Kernel.SumFloats : 0;

    private void Close(int at, int chunk, float* sums)
    {
        if (sums is null)
            return;
        ElementSide side = _sides[at];
        fixed (float* found = _found[at])
        {
            for (int function = 0; function < side.Functions; function++)
                side.Kernel.Reduce(function, sums + (nint)function * side.Kernel.SumFloats, found + (nint)chunk * Reduced(side) + function * side.Kernel.ReducedFloats);
        }
    }
}

/// <summary>Memory that a thread keeps from call to call.</summary>
internal static unsafe class ElementMemory
{
    [ThreadStatic]
    private static NativeFloats? _values;

    [ThreadStatic]
    private static NativeFloats? _sums;

    /// <summary>For a block's values; arbitrary content.</summary>
    public static float* OfThread(long floats) => Of(ref _values, floats);

    /// <summary>For a chunk's sums; arbitrary content.</summary>
    public static float* SumsOfThread(long floats) => Of(ref _sums, floats);

    private static float* Of(ref NativeFloats? memory, long floats)
    {
        if (memory is null || memory.Count < floats)
        {
            memory?.Dispose();
            memory = new NativeFloats(floats);
        }

        return memory.Pointer;
    }
}
