using System.Numerics;
using System.Runtime.CompilerServices;
using Kansformers.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>The settings of <see cref="AdamW"/>; the defaults are the original's.</summary>
/// <param name="Beta1">The decay of the mean of gradients, 0 to below 1.</param>
/// <param name="Beta2">The decay of the mean of squared gradients, 0 to below 1.</param>
/// <param name="Epsilon">Added to the denominator, above 0.</param>
/// <param name="WeightDecay">The decoupled decay of the parameters that decay, at least 0.</param>
public sealed record AdamWOptions(double Beta1 = 0.9, double Beta2 = 0.95, double Epsilon = 1e-8, double WeightDecay = 0.1)
{
    internal void Validate()
    {
        Require(Beta1 is >= 0 and < 1, "beta1", Beta1, "0 to below 1");
        Require(Beta2 is >= 0 and < 1, "beta2", Beta2, "0 to below 1");
        Require(Epsilon > 0 && double.IsFinite(Epsilon), "epsilon", Epsilon, "a finite number above 0");
        Require(WeightDecay >= 0 && double.IsFinite(WeightDecay), "weight decay", WeightDecay, "a finite number, at least 0");
    }

    private static void Require(bool holds, string option, double value, string allowed)
    {
        if (!holds)
            throw new KansformersException(FormattableString.Invariant($"{option} is {value}; it must be {allowed}"));
    }
}

/// <summary>
/// Adam with decoupled weight decay (Loshchilov and Hutter, 2019), the numbers of <c>torch.optim.AdamW</c>, with gradient clipping
/// (<c>clip_grad_norm_</c>) in the same step. On the CPU one pass over memory updates parameter and moments together.
/// Steps are counted once for all parameters: one that has no gradient in a step is left as it is, its moments too.
/// </summary>
public sealed class AdamW : IDisposable
{
    private const int ChunkElements = 1 << 16;
    private readonly AdamWOptions _options;
    private readonly Slot[] _slots;

    /// <summary>Creates the optimizer with zero moments.</summary>
    /// <param name="groups">The parameters that decay and those that do not, with their names.</param>
    /// <param name="options">The settings.</param>
    /// <exception cref="KansformersException">A setting is out of range; the message names it.</exception>
    public AdamW((IReadOnlyList<(string Name, Parameter Parameter)> Decay, IReadOnlyList<(string Name, Parameter Parameter)> NoDecay) groups, AdamWOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _slots = [.. groups.Decay.Select(entry => new Slot(entry.Name, entry.Parameter, true)), .. groups.NoDecay.Select(entry => new Slot(entry.Name, entry.Parameter, false))];
    }

    /// <summary>How many steps have been taken.</summary>
    public long Steps { get; private set; }

    /// <summary>The moments by name, <c>exp_avg.NAME</c> and <c>exp_avg_sq.NAME</c>: with <see cref="Steps"/>, the whole state.</summary>
    public IEnumerable<(string Name, Tensor Tensor)> State =>
        _slots.SelectMany(slot => new[] { ("exp_avg." + slot.Name, slot.Mean), ("exp_avg_sq." + slot.Name, slot.Square) });

    /// <summary>Clips the gradients to a total norm, updates every parameter that has one, and clears the gradients.</summary>
    /// <param name="learningRate">The learning rate of this step.</param>
    /// <param name="clip">The largest total norm, or 0 for no clipping.</param>
    /// <returns>The total norm before clipping. When it is not finite, nothing was updated.</returns>
    public double Step(double learningRate, double clip)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        (Slot Slot, Tensor Gradient)[] work = [.. _slots.Where(slot => slot.Parameter.grad is not null).Select(slot => (slot, slot.Parameter.grad!.contiguous()))];
        double norm = Math.Sqrt(work.Sum(item => SquaredNorm(item.Gradient)));
        if (double.IsFinite(norm))
        {
            Steps++;

            // clip_grad_norm_'s own epsilon; a factor above one leaves the gradients alone.
            double scale = clip > 0 ? Math.Min(1, clip / (norm + 1e-6)) : 1;
            foreach ((Slot slot, Tensor gradient) in work)
            {
                double decay = slot.Decays ? 1 - learningRate * _options.WeightDecay : 1;
                if (IsPlain(slot.Parameter) && IsPlain(gradient))
                    Fused(slot, gradient, learningRate, decay, scale);
                else
                    ByOperations(slot, gradient, learningRate, decay, scale);
            }
        }

