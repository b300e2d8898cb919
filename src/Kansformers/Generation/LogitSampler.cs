using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Kansformers.Generation;

/// <summary>
/// Draws the next token from a row of logits: repetition penalty, temperature, top-k, top-p, min-p, softmax, draw, in this order.
/// One sampler serves one sequence, on one thread; it keeps its buffers, so that a token costs no memory.
/// </summary>
internal sealed class LogitSampler
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
        double temperature = _options.Temperature;
        if (!Penalise(values, sequence))
        {
            Largest(logits); // so that broken weights are not taken for a large penalty
            Scale(logits, sequence, values);
            temperature = temperature == 0 ? 0 : 1;
        }

        int best = Largest(values);
        if (temperature == 0)
            return best;

        float largest = values[best];
        int count = KeepTopK(values.Length);
        double total = ToWeights(count, largest, temperature);
        if (_options.TopP < 1)
        {
            double mass = _options.TopP * (1 - Rounding(largest / temperature)) * total;
            (float threshold, int ties) = TopSelection.Nucleus(_values.AsSpan(0, count), mass);
            count = Keep(count, threshold, ties);
        }

        if (_options.MinP > 0)
        {
            // The likeliest token weighs exactly 1.
            double share = _options.MinP == 1 ? 1 : _options.MinP * (1 - Rounding(largest / temperature, -Math.Log(_options.MinP)));
            count = Keep(count, (float)share, int.MaxValue);
        }

        return Draw(count);
    }

    // How far a weight may be off because logits and weights are floats, as a share of it. A probability that misses the user's decimal by
    // no more equals it: of 0.4, 0.3 and 0.3 the first two reach 0.7, and 0.2 is half of 0.4.
    private static double Rounding(double largest, double below = 0)
    {
        const double unit = 1.0 / (1 << 23), most = 1e-3; // the distance of floats around 1; where all is noise, a thousandth is plenty
        return Math.Min(unit * (4 + Math.Abs(largest) + (2 * below)), most);
    }

    private void Reserve(int vocabulary)
    {
        if (_ids.Length >= vocabulary)
            return;
        _values = new float[RoundUp(vocabulary)];
        _ids = new int[vocabulary];
        _seen = new bool[vocabulary];
    }

    // Whether all values could be held; else they are to be computed by Scale.
    private bool Penalise(Span<float> values, ReadOnlySpan<int> sequence)
    {
        double penalty = _options.RepetitionPenalty;
        if (penalty == 1)
            return true;
        bool held = true;
        foreach (int id in sequence)
        {
            if ((uint)id >= (uint)values.Length || _seen[id])
                continue;
            _seen[id] = true;
            float value = values[id];
            values[id] = (float)Penalised(value, penalty);
            held &= float.IsNormal(values[id]) || value == 0 || !float.IsFinite(value);
        }

        Forget(values.Length, sequence);
        return held;
    }

    // What a penalty such as 1e300 makes of logits is beyond a float, but the distances from the largest tell the same probabilities. They are
    // divided by the temperature here, where the numbers are doubles; where the largest is beyond these, too, all are made small first.
    private void Scale(ReadOnlySpan<float> logits, ReadOnlySpan<int> sequence, Span<float> values)
    {
        foreach (int id in sequence)
        {
            if ((uint)id < (uint)logits.Length)
                _seen[id] = true;
        }

        double small = 1, largest = Largest(logits), temperature = _options.Temperature == 0 ? 1 : _options.Temperature;
        if (!double.IsFinite(largest))
        {
            small = Math.ScaleB(1, -260);
            largest = Largest(logits);
        }

        for (int id = 0; id < logits.Length; id++)
        {
            double score = Score(id, logits[id]);
            values[id] = score == largest ? 0 : Math.Min((float)((score - largest) / temperature / small), -float.Epsilon); // less stays less
        }

        Forget(logits.Length, sequence);

        double Score(int id, float logit) => _seen[id] ? Penalised(logit * small, _options.RepetitionPenalty) : logit * small;

        double Largest(ReadOnlySpan<float> logits)
        {
            double largest = double.NegativeInfinity;
            for (int id = 0; id < logits.Length; id++)
                largest = Math.Max(largest, Score(id, logits[id]));
            return largest;
        }
    }

    private static double Penalised(double value, double penalty) => value > 0 ? value / penalty : value * penalty;

    private void Forget(int vocabulary, ReadOnlySpan<int> sequence)
    {
        foreach (int id in sequence)
        {
            if ((uint)id < (uint)vocabulary)
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
    private double ToWeights(int count, float largest, double temperature)
    {
        float inverse = (float)Math.Min(1 / temperature, float.MaxValue);
        // The last vector may reach beyond the values: a scalar exp for the rest would tell equal logits apart by a rounding.
        Span<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(_values.AsSpan(0, RoundUp(count)));
        if (inverse == 0)
        {
            // Too hot for a float to tell logits apart. What is forbidden stays so: infinity times 0 is no number.
            foreach (ref Vector<float> vector in vectors)
                vector = Vector.ConditionalSelect(Vector.Equals(vector, new Vector<float>(float.NegativeInfinity)), Vector<float>.Zero, Vector<float>.One);
        }
        else if (largest > 1e30f)
        {
            // The distance from the largest may be twice the largest float.
            foreach (ref Vector<float> vector in vectors)
                vector = Vector.Exp(((vector * 0.5f) - new Vector<float>(largest * 0.5f)) * inverse * 2f);
        }
        else
        {
            foreach (ref Vector<float> vector in vectors)
                vector = Vector.Exp((vector - new Vector<float>(largest)) * inverse);
        }

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
