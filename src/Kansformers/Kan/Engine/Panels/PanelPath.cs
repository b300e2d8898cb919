using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// One layer with products of our own: the expansion is written in the form that the product's innermost loop reads, a few inputs of a few tokens at a time,
/// so that it never leaves the first caches. (A library's product would have to be handed a matrix, which it reads again to bring it into such a form.)
/// </summary>
internal sealed unsafe class PanelPath : IEnginePath
{
    // The two forms of a tile's output gradient have about this many floats each; where no thread reads them twice, they need not stay near, and fewer tiles
    // are fewer times that threads wait for one another.
    private const long UpstreamFloats = 1 << 18, UpstreamFloatsReadOnce = 1 << 20;
    private const int MostTokens = 2048;

    // From so many outputs on, a slab does not stay in cache, and packing it again for each group of tokens costs less than the memory for all slabs.
    private const int MostTransposedOutputs = 2048;

    private readonly Scratch _scratch = Scratch.OfThread;
    private readonly EngineLayer _layer;
    private readonly GradientRequest _wanted;
    private readonly PanelExpansion _expansion;
    private readonly PanelNorm? _norm;
    private readonly bool _rounds;
    private readonly int _threads = get_num_threads(), _lanes;
    private readonly PanelLayout _layout;
    private readonly Tensor _coefficients;
    private readonly Tensor? _base, _scaler, _parameters, _parameterSums;
    private Tensor? _packed, _transposed, _weightGradient;
    private WeightTargets? _targets;
    private bool _isFilled;

    /// <param name="layer">The layer.</param>
    /// <param name="parameters">What <see cref="FunctionParameters.Pack"/> gave.</param>
    /// <param name="wanted">Which gradients the calls of <see cref="Backward"/> have to compute.</param>
    /// <param name="tokens">The most tokens of a call.</param>
    public PanelPath(EngineLayer layer, Tensor? parameters, GradientRequest wanted, long tokens)
    {
        (_layer, _wanted, _rounds, _lanes) = (layer, wanted, layer.Precision == Precision.BFloat16, layer.Settings.Lanes);
        _layout = new PanelLayout(layer.Plan.Inputs, layer.Width, (int)layer.Outputs, _lanes, _threads, tokens);
        using var scope = NewDisposeScope();
        KanWeights weights = layer.Weights();
        _coefficients = Kept(weights.Coefficients);
        _base = weights.Base is null ? null : Kept(weights.Base);
        _scaler = weights.Scaler is null ? null : Kept(weights.Scaler);
        _parameters = parameters is null ? null : Kept(parameters);
        _norm = layer.HasNorm ? new PanelNorm(layer.Tensors[KanRole.NormWeight], layer.Tensors[KanRole.NormBias], Room(tokens), _lanes) : null;
        IBasisKernel kernel = layer.Plan.Kernel(FunctionParameters.ForKernel(_parameters, layer.Plan.Inputs), _lanes);
        _expansion = new PanelExpansion(_layout, kernel, layer.Activation, layer.HasNorm && layer.Activation is not null, _rounds) { Norm = _norm };
        _parameterSums = wanted.Parameters ? zeros(layer.Plan.Inputs, layer.Plan.Parameters).DetachFromDisposeScope() : null;
    }

    /// <inheritdoc/>
    public bool Normalises => true;

    /// <inheritdoc/>
    public void Forward(LayerInput x, Tensor y)
    {
        switch (_lanes)
        {
            case 16: Forward<Simd512>(x, y); break;
            case 8: Forward<Simd256>(x, y); break;
            default: Forward<Simd128>(x, y); break;
        }
    }

    /// <inheritdoc/>
    public void Backward(LayerInput x, Tensor upstream, LayerInput? dx)
    {
        if (x.Tokens == 0)
            return;
        switch (_lanes)
        {
            case 16: Backward<Simd512>(x, upstream, dx); break;
            case 8: Backward<Simd256>(x, upstream, dx); break;
            default: Backward<Simd128>(x, upstream, dx); break;
        }
    }

