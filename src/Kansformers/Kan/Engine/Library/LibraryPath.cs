using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// One layer with libtorch's products, a tile of tokens at a time, for any basis: for processors with bfloat16 instructions, which the tile is written for.
/// </summary>
internal sealed unsafe class LibraryPath : IEnginePath
{
    // A tile's expansion has about this many bytes, unless that would leave the products too few tokens to be efficient.
    private const long TileBytes = 16L << 20;
    private const int FewestTokens = 128, MostTokens = 2048, FewestOutputs = 384;

    // A block's rows of the tile are written side by side: as few as panels take for so many outputs, so that each is a stream that the processor foresees.
    private const int BlocksAsOfOutputs = 1024;

    private readonly Scratch _scratch = Scratch.OfThread;
    private readonly EngineLayer _layer;
    private readonly GradientRequest _wanted;
    private readonly PanelLayout _layout;
    private readonly PanelExpansion _expansion;
    private readonly Tensor? _parameters, _parameterSums;
    private readonly long _tile;
    private ProductFormat _format;
    private Tensor? _weight, _singleWeight, _weightGradient;

    /// <param name="layer">The layer.</param>
    /// <param name="parameters">What <see cref="FunctionParameters.Pack"/> gave.</param>
    /// <param name="wanted">Which gradients the calls of <see cref="Backward"/> have to compute.</param>
    /// <param name="tokens">The most tokens of a call.</param>
    public LibraryPath(EngineLayer layer, Tensor? parameters, GradientRequest wanted, long tokens)
    {
        (_layer, _wanted, _format) = (layer, wanted, layer.Format);
        int lanes = layer.Settings.Lanes, inputs = layer.Plan.Inputs;
        _layout = new PanelLayout(inputs, layer.Width, BlocksAsOfOutputs, lanes, get_num_threads(), tokens);
        _tile = TileOf(tokens, Expanded, _format == ProductFormat.BFloat16 ? 2 : 4);
        using var scope = NewDisposeScope();
        _parameters = parameters?.contiguous().DetachFromDisposeScope();
        _parameterSums = wanted.Parameters ? zeros(inputs, layer.Plan.Parameters).DetachFromDisposeScope() : null;
        IBasisKernel kernel = layer.Plan.Kernel(FunctionParameters.ForKernel(_parameters, inputs), lanes);
        _expansion = new PanelExpansion(_layout, kernel, layer.Activation, layer.HasNorm && layer.Activation is not null, rounds: false);
    }

    /// <summary>
    /// Whether it is faster in bfloat16 than panels whose factors are rounded. What the products save grows with the outputs, writing the tile costs the same: measured on
    /// two Zen 4 cores, radial bases take 0.64 of the time with 512 outputs; with 128 they took 1.2 to 1.4 times as long before blocks were as short as now.
    /// </summary>
    public static bool IsFaster(EngineLayer layer) => layer.PlainSplines is not null || (layer.Tensors.IsEdge && layer.Outputs >= FewestOutputs);

    private long Expanded => (long)_layout.Inputs * _layout.Width;

    private bool IsHalf => _format == ProductFormat.BFloat16;

    /// <inheritdoc/>
    public void Forward(LayerInput x, Tensor y)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        long[] broken = IsHalf ? BrokenTokens.Find(x.X, x.Z) : [];
        if (broken.Length == 0)
        {
            Multiply(x, y);
            return;
        }

