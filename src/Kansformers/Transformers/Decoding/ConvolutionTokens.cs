using System.Numerics;
using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>A causal convolution for single tokens: the rows before them are the cache's.</summary>
internal sealed unsafe class ConvolutionTokens : ITokenLayer
{
    private readonly KeptTensors _kept = new();
    private readonly float* _taps, _state;
    private readonly int _kernel;

    private ConvolutionTokens(Tensor weight, Tensor state)
    {
        using var scope = NewDisposeScope();
        (Outputs, _kernel) = ((int)weight.shape[0], (int)weight.shape[1]);
        _taps = _kept.Keep(weight.t()); // (kernel, channels)
        _state = (float*)RawMemory.Pointer(state);
    }

    /// <inheritdoc/>
    public int Outputs { get; }

    /// <summary>The layer, or null when it is not float32 on the CPU.</summary>
    /// <param name="weight">(channels, kernel).</param>
    /// <param name="state">(1, kernel - 1, channels): the rows before, the last of them last; each token's row is put behind them.</param>
    public static ConvolutionTokens? Open(Tensor weight, Tensor state) =>
        weight.device_type == DeviceType.CPU && weight.dtype == ScalarType.Float32 ? new ConvolutionTokens(weight, state) : null;

    /// <inheritdoc/>
    public void Run(float* x, float* y)
    {
        int width = Outputs, rows = _kernel - 1;
        new ReadOnlySpan<float>(x, width).CopyTo(new Span<float>(y, width));
        for (int k = 0; k < _kernel; k++)
            AddProduct(_taps + (nint)k * width, k == 0 ? x : _state + (nint)(rows - k) * width, y, width);
        if (rows == 0)
            return;
        long moved = (long)(rows - 1) * width * sizeof(float);
        Buffer.MemoryCopy(_state + width, _state, moved, moved);
        new ReadOnlySpan<float>(x, width).CopyTo(new Span<float>(_state + (nint)(rows - 1) * width, width));
    }

    /// <inheritdoc/>
    public void Dispose() => _kept.Dispose();

    // to += a · b.
    private static void AddProduct(float* a, float* b, float* to, int count)
    {
        int at = 0;
        for (; at + Vector<float>.Count <= count; at += Vector<float>.Count)
            Vector.Store(Vector.FusedMultiplyAdd(Vector.Load(a + at), Vector.Load(b + at), Vector.Load(to + at)), to + at);
        for (; at < count; at++)
            to[at] += a[at] * b[at];
    }
}
