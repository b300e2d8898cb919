using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// One layer with products of our own: the expansion is written in the form that the product's innermost loop reads, a few inputs of a few tokens at a time,
/// so that it never leaves the first caches. (A library's product would have to be handed a matrix, which it reads again to bring it into such a form.)
/// </summary>
/// <param name="plan">The layer's kernel.</param>
/// <param name="activation">The base activation.</param>
/// <param name="precision">Of the products.</param>
/// <param name="weights">The layer's weights.</param>
/// <param name="wanted">Which gradients the calls of <see cref="Backward"/> have to compute.</param>
/// <param name="tokens">The most tokens of a call.</param>
internal sealed unsafe class PanelTiles(SplinePlan plan, BaseActivation activation, Precision precision, KanWeights weights, KanWanted wanted, long tokens) : IDenseLayer
{
    // The two forms of a tile's output gradient have about this many floats each.
    private const long UpstreamFloats = 1 << 18;
    private const int MostTokens = 2048;

    // From so many outputs on, a slab does not stay in cache, and packing it again for each group of tokens costs less than the memory for all slabs.
    private const int MostTurnedOutputs = 2048;

    private readonly Scratch _scratch = Scratch.OfThread;
    private readonly bool _rounds = precision == Precision.BFloat16;
    private readonly int _threads = get_num_threads(), _lanes = SimdWidth.Lanes;
    private readonly PanelLayout _layout = new(plan.Inputs, plan.Bases, (int)weights.Outputs, SimdWidth.Lanes, get_num_threads(), tokens);
    private readonly Tensor _base = Kept(weights.Base), _spline = Kept(weights.Spline);
    private readonly Tensor? _scaler = weights.Scaler is null ? null : Kept(weights.Scaler);
    private Tensor? _packed, _turned, _slope;
    private GradientTarget? _toBase, _toSpline, _toScaler;
    private bool _isOpen, _isFilled;

    /// <summary>Takes (true) or avoids (false) this engine wherever it is possible; null where it is faster. For tests and measurements.</summary>
    public static bool? Force { get; set; }

    /// <summary>
    /// Whether these products are possible and faster than libtorch's. Processors with bfloat16 instructions need libtorch's for them; and processors with
    /// narrow vectors often have matrix units that only libraries reach.
    /// </summary>
    public static bool Fits(BaseActivation activation, Precision precision) =>
        BaseBranch.IsVectorised(activation) && ProductFormats.Of(precision) != ProductFormat.Half && (Force ?? SimdWidth.Lanes >= 8);

    /// <inheritdoc/>
    public void Forward(Tensor x, Tensor y)
    {
        switch (_lanes)
        {
            case 16: Forward<Simd512>(x, y); break;
            case 8: Forward<Simd256>(x, y); break;
            default: Forward<Simd128>(x, y); break;
        }
    }

