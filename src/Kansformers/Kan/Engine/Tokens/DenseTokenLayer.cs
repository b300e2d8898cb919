using System.Runtime.CompilerServices;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// A layer of which every basis function counts, for single tokens: the token is expanded in the order in which the weights are stored, so that these are read
/// once, where they are.
/// </summary>
internal sealed unsafe class DenseTokenLayer : ITokenLayer
{
    private readonly EngineLayer _layer;
    private readonly StoredOrder _order;
    private readonly KeptTensors _kept = new();
    private readonly NativeFloats _memory;
    private readonly KernelParameters _parameters;
    private readonly float* _plain, _coefficients, _scaler, _normWeight, _normBias, _biases, _baseBiases;
    private readonly float* _expanded, _active, _seen, _sums, _panel;
    private readonly Action<int, int> _run;
    private readonly int _inputs, _bases, _alike;
    private float* _y;

    /// <summary>Opens a layer for which <see cref="Fits"/> holds.</summary>
    public DenseTokenLayer(EngineLayer layer)
    {
        (_layer, _order, _inputs, _bases, Outputs) = (layer, new StoredOrder(layer), layer.Plan.Inputs, layer.Plan.Bases, (int)layer.Outputs);
        int panel = 2 * SimdWidth.Lanes;
        using (NewDisposeScope())
        using (no_grad())
        {
            Tensor? packed = FunctionParameters.Pack(layer.Tensors)?.DetachFromDisposeScope();
            _parameters = new KernelParameters(_kept.Keep(packed), (int)(packed?.shape[1] ?? 0), packed is null ? _inputs : _inputs / (int)packed.shape[0]);
            _alike = layer.Plan.TellsInputsApart ? 1 : packed is null ? _inputs : _inputs / (int)packed.shape[0];
        }

        _plain = Keep(KanRole.Base);
        _coefficients = Keep(KanRole.Coefficients);
        _scaler = Keep(KanRole.Scaler);
        _normWeight = Keep(KanRole.NormWeight);
        _normBias = Keep(KanRole.NormBias);
        _biases = Keep(KanRole.Bias);
        _baseBiases = Keep(KanRole.BaseBias);
        long wide = (long)_inputs * _bases + panel, sums = Interleaves ? (long)Outputs * _bases + panel : 0;
        _memory = new NativeFloats(wide + 2L * _inputs + sums + (_bases + 1L) * panel);
        _expanded = _memory.Pointer;
        _active = _expanded + wide;
        _seen = _active + _inputs;
        _sums = _seen + _inputs;
        _panel = _sums + sums;
        new Span<float>(_expanded + (nint)_inputs * _bases, panel).Clear();
        _run = RunOutputs;
    }

    /// <inheritdoc/>
    public int Outputs { get; }

    // Short rows of coefficients, an output's after the other's: sums run over all of them at once, and an output's are added up in the end.
    private bool Interleaves => _order.Matrices > 1 && _order.Columns <= SimdWidth.Lanes;

    /// <summary>Whether kernels expand the layer and its activation.</summary>
    public static bool Fits(EngineLayer layer) => layer.Tensors.Find(KanRole.Scaler) is null || layer.Tensors.Options.Axes(layer.Plan.Inputs, layer.Outputs).IsPlain;

    /// <inheritdoc/>
    public void Run(float* x, float* y)
    {
        float* z = x;
        if (_layer.HasNorm)
            RowNorm.Run(x, _inputs, KanReference.NormEps, _normWeight, _normBias, z = _seen);
        Expand(z);
        if (_layer.Activation is BaseActivation activation)
            BaseBranch.Expand(activation, x, 1, _inputs, _active, _inputs);
        _y = y;
        Rows.Run(Outputs, (long)_inputs * (_bases + 1), _run);
        if (_baseBiases is not null)
            VectorMath.Add(_baseBiases, y, Outputs);
        if (_biases is not null)
            VectorMath.Add(_biases, y, Outputs);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _kept.Dispose();
        _memory.Dispose();
    }

