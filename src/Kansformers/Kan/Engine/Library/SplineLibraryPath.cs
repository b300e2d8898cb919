using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// One layer with libtorch's products, a tile of tokens at a time: the tile's expansion stays in cache between the SIMD loop that writes it
/// and the matrix product that reads it. As <see cref="LibraryPath"/>, but for plain splines, whose row kernels write whole tokens one after the other.
/// </summary>
/// <param name="layer">The layer, with <see cref="EngineLayer.PlainSplines"/>.</param>
/// <param name="wanted">Which gradients the calls of <see cref="Backward"/> have to compute.</param>
/// <param name="tokens">The most tokens of a call.</param>
internal sealed class SplineLibraryPath(EngineLayer layer, GradientRequest wanted, long tokens) : IEnginePath
{
    // A tile's expansion has about this many bytes, unless that would leave the products too few rows to be efficient.
    private const long TileBytes = 16L << 20;
    private const int FewestTokens = 128, MostTokens = 2048;

    private readonly Scratch _scratch = Scratch.OfThread;
    private readonly SplinePlan _plan = (SplinePlan)layer.Plan;
    private readonly BaseActivation _activation = layer.Activation!.Value;
    private readonly ProductFormat _own = layer.Format;
    private readonly long _tile = TileOf(tokens, (long)layer.Width * layer.Plan.Inputs, layer.Format == ProductFormat.BFloat16 ? 2 : 4);
    private Tensor? _combined, _combinedSingle;
    private Tensor? _weightGradient;
    private ProductFormat _format = layer.Format;

    private long Width => (long)layer.Width * layer.Plan.Inputs;

    private bool IsHalf => _format == ProductFormat.BFloat16;

    /// <inheritdoc/>
    public void Forward(LayerInput input, Tensor y)
    {
        using var guard = no_grad();
        Tensor x = input.X;
        long[] broken = _own == ProductFormat.BFloat16 ? BrokenTokens.Find(x) : [];
        if (broken.Length == 0)
        {
            Multiply(x, y);
            return;
        }

        using var scope = NewDisposeScope();
        Tensor rows = tensor(broken), apart = empty(broken.Length, layer.Outputs, dtype: ScalarType.Float32);
        Multiply(BrokenTokens.Without(x, rows), y);
        InSingle(() => Multiply(x.index_select(0, rows), apart));
        y.index_copy_(0, rows, apart);
    }

    /// <inheritdoc/>
    public void Backward(LayerInput input, Tensor upstream, LayerInput? inputGradient)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Tensor x = input.X;
        Tensor? dx = inputGradient?.X;
        Tensor dy = _own == ProductFormat.BFloat16 ? upstream.contiguous() : upstream;
        long[] broken = _own == ProductFormat.BFloat16 ? BrokenTokens.Find(x, dy) : [];
        if (broken.Length == 0)
        {
            Differentiate(x, dy, dx);
            return;
        }