        ClearGradients();
        return norm;
    }

    /// <summary>Forgets the gradients of all parameters.</summary>
    public void ClearGradients()
    {
        foreach (Slot slot in _slots)
        {
            slot.Parameter.grad?.Dispose();
            slot.Parameter.grad = null;
        }
    }

    /// <summary>Goes on from saved moments, which the caller has copied into the tensors of <see cref="State"/>.</summary>
    /// <param name="steps">How many steps had been taken.</param>
    public void Resume(long steps) => Steps = steps;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Slot slot in _slots)
        {
            slot.Mean.Dispose();
            slot.Square.Dispose();
        }
    }

    private static bool IsPlain(Tensor tensor) =>
        tensor.device_type == DeviceType.CPU && tensor.dtype == ScalarType.Float32 && tensor.is_contiguous() && tensor.numel() <= int.MaxValue;

    private static double SquaredNorm(Tensor gradient)
    {
        if (!IsPlain(gradient))
            return gradient.square().sum(ScalarType.Float64).item<double>();
        int count = (int)gradient.numel();
        double[] parts = new double[Chunks(count)];
        nint data = RawMemory.Pointer(gradient);
        ForChunks(count, (chunk, from, length) => parts[chunk] = SumOfSquares(Floats(data, from, length)));
        return parts.Sum();
    }

    private static double SumOfSquares(ReadOnlySpan<float> values)
    {
        Vector<double> low = Vector<double>.Zero, high = Vector<double>.Zero;
        int at = 0;
        for (; at <= values.Length - Vector<float>.Count; at += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(values[at..]), out Vector<double> a, out Vector<double> b);
            low += a * a;
            high += b * b;
        }

        double sum = Vector.Sum(low + high);
        for (; at < values.Length; at++)
            sum += (double)values[at] * values[at];
        return sum;
    }

    private void Fused(Slot slot, Tensor gradient, double learningRate, double decay, double scale)
    {
        (nint p, nint g, nint m, nint v) = (RawMemory.Pointer(slot.Parameter), RawMemory.Pointer(gradient), RawMemory.Pointer(slot.Mean), RawMemory.Pointer(slot.Square));
        Coefficients c = new(_options, Steps, learningRate, decay, scale);
        ForChunks((int)slot.Parameter.numel(), (_, from, length) =>
            Update(Floats(p, from, length), Floats(g, from, length), Floats(m, from, length), Floats(v, from, length), c));
    }

    private static void Update(Span<float> p, ReadOnlySpan<float> g, Span<float> m, Span<float> v, in Coefficients c)
    {
        int at = 0, width = Vector<float>.Count;
        for (; at <= p.Length - width; at += width)
        {
            Vector<float> gradient = new Vector<float>(g[at..]) * c.Scale;
            Vector<float> mean = new Vector<float>(m[at..]) * c.Beta1 + gradient * c.Rest1;
            Vector<float> square = new Vector<float>(v[at..]) * c.Beta2 + gradient * gradient * c.Rest2;
            Vector<float> denominator = Vector.SquareRoot(square) / c.RootCorrection2 + new Vector<float>(c.Epsilon);
            Vector<float> updated = new Vector<float>(p[at..]) * c.Decay - mean / denominator * c.StepSize;
            mean.CopyTo(m[at..]);
            square.CopyTo(v[at..]);
            updated.CopyTo(p[at..]);
        }

        for (; at < p.Length; at++)
        {
            float gradient = g[at] * c.Scale;
            m[at] = m[at] * c.Beta1 + gradient * c.Rest1;
            v[at] = v[at] * c.Beta2 + gradient * gradient * c.Rest2;
            float denominator = MathF.Sqrt(v[at]) / c.RootCorrection2 + c.Epsilon;
            p[at] = p[at] * c.Decay - m[at] / denominator * c.StepSize;
        }
    }

    // Devices other than the CPU, and types other than float32.
    private void ByOperations(Slot slot, Tensor gradient, double learningRate, double decay, double scale)
    {
        using var scope = NewDisposeScope();
        Coefficients c = new(_options, Steps, learningRate, decay, scale);
        Tensor scaled = gradient * scale;
        slot.Parameter.mul_(decay);
        slot.Mean.mul_(_options.Beta1).add_(scaled, alpha: 1 - _options.Beta1);
        slot.Square.mul_(_options.Beta2).addcmul_(scaled, scaled, value: 1 - _options.Beta2);
        slot.Parameter.addcdiv_(slot.Mean, slot.Square.sqrt() / c.RootCorrection2 + _options.Epsilon, value: -c.StepSize);
    }

    private static int Chunks(int count) => (int)((count + ChunkElements - 1L) / ChunkElements);

    // Chunks are fixed by the size alone, so that sums do not depend on the number of threads.
    private static void ForChunks(int count, Action<int, int, int> body)
    {
        int chunks = Chunks(count);
        if (chunks <= 2)
        {
            for (int chunk = 0; chunk < chunks; chunk++)
                body(chunk, chunk * ChunkElements, Math.Min(ChunkElements, count - chunk * ChunkElements));
        }
        else
        {
            Parallel.For(0, chunks, chunk => body(chunk, chunk * ChunkElements, Math.Min(ChunkElements, count - chunk * ChunkElements)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Span<float> Floats(nint data, int from, int length) => new((float*)data + from, length);

    private readonly struct Coefficients(AdamWOptions options, long step, double learningRate, double decay, double scale)
    {
        public readonly float Scale = (float)scale;
        public readonly float Decay = (float)decay;
        public readonly float Beta1 = (float)options.Beta1;
        public readonly float Rest1 = (float)(1 - options.Beta1);
        public readonly float Beta2 = (float)options.Beta2;
        public readonly float Rest2 = (float)(1 - options.Beta2);
        public readonly float Epsilon = (float)options.Epsilon;
        public readonly float RootCorrection2 = (float)Math.Sqrt(1 - Math.Pow(options.Beta2, step));
        public readonly float StepSize = (float)(learningRate / (1 - Math.Pow(options.Beta1, step)));
    }

    private sealed class Slot(string name, Parameter parameter, bool decays)
    {
        public string Name { get; } = name;

        public Parameter Parameter { get; } = parameter;

        public bool Decays { get; } = decays;

        public Tensor Mean { get; } = zeros_like(parameter, requires_grad: false).DetachFromDisposeScope();

        public Tensor Square { get; } = zeros_like(parameter, requires_grad: false).DetachFromDisposeScope();
    }
}
