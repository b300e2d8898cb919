using System.Runtime.CompilerServices;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// A layer of splines for single tokens, its weights laid out once so that a token reads its live coefficients and nothing else. In the parameters those of an
/// edge lie together, and half of a cache line is read in vain; here all outputs' coefficients of one basis lie together, the scaler multiplied in.
/// </summary>
internal sealed unsafe class LiveTokenLayer : ITokenLayer
{
    // Packed: blocks of two vectors of outputs; per block and input a row for the base weight, then one for each basis. The last block ends with zeros, and more of them follow.
    private readonly NativeFloats _packed, _active, _values;
    private readonly KeptTensors _kept = new();
    private readonly float* _biases, _baseBiases;
    private readonly int[] _starts;
    private readonly int _inputs, _bases, _block, _blocks;
    private readonly BaseActivation _activation;
    private readonly LiveSplines _live;
    private readonly Action<int, int> _run;
    private float* _y;

    private LiveTokenLayer(EngineLayer layer, LiveSplines live)
    {
        (_live, _activation, _inputs, _bases, Outputs) = (live, layer.Activation!.Value, layer.Plan.Inputs, layer.Plan.Bases, (int)layer.Outputs);
        _block = 2 * SimdWidth.Lanes;
        _blocks = (Outputs + _block - 1) / _block;

        // A window is filled up with zeros, which are multiplied, too: behind the last input's bases they must not meet a NaN that lies in memory.
        (long size, int behind) = (Size(layer), live.Stride * _block);
        _packed = new NativeFloats(size + behind);
        new Span<float>(_packed.Pointer + size, behind).Clear();
        (_active, _values, _starts) = (new NativeFloats(_inputs), new NativeFloats((long)_inputs * live.Stride), new int[_inputs]);
        _run = (first, last) => Blocks(first, last, _y);
        _biases = _kept.Keep(layer.Tensors.Find(KanRole.Bias));
        _baseBiases = _kept.Keep(layer.Tensors.Find(KanRole.BaseBias));
        Pack(layer);
    }

    /// <inheritdoc/>
    public int Outputs { get; }

    /// <summary>The layer, its weights laid out; null when it has no windows of live coefficients.</summary>
    public static LiveTokenLayer? Open(EngineLayer layer) =>
        layer.PlainSplines is SplinePlan { Live: LiveSplines live } plan && plan.Bases >= live.Stride
            ? new LiveTokenLayer(layer, live) : null;

    /// <summary>How many floats the weights take.</summary>
    public static long Size(EngineLayer layer)
    {
        int block = 2 * SimdWidth.Lanes;
        return (layer.Outputs + block - 1) / block * block * layer.Plan.Inputs * (layer.Plan.Bases + 1);
    }

    /// <inheritdoc/>
    public void Run(float* x, float* y)
    {
        BaseBranch.Expand(_activation, x, 1, _inputs, _active.Pointer, _inputs);
        fixed (int* starts = _starts)
        {
            if (_live.IsShared)
            {
                _live.Find(0, x, _inputs, false, starts, _values.Pointer);
            }
            else
            {
                for (int i = 0; i < _inputs; i++)
                    _live.Find(i, x + i, 1, false, starts + i, _values.Pointer + (nint)i * _live.Stride);
            }
        }

        _y = y;
        Rows.Run(_blocks, (long)_block * _inputs * (_live.Stride + 1) / 2, _run);
        if (_baseBiases is not null)
            VectorMath.Add(_baseBiases, y, Outputs);
        if (_biases is not null)
            VectorMath.Add(_biases, y, Outputs);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _kept.Dispose();
        _packed.Dispose();
        _active.Dispose();
        _values.Dispose();
    }

    private void Pack(EngineLayer layer)
    {
        using var scope = NewDisposeScope();
        KanWeights weights = layer.Weights();
        Tensor plain = weights.Base!.contiguous(), splines = weights.Coefficients.contiguous();
        Tensor? scaler = weights.Scaler?.contiguous();
        float* ownBase = (float*)RawMemory.Pointer(plain), own = (float*)RawMemory.Pointer(splines), scale = scaler is null ? null : (float*)RawMemory.Pointer(scaler);
        Rows.Run(_blocks, (long)_block * _inputs * (_bases + 1), (first, last) =>
        {
            using NativeFloats turned = new((long)_block * _bases);
            for (int block = first; block < last; block++)
                PackBlock(block * _block, ownBase, own, scale, turned.Pointer);
        });
    }

