namespace Kansformers.Kan;

/// <summary>The gradients of the parameters that kernels read, as they add up: per input, so that blocks of inputs share nothing.</summary>
/// <param name="total">(in, parameters), added to; null when not wanted.</param>
/// <param name="parameters">How many parameters an input has.</param>
/// <param name="lanes">The lanes of a vector.</param>
internal readonly unsafe struct ParameterSums(float* total, int parameters, int lanes)
{
    private readonly float* _total = total;
    private readonly int _parameters = parameters, _lanes = lanes;

    /// <summary>Whether they are wanted.</summary>
    public bool AreWanted => _total is not null;

    /// <summary>The floats of an input's sums.</summary>
    public int Stride => _parameters * _lanes;

    /// <summary>The floats of a block's sums, a vector for each parameter.</summary>
    public long Floats(int inputs) => AreWanted ? (long)inputs * _parameters * _lanes : 0;

    /// <summary>Begins a block: zeros in memory of <see cref="Floats"/>, or null when nothing is wanted.</summary>
    public float* Open(float* memory, int inputs)
    {
        if (!AreWanted)
            return null;
        new Span<float>(memory, (int)Floats(inputs)).Clear();
        return memory;
    }

    /// <summary>Ends a block: sums over lanes, added to the total.</summary>
    public void Close(float* sums, int first, int inputs)
    {
        if (sums is null)
            return;
        for (int at = 0; at < inputs * _parameters; at++)
        {
            float sum = 0;
            for (int lane = 0; lane < _lanes; lane++)
                sum += sums[at * _lanes + lane];
            _total[first * _parameters + at] += sum;
        }
    }
}
