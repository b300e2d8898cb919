using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Kansformers.Generation;

/// <summary>
/// Draws the next token from a row of logits: repetition penalty, temperature, top-k, top-p, min-p, softmax, draw, in this order.
/// One sampler serves one sequence, on one thread; it keeps its buffers, so that a token costs no memory.
/// </summary>
public sealed class LogitSampler
{
    private readonly SamplingOptions _options;
    private readonly SampleRandom _random;
    private float[] _values = [];
    private int[] _ids = [];
    private bool[] _seen = [];

    /// <summary>Makes the sampler of one sample.</summary>
    /// <param name="options">How to draw.</param>
    /// <param name="sample">The number of the sample; each has draws of its own.</param>
    /// <exception cref="KansformersException">An option is invalid; the message names it.</exception>
    public LogitSampler(SamplingOptions options, int sample = 0)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _random = new SampleRandom(options.Seed, sample);
    }

    /// <summary>Draws the next token.</summary>
    /// <param name="logits">One logit per token of the vocabulary; minus infinity forbids a token.</param>
    /// <param name="sequence">The tokens so far, for the repetition penalty; ids outside the vocabulary do not count.</param>
    /// <returns>The token's id. Greedy sampling takes the lowest id of the largest logit.</returns>
    /// <exception cref="KansformersException">The logits are not numbers: the model's weights are broken.</exception>
    public int Next(ReadOnlySpan<float> logits, ReadOnlySpan<int> sequence)
    {
        ArgumentOutOfRangeException.ThrowIfZero(logits.Length);
        Reserve(logits.Length);
        Span<float> values = _values.AsSpan(0, logits.Length);
        logits.CopyTo(values);
        Penalise(values, sequence);
        int best = Largest(values);
        if (_options.Temperature == 0)
            return best;

        float largest = values[best];
        int count = KeepTopK(values.Length);
        double total = ToWeights(count, largest);
        if (_options.TopP < 1)
        {
            (float threshold, int ties) = TopSelection.Nucleus(_values.AsSpan(0, count), _options.TopP * total);
            count = Keep(count, threshold, ties);
        }

        if (_options.MinP > 0)
            count = Keep(count, (float)_options.MinP, int.MaxValue); // the likeliest token weighs 1
        return Draw(count);
    }

    private void Reserve(int vocabulary)
    {
        if (_ids.Length >= vocabulary)
            return;
        _values = new float[RoundUp(vocabulary)];
        _ids = new int[vocabulary];
        _seen = new bool[vocabulary];
    }

    private void Penalise(Span<float> values, ReadOnlySpan<int> sequence)
    {
        float penalty = (float)_options.RepetitionPenalty;
        if (penalty == 1)
            return;
        foreach (int id in sequence)
        {
            if ((uint)id >= (uint)values.Length || _seen[id])
                continue;
            _seen[id] = true;
            values[id] = values[id] > 0 ? values[id] / penalty : values[id] * penalty;
        }

        foreach (int id in sequence)
        {
            if ((uint)id < (uint)values.Length)
                _seen[id] = false;
        }
    }

    private static int Largest(ReadOnlySpan<float> values)
    {
        int best = 0;
        float largest = float.NegativeInfinity;
        for (int id = 0; id < values.Length; id++)
        {
            if (values[id] <= largest) // false for NaN
                continue;
            (best, largest) = (id, values[id]);
            if (!float.IsFinite(largest))
                break;
        }

        return float.IsFinite(largest) ? best : throw new KansformersException(
            $"the model's logits are not numbers (token {best} has {FormattableString.Invariant($"{largest}")}): its weights are broken; load another checkpoint, or train with a smaller learning rate");
    }

    private int KeepTopK(int count)
    {
        if (_options.TopK > 0 && _options.TopK < count)
            return Keep(count, TopSelection.KthLargest(_values.AsSpan(0, count), _options.TopK), int.MaxValue, first: true);
        for (int i = 0; i < count; i++)
            _ids[i] = i;
        return count;
    }

    // Moves what is above the threshold, and the first of those that equal it, to the front, in the order of the ids.
    private int Keep(int count, float threshold, int ties, bool first = false)
    {
        Span<float> values = _values.AsSpan(0, count);
        Span<int> ids = _ids.AsSpan(0, count);
        int kept = 0;
        for (int i = 0; i < values.Length; i++)
        {
            // Written first, counted after: whether a value stays is too random for a branch.
            float value = values[i];
            (values[kept], ids[kept]) = (value, first ? i : ids[i]);
            kept += Unsafe.BitCast<bool, byte>(value > threshold);
            if (value == threshold && ties-- > 0)
                kept++;
        }

        return kept;
    }

    // exp((logit - largest) / temperature): proportional to the probability, 1 for the likeliest, and never too large for a float.
    private double ToWeights(int count, float largest)
    {
        float inverse = (float)Math.Min(1 / _options.Temperature, float.MaxValue);
        // The last vector may reach beyond the values: a scalar exp for the rest would tell equal logits apart by a rounding.
        Span<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(_values.AsSpan(0, RoundUp(count)));
        foreach (ref Vector<float> vector in vectors)
            vector = Vector.Exp((vector - new Vector<float>(largest)) * inverse);
        double total = 0;
        foreach (float value in _values.AsSpan(0, count))
            total += value;
        return total;
    }

    private static int RoundUp(int count) => (count + Vector<float>.Count - 1) / Vector<float>.Count * Vector<float>.Count;

    private int Draw(int count)
    {
        double total = 0;
        foreach (float weight in _values.AsSpan(0, count))
            total += weight;
        double left = _random.NextDouble() * total;
        int drawn = 0;
        for (int i = 0; i < count; i++)
        {
            if (_values[i] == 0)
                continue;
            drawn = i; // the last that has weight, should rounding leave a rest
            left -= _values[i];
            if (left < 0)
                break;
        }

        return _ids[drawn];
    }
}