    private void PackBlock(int output, float* ownBase, float* own, float* scale, float* turned)
    {
        int count = Math.Min(_block, Outputs - output);
        nint row = (nint)(_bases + 1) * _block;
        float* to = _packed.Pointer + output / _block * row * _inputs;
        if (count < _block)
            new Span<float>(to, checked((int)(row * _inputs))).Clear();
        for (int i = 0; i < _inputs; i++, to += row)
        {
            nint edge = (nint)output * _inputs + i;
            for (int o = 0; o < count; o++)
                to[o] = ownBase[edge + (nint)o * _inputs];
            Transposition.Run(own + edge * _bases, (nint)_inputs * _bases, count, _bases, to + _block, _block);
            if (scale is null)
                continue;
            for (int o = 0; o < count; o++)
                turned[o] = scale[edge + (nint)o * _inputs];
            for (int c = 1; c <= _bases; c++)
                VectorMath.Multiply(to + (nint)c * _block, turned, count);
        }
    }

    private void Blocks(int first, int last, float* y)
    {
        float* rest = stackalloc float[_block];
        fixed (int* starts = _starts)
        {
            for (int block = first; block < last; block++)
            {
                int output = block * _block, count = Math.Min(_block, Outputs - output);
                float* from = _packed.Pointer + (nint)block * _inputs * (_bases + 1) * _block, to = count < _block ? rest : y + output;
                switch (SimdWidth.Lanes)
                {
                    case 16: Block<Simd512>(from, starts, to); break;
                    case 8: Block<Simd256>(from, starts, to); break;
                    default: Block<Simd128>(from, starts, to); break;
                }

                if (count < _block)
                    new Span<float>(rest, count).CopyTo(new Span<float>(y + output, count));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Block<TSimd>(float* weights, int* starts, float* y)
        where TSimd : struct, ISimd<TSimd>
    {
        // Far enough ahead to hide memory, near enough to stay in the first cache.
        const int ahead = 6;
        int lanes = TSimd.Count, block = 2 * lanes, stride = _live.Stride, window = stride * block;
        nint row = (nint)(_bases + 1) * block;
        float* active = _active.Pointer, value = _values.Pointer;
        TSimd base0 = TSimd.Zero, base1 = base0, a0 = base0, a1 = base0, b0 = base0, b1 = base0, c0 = base0, c1 = base0, d0 = base0, d1 = base0;
        for (int i = 0; i < _inputs; i++, weights += row)
        {
            if (i + ahead < _inputs)
            {
                VectorMath.Prefetch(weights + ahead * row, block);
                VectorMath.Prefetch(weights + ahead * row + (nint)(1 + starts[i + ahead]) * block, window);
            }

            TSimd factor = TSimd.Create(active[i]);
            base0 = TSimd.AddProduct(base0, factor, weights);
            base1 = TSimd.AddProduct(base1, factor, weights + lanes);
            float* live = weights + (nint)(1 + starts[i]) * block;
            for (int part = 0; part < stride; part += 4, live += 4 * block, value += 4)
            {
                TSimd first = TSimd.Create(value[0]), second = TSimd.Create(value[1]), third = TSimd.Create(value[2]), fourth = TSimd.Create(value[3]);
                a0 = TSimd.AddProduct(a0, first, live);
                a1 = TSimd.AddProduct(a1, first, live + lanes);
                b0 = TSimd.AddProduct(b0, second, live + block);
                b1 = TSimd.AddProduct(b1, second, live + block + lanes);
                c0 = TSimd.AddProduct(c0, third, live + 2 * block);
                c1 = TSimd.AddProduct(c1, third, live + 2 * block + lanes);
                d0 = TSimd.AddProduct(d0, fourth, live + 3 * block);
                d1 = TSimd.AddProduct(d1, fourth, live + 3 * block + lanes);
            }
        }

        TSimd.Store(base0 + ((a0 + b0) + (c0 + d0)), y);
        TSimd.Store(base1 + ((a1 + b1) + (c1 + d1)), y + lanes);
    }
}