        Tensor rows = tensor(broken), apart = empty(broken.Length, _layer.Outputs, dtype: ScalarType.Float32);
        Multiply(x.Each(one => BrokenTokens.Without(one, rows)), y);
        InSingle(() => Multiply(x.Each(one => one.index_select(0, rows)), apart));
        y.index_copy_(0, rows, apart);
    }

    /// <inheritdoc/>
    public void Backward(LayerInput x, Tensor upstream, LayerInput? dx)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Tensor dy = upstream.contiguous();
        long[] broken = IsHalf ? BrokenTokens.Find(x.X, x.Z, dy) : [];
        if (broken.Length == 0)
        {
            Differentiate(x, dy, dx);
            return;
        }

        Tensor rows = tensor(broken);
        LayerInput source = x.Each(one => one.index_select(0, rows));
        LayerInput? apart = dx is null ? null : source.EmptyLike();
        Differentiate(x.Each(one => BrokenTokens.Without(one, rows)), BrokenTokens.Without(dy, rows), dx);
        InSingle(() => Differentiate(source, dy.index_select(0, rows), apart));
        if (dx is not LayerInput target)
            return;
        target.X.index_copy_(0, rows, apart!.Value.X);
        if (!target.IsOne)
            target.Z.index_copy_(0, rows, apart.Value.Z);
    }

    /// <inheritdoc/>
    public KanGradients WeightGradients()
    {
        using var scope = NewDisposeScope();
        KanGradients found = default;
        if (_wanted.AnyWeight)
        {
            Tensor sum = _weightGradient ?? _scratch.Matrix(Scratch.Use.WeightGradient, _layer.Outputs, Expanded).zero_();
            using WeightTargets targets = new(_layer, _wanted);
            RowWeight.Unpack(sum, _layer.Weights(), targets);
            found = targets.Finish();
        }

        if (_parameterSums is not null)
            found = found with { Parameters = FunctionParameters.GradientOf(_parameterSums, _parameters!) };
        found.MoveToOuterScope();
        return found;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor? own in (Tensor?[])[_parameters, _parameterSums, _weight, _singleWeight, _weightGradient])
            own?.Dispose();
    }

    // Computes with float32 products, whatever the layer's precision.
    private void InSingle(Action compute)
    {
        ProductFormat own = _format;
        _format = ProductFormat.Single;
        compute();
        _format = own;
    }

    private void Multiply(LayerInput x, Tensor y)
    {
        using var scope = NewDisposeScope();
        Tensor transposed = Weight().t(), matrix = Matrix();
        Tensor? half = IsHalf ? _scratch.Matrix(Scratch.Use.Output, _tile, _layer.Outputs, half: true) : null;
        ExpandedTile tile = new(_layout, _expansion, matrix, _format);
        PanelInput from = PanelInput.Of(x);
        for (long first = 0, count = x.Tokens; first < count; first += _tile)
        {
            using var inner = NewDisposeScope();
            long rows = Math.Min(_tile, count - first);
            tile.Write(from.From((nint)first * _layout.Inputs), (int)rows);
            Tensor expansion = matrix.narrow(1, 0, rows).t(), target = y.narrow(0, first, rows);
            if (half is null)
                target.addmm_(expansion, transposed, beta: 0, alpha: 1);
            else
                target.copy_(Product(half.narrow(0, 0, rows), expansion, transposed));
        }
    }

    private void Differentiate(LayerInput x, Tensor upstream, LayerInput? dx)
    {
        using var scope = NewDisposeScope();
        bool contracts = dx is not null || _wanted.Parameters;
        Tensor matrix = Matrix();
        Tensor? transposed = contracts ? Weight().t() : null;
        ExpandedTile tile = new(_layout, _expansion, matrix, _format);
        PanelInput from = PanelInput.Of(x), to = dx is LayerInput wanted ? PanelInput.Of(wanted) : default;
        ParameterSums sums = new(_parameterSums is null ? null : (float*)RawMemory.Pointer(_parameterSums), _layer.Plan.Parameters, _layer.Settings.Lanes);
        for (long first = 0, count = x.Tokens; first < count; first += _tile)
        {
            using var inner = NewDisposeScope();
            long rows = Math.Min(_tile, count - first);
            nint shift = (nint)first * _layout.Inputs;
            Tensor dy = Factor(upstream.narrow(0, first, rows)), expansion = matrix.narrow(1, 0, rows);
            if (_wanted.AnyWeight)
            {
                tile.Write(from.From(shift), (int)rows);
                AddToWeights(dy, expansion);
            }

            if (!contracts)
                continue;

            // The expansion has served: its gradient takes its place.
            Product(expansion, transposed!, dy.t());
            tile.Contract(from.From(shift), to.From(shift), (int)rows, sums);
        }
    }

    private void AddToWeights(Tensor dy, Tensor expansion)
    {
        bool first = _weightGradient is null;
        _weightGradient ??= _scratch.Matrix(Scratch.Use.WeightGradient, _layer.Outputs, Expanded).DetachFromDisposeScope();
        if (!IsHalf)
        {
            _weightGradient.addmm_(dy.t(), expansion.t(), beta: first ? 0 : 1, alpha: 1);
            return;
        }

        // libtorch's bfloat16 product has a bfloat16 result: the sum over tiles is kept apart, in float32.
        Tensor part = Product(_scratch.Matrix(Scratch.Use.WeightGradient, _layer.Outputs, Expanded, half: true), dy.t(), expansion.t());
        _ = first ? _weightGradient.copy_(part) : _weightGradient.add_(part);
    }

    // target = left · right.
    private Tensor Product(Tensor target, Tensor left, Tensor right)
    {
        target.addmm_(left, right, beta: 0, alpha: 1);
        if (IsHalf)
            _layer.Settings.AfterProduct?.Invoke(target, left, right);
        return target;
    }

    // A row's end keeps the next row off the same cache sets.
    private Tensor Matrix()
    {
        int panel = _layout.Panel;
        return _scratch.Matrix(Scratch.Use.Expansion, Expanded, (_tile + panel - 1) / panel * panel + panel, IsHalf);
    }

    private Tensor Weight()
    {
        ref Tensor? known = ref (_format == ProductFormat.Single ? ref _singleWeight : ref _weight);
        if (known is null)
        {
            Tensor matrix = _scratch.Matrix(Scratch.Use.Weight, _layer.Outputs, Expanded, IsHalf);
            RowWeight.Pack(_layer.Weights(), matrix, _format);
            known = matrix.DetachFromDisposeScope();
        }

        return known;
    }

    // A gradient of outputs as a factor of the products.
    private Tensor Factor(Tensor dy)
    {
        if (_format == ProductFormat.Single)
            return dy;
        Tensor target = _scratch.Matrix(Scratch.Use.Output, dy.shape[0], dy.shape[1], IsHalf);
        if (IsHalf)
            return target.copy_(dy);
        BFloat16Math.Round(dy, target);
        return target;
    }

    // Equal tiles, a multiple of 32 tokens each but the last.
    private static long TileOf(long tokens, long width, int bytes)
    {
        long most = Math.Clamp(TileBytes / bytes / width, FewestTokens, MostTokens);
        long tiles = Math.Max(1, (tokens + most - 1) / most);
        return Math.Min(Math.Max(tokens, 1), ((tokens + tiles - 1) / tiles + 31) / 32 * 32);
    }
}