        Tensor rows = tensor(broken), source = x.index_select(0, rows);
        Tensor? apart = dx is null ? null : empty_like(source);
        Differentiate(BrokenTokens.Without(x, rows), BrokenTokens.Without(dy, rows), dx);
        InSingle(() => Differentiate(source, dy.index_select(0, rows), apart));
        dx?.index_copy_(0, rows, apart!);
    }

    // Computes with float32 products, whatever the layer's precision.
    private void InSingle(Action compute)
    {
        _format = ProductFormat.Single;
        compute();
        _format = _own;
    }

    private void Multiply(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        Tensor transposed = Combined().t(), buffer = _scratch.Matrix(Scratch.Use.Expansion, _tile, Width, IsHalf);
        Tensor? half = IsHalf ? _scratch.Matrix(Scratch.Use.Output, _tile, layer.Outputs, half: true) : null;
        for (long from = 0, count = x.shape[0]; from < count; from += _tile)
        {
            using var inner = NewDisposeScope();
            long rows = Math.Min(_tile, count - from);
            Tensor expansion = buffer.narrow(0, 0, rows), target = y.narrow(0, from, rows);
            ExpandedRows.Write(_plan, _activation, x.narrow(0, from, rows), expansion, _format);
            if (half is null)
                target.addmm_(expansion, transposed, beta: 0, alpha: 1);
            else
                target.copy_(Product(half.narrow(0, 0, rows), expansion, transposed));
        }
    }

    private void Differentiate(Tensor x, Tensor upstream, Tensor? dx)
    {
        using var all = NewDisposeScope();
        Tensor? combined = dx is null ? null : Combined();
        Tensor buffer = _scratch.Matrix(Scratch.Use.Expansion, _tile, Width, IsHalf);
        Tensor? part = wanted.AnyWeight && IsHalf ? _scratch.Matrix(Scratch.Use.WeightGradient, layer.Outputs, Width, half: true) : null;
        for (long from = 0, count = x.shape[0]; from < count; from += _tile)
        {
            using var scope = NewDisposeScope();
            long rows = Math.Min(_tile, count - from);
            Tensor source = x.narrow(0, from, rows), dy = Factor(upstream.narrow(0, from, rows)), expansion = buffer.narrow(0, 0, rows);
            if (wanted.AnyWeight)
            {
                ExpandedRows.Write(_plan, _activation, source, expansion, _format);
                AddToWeights(dy, expansion, part);
            }

            if (dx is not null)
            {
                // The expansion has served: its gradient takes its place.
                if (IsHalf)
                    Product(expansion, dy, combined!);
                else
                    expansion.addmm_(dy, combined!, beta: 0, alpha: 1);
                ExpandedRows.Contract(_plan, _activation, source, expansion, dx.narrow(0, from, rows), _format);
            }
        }
    }

    /// <inheritdoc/>
    public KanGradients WeightGradients()
    {
        if (!wanted.AnyWeight)
            return default;
        Tensor sum = _weightGradient ?? _scratch.Matrix(Scratch.Use.WeightGradient, layer.Outputs, Width).zero_();
        KanWeights weights = layer.Weights();
        using WeightTargets targets = new(layer, wanted);
        CombinedWeight.Unpack(sum, weights.Coefficients, weights.Scaler, targets);
        return targets.Finish();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _combined?.Dispose();
        _combinedSingle?.Dispose();
        _weightGradient?.Dispose();
    }

    private void AddToWeights(Tensor dy, Tensor expansion, Tensor? part)
    {
        bool first = _weightGradient is null;
        _weightGradient ??= _scratch.Matrix(Scratch.Use.WeightGradient, layer.Outputs, Width).DetachFromDisposeScope();
        if (part is null)
        {
            _weightGradient.addmm_(dy.t(), expansion, beta: first ? 0 : 1, alpha: 1);
            return;
        }

        // libtorch's bfloat16 product has a bfloat16 result: the sum over tiles is kept apart, in float32.
        Product(part, dy.t(), expansion);
        _ = first ? _weightGradient.copy_(part) : _weightGradient.add_(part);
    }

    // target = left · right in bfloat16.
    private Tensor Product(Tensor target, Tensor left, Tensor right)
    {
        target.addmm_(left, right, beta: 0, alpha: 1);
        layer.Settings.AfterProduct?.Invoke(target, left, right);
        return target;
    }

    private Tensor Combined()
    {
        ref Tensor? known = ref (_format == _own ? ref _combined : ref _combinedSingle);
        if (known is not null)
            return known;
        Tensor packed = _scratch.Matrix(Scratch.Use.Weight, layer.Outputs, Width);
        CombinedWeight.Pack(layer.Weights(), packed);
        if (_format == ProductFormat.Rounded)
            BFloat16Math.Round(packed, packed);
        Tensor factor = IsHalf ? _scratch.Matrix(Scratch.Use.Weight, layer.Outputs, Width, half: true).copy_(packed) : packed;
        return known = factor.DetachFromDisposeScope();
    }

    // A gradient of outputs as a factor of the products.
    private Tensor Factor(Tensor dy)
    {
        if (_format == ProductFormat.Single)
            return dy.contiguous();
        Tensor target = _scratch.Matrix(Scratch.Use.Output, dy.shape[0], dy.shape[1], IsHalf);
        if (IsHalf)
            return target.copy_(dy);
        BFloat16Math.Round(dy.contiguous(), target);
        return target;
    }

    /// <summary>Equal tiles, a multiple of 16 tokens each but the last.</summary>
    private static long TileOf(long tokens, long width, int bytes)
    {
        long most = Math.Clamp(TileBytes / bytes / width, FewestTokens, MostTokens);
        long tiles = Math.Max(1, (tokens + most - 1) / most);
        return Math.Min(Math.Max(tokens, 1), ((tokens + tiles - 1) / tiles + 15) / 16 * 16);
    }
}