    /// <inheritdoc/>
    public void Backward(Tensor x, Tensor upstream, Tensor? dx)
    {
        if (x.shape[0] == 0)
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
        if (!wanted.AnyWeight)
            return default;
        PanelGradient gradient = Gradient();
        if (_slope is not null)
            gradient.PutAll(Address(_slope));
        else if (!_isFilled)
            Clear();
        return new KanGradients(null, _toBase?.ForTorch?.alias(), _toSpline?.ForTorch?.alias(), _toScaler?.ForTorch?.alias());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor? own in (Tensor?[])[_base, _spline, _scaler, _packed, _turned, _slope, _toBase?.ForTorch, _toSpline?.ForTorch, _toScaler?.ForTorch])
            own?.Dispose();
    }

    private void Forward<TSimd>(Tensor x, Tensor y)
        where TSimd : struct, ISimd<TSimd>
    {
        using var scope = NewDisposeScope();
        int count = (int)x.shape[0];
        if (!_layout.IsOneGroup)
        {
            PanelForward.Run<TSimd>(_layout, Expansion(), Address(Packed(turned: false)), Address(x), count, Address(y), _threads);
            return;
        }

        Tensor expanded = _scratch.Matrix(Scratch.Use.Expansion, 1, PanelForwardFew.Floats(_layout, count));
        PanelForwardFew.Run<TSimd>(_layout, Expansion(), Weight(), Address(x), count, Address(expanded), Address(y), _threads);
    }

    private void Backward<TSimd>(Tensor x, Tensor upstream, Tensor? dx)
        where TSimd : struct, ISimd<TSimd>
    {
        using var scope = NewDisposeScope();
        Tensor dy = upstream.contiguous();
        int count = (int)x.shape[0], tile = Tile(count);
        bool keepsWeight = dx is not null && !_layout.IsOneGroup && _layout.Outputs <= MostTurnedOutputs, keepsGradient = wanted.AnyWeight && !_layout.IsOneGroup;
        Tensor byTokens = _scratch.Matrix(Scratch.Use.OutputTurned, 1, PanelUpstream.FloatsByTokens(_layout, tile));
        Tensor byOutputs = _scratch.Matrix(Scratch.Use.Output, 1, PanelUpstream.FloatsByOutputs(_layout, tile));
        float* keptWeight = keepsWeight ? Address(Packed(turned: true)) : null;
        for (int first = 0; first < count; first += tile)
        {
            PanelUpstream part = new(_layout, Math.Min(tile, count - first), Address(byTokens), Address(byOutputs));
            part.Fill(Address(dy) + (nint)first * _layout.Outputs, _rounds);
            nint shift = (nint)first * _layout.Inputs;
            bool adds = _slope is not null;
            PanelBackward backward = new(_layout, Weight(), keptWeight, wanted.AnyWeight ? Gradient() : default, keepsGradient ? Address(Slope()) : null, adds);
            backward.Run<TSimd>(Expansion(), Address(x) + shift, part, dx is null ? null : Address(dx) + shift, wanted.AnyWeight);
            _isFilled = true;
        }
    }

    private PanelExpansion Expansion() => new(_layout, plan.Panels, activation, _rounds);

    private PanelWeight Weight() => new(_layout, Address(_base), Address(_spline), _scaler is null ? null : Address(_scaler), _rounds);

    private Tensor Packed(bool turned)
    {
        ref Tensor? packed = ref turned ? ref _turned : ref _packed;
        if (packed is null)
        {
            packed = _scratch.Matrix(turned ? Scratch.Use.WeightTurned : Scratch.Use.Weight, _layout.Blocks, _layout.Slab).DetachFromDisposeScope();
            Weight().PackAll(turned, Address(packed));
        }

        return packed;
    }

    // Where the weights' gradients go: added to what is there when a trainer collected some before, or when this object filled them.
    private PanelGradient Gradient()
    {
        if (!_isOpen)
        {
            _toBase = wanted.Base ? GradientBuffers.For(weights.Base) : null;
            _toSpline = wanted.Spline ? GradientBuffers.For(weights.Spline) : null;
            _toScaler = wanted.Scaler ? GradientBuffers.For(weights.Scaler!) : null;
            foreach (GradientTarget? target in (GradientTarget?[])[_toBase, _toSpline, _toScaler])
                target?.ForTorch?.DetachFromDisposeScope();
            _isOpen = true;
        }

        bool isFilled = _isFilled && _layout.IsOneGroup;
        EdgeGradients edges = new(_spline, _scaler, Adding(_toSpline), Adding(_toScaler));
        return new PanelGradient(_layout, edges, _toBase is GradientTarget plain ? Address(plain.Tensor) : null, isFilled || _toBase is { Adds: true });

        GradientTarget? Adding(GradientTarget? target) => target is GradientTarget one ? one with { Adds = isFilled || one.Adds } : null;
    }

    private void Clear()
    {
        foreach (GradientTarget? target in (GradientTarget?[])[_toBase, _toSpline, _toScaler])
        {
            if (target is { Adds: false } fresh)
                fresh.Tensor.zero_();
        }
    }

    private Tensor Slope() => _slope ??= _scratch.Matrix(Scratch.Use.WeightGradient, _layout.Blocks, _layout.GradientSlab).DetachFromDisposeScope();

    // Whole groups of panels, equally large.
    private int Tile(int count)
    {
        int group = _layout.GroupPanels * _layout.Panel, most = (int)Math.Clamp(UpstreamFloats / _layout.Outputs, group, MostTokens);
        int tiles = Math.Max(1, (count + most - 1) / most), each = (count + tiles - 1) / tiles;
        return Math.Max(group, (each + group - 1) / group * group);
    }

    private static float* Address(Tensor tensor) => (float*)RawMemory.Pointer(tensor);

    private static Tensor Kept(Tensor tensor) => tensor.contiguous().DetachFromDisposeScope();
}
