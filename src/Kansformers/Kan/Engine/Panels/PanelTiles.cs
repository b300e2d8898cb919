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
internal sealed unsafe class PanelTiles(SplinePlan plan, BaseActivation activation, Precision precision, KanWeights weights) : IDenseLayer
{
    // The two forms of a tile's output gradient have about this many floats each.
    private const long UpstreamFloats = 1 << 18;
    private const int MostTokens = 2048;

    // Up to so many outputs, a weight packed for the gradient of the expansion gains more than packing costs; beyond, it would only take memory.
    private const int MostTurnedOutputs = 2048;

    private readonly Scratch _scratch = Scratch.OfThread;
    private readonly bool _rounds = precision == Precision.BFloat16;
    private readonly int _threads = get_num_threads(), _lanes = SimdWidth.Lanes;
    private readonly PanelLayout _layout = new(plan.Inputs, plan.Bases, (int)weights.Outputs, SimdWidth.Lanes, get_num_threads());
    private Tensor? _packed, _turned;
    private Tensor? _slope;

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
        float* weight = Packed(turned: false), from = (float*)RawMemory.Pointer(x), to = (float*)RawMemory.Pointer(y);
        PanelExpansion expansion = Expansion();
        int tokens = (int)x.shape[0];
        switch (_lanes)
        {
            case 16: PanelForward.Run<Simd512>(_layout, expansion, weight, from, tokens, to, _threads); break;
            case 8: PanelForward.Run<Simd256>(_layout, expansion, weight, from, tokens, to, _threads); break;
            default: PanelForward.Run<Simd128>(_layout, expansion, weight, from, tokens, to, _threads); break;
        }
    }

    /// <inheritdoc/>
    public void Backward(Tensor x, Tensor upstream, Tensor? dx, bool weightsWanted)
    {
        using var scope = NewDisposeScope();
        PanelExpansion expansion = Expansion();
        Tensor dy = upstream.contiguous();
        int tokens = (int)x.shape[0], tile = Tile(tokens);
        bool isTurned = _layout.Outputs <= MostTurnedOutputs;
        float* weight = dx is null ? null : Packed(isTurned), from = (float*)RawMemory.Pointer(x), up = (float*)RawMemory.Pointer(dy), to = dx is null ? null : (float*)RawMemory.Pointer(dx);
        bool adds = _slope is not null;
        float* gradient = weightsWanted ? (float*)RawMemory.Pointer(Slope()) : null;
        Tensor byTokens = _scratch.Matrix(Scratch.Use.OutputTurned, 1, PanelUpstream.FloatsByTokens(_layout, tile));
        Tensor byOutputs = _scratch.Matrix(Scratch.Use.Output, 1, PanelUpstream.FloatsByOutputs(_layout, tile));
        for (int first = 0; first < tokens; first += tile)
        {
            PanelUpstream part = new(_layout, Math.Min(tile, tokens - first), (float*)RawMemory.Pointer(byTokens), (float*)RawMemory.Pointer(byOutputs));
            part.Fill(up + (nint)first * _layout.Outputs, _rounds);
            nint shift = (nint)first * _layout.Inputs;
            float* target = to is null ? null : to + shift;
            switch (_lanes)
            {
                case 16: PanelBackward.Run<Simd512>(_layout, expansion, weight, isTurned, from + shift, part, target, gradient, adds || first > 0); break;
                case 8: PanelBackward.Run<Simd256>(_layout, expansion, weight, isTurned, from + shift, part, target, gradient, adds || first > 0); break;
                default: PanelBackward.Run<Simd128>(_layout, expansion, weight, isTurned, from + shift, part, target, gradient, adds || first > 0); break;
            }
        }

        if (tokens == 0 && weightsWanted && !adds)
            _slope!.zero_();
    }

    /// <inheritdoc/>
    public KanGradients WeightGradients(KanWanted wanted)
    {
        if (!wanted.AnyWeight)
            return default;
        using var scope = NewDisposeScope();
        Tensor sum = _slope ?? Slope().zero_(), spline = weights.Spline.contiguous();
        Tensor? scaler = weights.Scaler?.contiguous();
        GradientTarget? dBase = wanted.Base ? GradientBuffers.For(weights.Base) : null;
        GradientTarget? dSpline = wanted.Spline ? GradientBuffers.For(weights.Spline) : null;
        GradientTarget? dScaler = wanted.Scaler ? GradientBuffers.For(weights.Scaler!) : null;
        PanelWeight.Unpack(_layout, sum, new EdgeGradients(spline, scaler, dSpline, dScaler), dBase);
        KanGradients gradients = new(null, dBase?.ForTorch, dSpline?.ForTorch, dScaler?.ForTorch);
        gradients.MoveToOuterScope();
        return gradients;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _packed?.Dispose();
        _turned?.Dispose();
        _slope?.Dispose();
    }

    private PanelExpansion Expansion() => new(_layout, plan.Panels, activation, _rounds);

    private float* Packed(bool turned)
    {
        ref Tensor? packed = ref turned ? ref _turned : ref _packed;
        if (packed is null)
        {
            packed = _scratch.Matrix(turned ? Scratch.Use.WeightTurned : Scratch.Use.Weight, _layout.Blocks, _layout.Slab).DetachFromDisposeScope();
            PanelWeight.Pack(_layout, weights, turned, packed);
            if (_rounds)
                BFloat16Math.Round(packed, packed);
        }

        return (float*)RawMemory.Pointer(packed);
    }

    private Tensor Slope() => _slope ??= _scratch.Matrix(Scratch.Use.WeightGradient, _layout.Blocks, _layout.GradientSlab).DetachFromDisposeScope();

    // Whole groups of panels, equally large.
    private int Tile(int tokens)
    {
        int group = PanelLayout.GroupPanels * _layout.Panel, most = (int)Math.Clamp(UpstreamFloats / _layout.Outputs, group, MostTokens);
        int tiles = Math.Max(1, (tokens + most - 1) / most), each = (tokens + tiles - 1) / tiles;
        return Math.Max(group, (each + group - 1) / group * group);
    }
}
