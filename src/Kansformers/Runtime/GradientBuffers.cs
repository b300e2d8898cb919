using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Runtime;

/// <summary>
/// The gradients of a training loop, kept from step to step. While it collects, the backward passes of this library write the gradients of parameters here.
/// Handed to libtorch instead, each would be copied (a managed handle still holds it when libtorch looks whether it may keep the tensor),
/// and memory for it would be taken and given back at every step.
/// </summary>
public sealed class GradientBuffers : IDisposable
{
    [ThreadStatic]
    private static GradientBuffers? _collecting;

    private readonly Dictionary<nint, Slot> _slots = [];

    /// <param name="parameters">Contiguous float32 parameters on the CPU are served, others are left to libtorch.</param>
    public GradientBuffers(IEnumerable<Parameter> parameters)
    {
        foreach (Parameter parameter in parameters)
        {
            if (parameter.device_type == TorchSharp.DeviceType.CPU && parameter.dtype == ScalarType.Float32 && parameter.is_contiguous())
                _slots[RawMemory.Pointer(parameter)] = new Slot(parameter);
        }
    }

    /// <summary>Whether a trainer collects on this thread.</summary>
    internal static bool IsCollecting => _collecting is not null;

    /// <summary>Where a backward pass shall put the gradient of a parameter: new memory, unless a trainer collects on this thread.</summary>
    internal static GradientTarget For(Tensor parameter)
    {
        if (_collecting is null || !_collecting._slots.TryGetValue(RawMemory.Pointer(parameter), out Slot? slot))
            return new GradientTarget(empty_like(parameter, requires_grad: false), false, false);
        bool adds = slot.IsFilled;
        slot.Buffer ??= empty_like(parameter, requires_grad: false).DetachFromDisposeScope();
        (slot.IsFilled, slot.Rows) = (true, null);
        return new GradientTarget(slot.Buffer, adds, true);
    }

    /// <summary>Where to add the gradient of some rows of a parameter: the others hold zeros, or what was added before.</summary>
    /// <param name="parameter">(rows, columns).</param>
    /// <param name="rows">Which rows; the same one may come several times.</param>
    internal static GradientTarget ForRows(Tensor parameter, long[] rows)
    {
        if (_collecting is null || !_collecting._slots.TryGetValue(RawMemory.Pointer(parameter), out Slot? slot))
            return new GradientTarget(zeros_like(parameter, requires_grad: false), true, false);
        if (slot.IsFilled)
        {
            slot.Rows?.UnionWith(rows);
            return new GradientTarget(slot.Buffer!, true, true);
        }

        if (slot.Buffer is null)
        {
            slot.Buffer = zeros_like(parameter, requires_grad: false).DetachFromDisposeScope();
        }
        else if (slot.Rows is null)
        {
            slot.Buffer.zero_();
        }
        else
        {
            // What is left of the step before.
            Span<float> all = RawMemory.Span<float>(slot.Buffer);
            int width = (int)parameter.shape[1];
            foreach (long row in slot.Rows)
                all.Slice(checked((int)row * width), width).Clear();
        }

        (slot.IsFilled, slot.Rows) = (true, [.. rows]);
        return new GradientTarget(slot.Buffer, true, true);
    }

    /// <summary>Runs a forward and backward pass of which the gradients are collected.</summary>
    public void Collect(Action pass)
    {
        _collecting = this;
        try
        {
            BackwardPass.Run(pass);
        }
        finally
        {
            _collecting = null;
        }
    }

    /// <summary>Makes what was collected the parameters' <c>grad</c>, added to what libtorch put there itself. The next pass starts from zero.</summary>
    public void Publish()
    {
        using var scope = NewDisposeScope();
        foreach (Slot slot in _slots.Values.Where(slot => slot.IsFilled))
        {
            if (slot.Parameter.grad is Tensor other)
            {
                slot.Buffer!.add_(other);
                slot.Rows = null;
            }

            slot.Parameter.grad = slot.Buffer;
            slot.IsFilled = false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Slot slot in _slots.Values)
            slot.Buffer?.Dispose();
    }

    private sealed class Slot(Parameter parameter)
    {
        public Parameter Parameter { get; } = parameter;

        public Tensor? Buffer { get; set; }

        public bool IsFilled { get; set; }

        /// <summary>The rows of the buffer that are not zeros; null when that may be any.</summary>
        public HashSet<long>? Rows { get; set; }
    }
}

/// <summary>Where a gradient goes.</summary>
/// <param name="Tensor">Contiguous float32 of the parameter's shape.</param>
/// <param name="Adds">Whether it holds a gradient already, to which this one is added; else its content is arbitrary.</param>
/// <param name="IsCollected">Whether a trainer owns it, so that libtorch must not get it.</param>
internal readonly record struct GradientTarget(Tensor Tensor, bool Adds, bool IsCollected)
{
    /// <summary>What libtorch gets: the gradient, or nothing where a trainer collects it.</summary>
    public Tensor? ForTorch => IsCollected ? null : Tensor;

    /// <summary>The target of a call after one that filled it, or of the first.</summary>
    public GradientTarget After(bool isFilled) => this with { Adds = Adds || isFilled };
}