    private float* Keep(KanRole role) => _kept.Keep(_layer.Tensors.Find(role));

    // Kernels work on panels of tokens of one input. What they do is the same for all inputs that share parameters, so these take the tokens' places.
    private void Expand(float* z)
    {
        int panel = 2 * SimdWidth.Lanes;
        float* x = _panel, values = _panel + panel;
        IBasisKernel kernel = _layer.Plan.Kernel(_parameters, SimdWidth.Lanes);
        int step = Math.Min(panel, _alike);
        for (int group = 0; group < _inputs; group += _alike)
        {
            for (int i = group; i < group + _alike; i += step)
            {
                int count = Math.Min(step, group + _alike - i);
                new Span<float>(x, panel).Clear();
                new Span<float>(z + i, count).CopyTo(new Span<float>(x, count));
                kernel.Expand(i, x, 1, values, 0);
                for (int n = 0, place = i * _bases; n < count; n++)
                {
                    for (int c = 0; c < _bases; c++, place++)
                        _expanded[_order.Of(place)] = values[(nint)c * panel + n];
                }
            }
        }
    }

    private void RunOutputs(int first, int last)
    {
        if (Interleaves)
        {
            switch (SimdWidth.Lanes)
            {
                case 16: Interleaved<Simd512>(first, last); break;
                case 8: Interleaved<Simd256>(first, last); break;
                default: Interleaved<Simd128>(first, last); break;
            }

            return;
        }

        for (int o = first; o < last; o++)
        {
            float sum = _scaler is null ? 0 : Scaled(o);
            for (int matrix = 0; _scaler is null && matrix < _order.Matrices; matrix++)
                sum += RowProducts.Dot(_coefficients + ((nint)matrix * Outputs + o) * _order.Columns, _expanded + (nint)matrix * _order.Columns, _order.Columns);
            _y[o] = sum + OfBase(o);
        }
    }

    private float OfBase(int output) => _plain is null ? 0 : RowProducts.Dot(_plain + (nint)output * _inputs, _active, _inputs);

    private float Scaled(int output)
    {
        float* own = _coefficients + (nint)output * _inputs * _bases, scale = _scaler + (nint)output * _inputs, value = _expanded;
        float sum = 0;
        for (int i = 0; i < _inputs; i++, own += _bases, value += _bases)
            sum += scale[i] * VectorMath.Dot(own, value, _bases);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Interleaved<TSimd>(int first, int last)
        where TSimd : struct, ISimd<TSimd>
    {
        int lanes = TSimd.Count, columns = _order.Columns, count = (last - first) * columns, whole = count - count % (lanes * columns);
        float* pattern = stackalloc float[lanes * (columns + 1)];
        float* sums = _sums + (nint)first * columns;
        new Span<float>(sums, count).Clear();
        for (int matrix = 0; matrix < _order.Matrices; matrix++)
        {
            // The matrix' row of the expansion again and again, as far as it takes to begin with a vector.
            TSimd row = TSimd.Load(_expanded + (nint)matrix * columns);
            for (int at = 0; at < lanes; at++)
                TSimd.Store(row, pattern + at * columns);
            float* weights = _coefficients + ((nint)matrix * Outputs + first) * columns;
            int place = 0;
            for (; place < whole; place += lanes * columns)
            {
                for (int at = 0; at < lanes * columns; at += lanes)
                    TSimd.Store(TSimd.AddProduct(TSimd.Load(sums + place + at), TSimd.Load(pattern + at), weights + place + at), sums + place + at);
            }

            for (int at = 0; place < count; place++, at++)
                sums[place] += pattern[at] * weights[place];
        }

        for (int o = first; o < last; o++, sums += columns)
        {
            float sum = 0;
            for (int c = 0; c < columns; c++)
                sum += sums[c];
            _y[o] = sum + OfBase(o);
        }
    }
}