    /// <inheritdoc/>
    public KanGradients WeightGradients()
    {
        using var scope = NewDisposeScope();
        KanGradients found = default;
        if (_wanted.AnyWeight)
        {
            PanelGradient gradient = Gradient();
            if (_weightGradient is not null)
                gradient.PutAll(Address(_weightGradient));
            else if (!_isFilled)
                _targets!.Clear();
            found = _targets!.Finish();
        }

        if (_parameterSums is not null)
            found = found with { Parameters = FunctionParameters.GradientOf(_parameterSums, _parameters!) };
        if (_norm is not null && _wanted.Norm)
            found = found with { NormWeight = _norm.Gradients[0].clone(), NormBias = _norm.Gradients[1].clone() };
        found.MoveToOuterScope();
        return found;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor? own in (Tensor?[])[_base, _coefficients, _scaler, _parameters, _parameterSums, _packed, _transposed, _weightGradient])
            own?.Dispose();
        _targets?.Dispose();
        _norm?.Dispose();
    }

    private void Forward<TSimd>(LayerInput x, Tensor y)
        where TSimd : struct, ISimd<TSimd>
    {
        using var scope = NewDisposeScope();
        int count = (int)x.Tokens;
        _norm?.Measure(Address(x.X), count);
        if (!_layout.IsOneGroup)
        {
            PanelForward.Run<TSimd>(_layout, _expansion, Address(Packed(transposed: false)), PanelInput.Of(x), count, Address(y), _threads);
            return;
        }

        Tensor expanded = _scratch.Matrix(Scratch.Use.Expansion, 1, PanelForwardFew.Floats(_layout, count));
        PanelForwardFew.Run<TSimd>(_layout, _expansion, Weight(), PanelInput.Of(x), count, Address(expanded), Address(y), _threads);
    }

    private void Backward<TSimd>(LayerInput x, Tensor upstream, LayerInput? dx)
        where TSimd : struct, ISimd<TSimd>
    {
        using var scope = NewDisposeScope();
        Tensor dy = upstream.contiguous();
        int count = (int)x.Tokens, tile = Tile(count);
        bool contracts = dx is not null || _wanted.Parameters;
        bool keepsWeight = contracts && !_layout.IsOneGroup && _layout.Outputs <= MostTransposedOutputs, keepsGradient = _wanted.AnyWeight && !_layout.IsOneGroup;
        Tensor byTokens = _scratch.Matrix(Scratch.Use.OutputTransposed, 1, PanelUpstream.FloatsByTokens(_layout, tile));
        Tensor byOutputs = _scratch.Matrix(Scratch.Use.Output, 1, PanelUpstream.FloatsByOutputs(_layout, tile));
        float* keptWeight = keepsWeight ? Address(Packed(transposed: true)) : null;
        ParameterSums sums = new(_parameterSums is null ? null : Address(_parameterSums), _layer.Plan.Parameters, _lanes);
        PanelInput from = PanelInput.Of(x), to = dx is LayerInput wanted ? PanelInput.Of(wanted) : default;
        for (int first = 0; first < count; first += tile)
        {
            PanelUpstream part = new(_layout, Math.Min(tile, count - first), Address(byTokens), Address(byOutputs));
            part.Fill(Address(dy) + (nint)first * _layout.Outputs, _rounds);
            nint shift = (nint)first * _layout.Inputs;
            _norm?.Measure(from.From(shift).X, part.Tokens);
            bool adds = _weightGradient is not null;
            PanelGradient gradient = _wanted.AnyWeight ? Gradient() : default;
            PanelBackward backward = new(_layout, Weight(), keptWeight, gradient, keepsGradient ? Address(WeightGradient()) : null, adds, sums);
            backward.Run<TSimd>(_expansion, from.From(shift), part, to.From(shift), _wanted.AnyWeight);
            if (to.X is not null)
                _norm?.Differentiate(from.From(shift).X, part.Tokens, to.From(shift).Z, to.From(shift).X);
            _isFilled = true;
        }
    }

    private PanelWeight Weight() => new(_layout, Address(_base), Address(_coefficients), Address(_scaler), _rounds);

    private Tensor Packed(bool transposed)
    {
        ref Tensor? packed = ref transposed ? ref _transposed : ref _packed;
        if (packed is null)
        {
            packed = _scratch.Matrix(transposed ? Scratch.Use.WeightTransposed : Scratch.Use.Weight, _layout.Blocks, _layout.Slab).DetachFromDisposeScope();
            Weight().PackAll(transposed, Address(packed));
        }

        return packed;
    }

    // Where the weights' gradients go: added to what is there when a trainer collected some before, or when this object filled them.
    private PanelGradient Gradient()
    {
        _targets ??= new WeightTargets(_layer, _wanted);
        bool isFilled = _isFilled && _layout.IsOneGroup;
        EdgeGradients edges = new(_coefficients, _scaler, _targets.Coefficients?.After(isFilled), _targets.Scaler?.After(isFilled));
        float* plain = _targets.Base is GradientTarget target ? Address(target.Tensor) : null;
        return new PanelGradient(_layout, edges, plain, _layer.Activation is not null, isFilled || _targets.Base is { Adds: true });
    }

    private Tensor WeightGradient() =>
        _weightGradient ??= _scratch.Matrix(Scratch.Use.WeightGradient, _layout.Blocks, _layout.GradientSlab).DetachFromDisposeScope();

    private int Room(long tokens) => (int)((tokens + _layout.Panel - 1) / _layout.Panel * _layout.Panel);

    // Whole groups of panels, equally large.
    private int Tile(int count)
    {
        long floats = _layout.Blocks <= _threads ? UpstreamFloatsReadOnce : UpstreamFloats;
        int group = _layout.GroupPanels * _layout.Panel, most = (int)Math.Clamp(floats / _layout.Outputs, group, MostTokens);
        int tiles = Math.Max(1, (count + most - 1) / most), each = (count + tiles - 1) / tiles;
        return Math.Max(group, (each + group - 1) / group * group);
    }

    private static float* Address(Tensor? tensor) => tensor is null ? null : (float*)RawMemory.Pointer(tensor);

    private static Tensor Kept(Tensor tensor) => tensor.contiguous().DetachFromDisposeScope();
}
