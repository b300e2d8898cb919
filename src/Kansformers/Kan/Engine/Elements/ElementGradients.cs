using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>Where the gradients of both sides add up within a chunk; null where not wanted.</summary>
internal readonly unsafe record struct ElementSums(nint PhiAddress, nint PsiAddress)
{
    /// <summary>The first side's.</summary>
    public float* Phi => (float*)PhiAddress;

    /// <summary>The second side's.</summary>
    public float* Psi => (float*)PsiAddress;
}

/// <summary>The gradients of functions' parameters, chunk by chunk.</summary>
internal sealed unsafe class ElementGradients
{
    private readonly IReadOnlyList<ElementSide> _sides;
    private readonly bool[] _wanted;
    private readonly int _chunks;
    private readonly float[][] _found;

    /// <param name="sides">The functions.</param>
    /// <param name="wanted">Of which the gradients are wanted.</param>
    /// <param name="chunks">How many chunks there are.</param>
    public ElementGradients(IReadOnlyList<ElementSide> sides, bool[] wanted, int chunks)
    {
        (_sides, _wanted, _chunks) = (sides, wanted, chunks);
        _found = [.. sides.Select((side, at) => wanted[at] ? new float[chunks * Numbers(side)] : [])];
    }

    /// <summary>Begins a chunk on this thread.</summary>
    public ElementSums Open()
    {
        Span<nint> at = stackalloc nint[2];
        at.Clear();
        long all = 0;
        for (int side = 0; side < _sides.Count; side++)
            all += _wanted[side] ? Floats(side) : 0;
        float* memory = ElementMemory.SumsOfThread(all);
        new Span<float>(memory, checked((int)all)).Clear();
        for (int side = 0; side < _sides.Count; side++)
        {
            if (!_wanted[side])
                continue;
            at[side] = (nint)memory;
            memory += Floats(side);
        }

        return new ElementSums(at[0], at[1]);
    }

    /// <summary>Ends a chunk.</summary>
    public void Close(int chunk, ElementSums sums)
    {
        for (int at = 0; at < _sides.Count; at++)
        {
            if (!_wanted[at])
                continue;
            ElementSide side = _sides[at];
            float* own = at == 0 ? sums.Phi : sums.Psi;
            fixed (float* found = _found[at])
            {
                for (int function = 0; function < side.Functions; function++)
                    side.Kernel.Finish(function, own + (nint)function * side.Kernel.SumFloats, found + (nint)chunk * Numbers(side) + function * side.Kernel.Parameters);
            }
        }
    }

    /// <summary>The sums over chunks, (functions, parameters) of each side.</summary>
    public float[][] Total() => [.. _found.Select((found, at) =>
    {
        float[] total = new float[_wanted[at] ? Numbers(_sides[at]) : 0];
        for (int i = 0; i < total.Length; i++)
        {
            double sum = 0;
            for (int chunk = 0; chunk < _chunks; chunk++)
                sum += found[chunk * total.Length + i];
            total[i] = (float)sum;
        }

        return total;
    })];

    private static int Numbers(ElementSide side) => side.Functions * side.Kernel.Parameters;

    private long Floats(int side) => (long)_sides[side].Functions * _sides[side].Kernel.SumFloats;
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
