using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// The layer on large grids. Only order + 1 bases are non-zero at an input, so the splines are multiplied by loops that touch nothing else, whatever the
/// grid's size; the base branch stays a matrix product. Besides the tiles it needs one matrix of the spline weight's size.
/// </summary>
/// <param name="layer">The layer.</param>
/// <param name="wanted">Which gradients the calls of <see cref="Backward"/> have to compute.</param>
internal sealed unsafe class SparsePath(EngineLayer layer, GradientRequest wanted) : IEnginePath
{
    // The tokens whose base branch is multiplied at a time.
    private const int BaseTokens = 2048;

    private readonly SplinePlan _plan = layer.PlainSplines!;
    private readonly BaseActivation _activation = layer.Activation!.Value;
    private WeightTargets? _targets;
    private bool _isFilled;

    /// <summary>Whether this path computes a layer: splines with a base branch on the raw input, their knots in order.</summary>
    public static bool Fits(EngineLayer layer) => layer.PlainSplines?.Live is not null;

    /// <summary>
    /// Whether it is faster than the product with all coefficients. Measured on two AVX2 cores, forward and backward: a live coefficient costs two to
    /// three times as much here as in the product, to which finding it adds what a few outputs cost, and packing the weight what some hundred tokens cost.
    /// </summary>
    /// <param name="layer">The layer. This path computes in float32 whatever its precision: bfloat16 instructions put the matrix product further ahead.</param>
    /// <param name="tokens">The tokens of the call.</param>
    public static bool IsFaster(EngineLayer layer, long tokens)
    {
        double least = 4 + 2 * layer.PlainSplines!.Order + 384.0 / layer.Outputs + Math.Min(24, 1000.0 / tokens);
        return layer.Plan.Bases >= (layer.Format == ProductFormat.BFloat16 ? 2 * least : least);
    }

    /// <inheritdoc/>
    public void Forward(LayerInput input, Tensor y)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        KanWeights weights = layer.Weights();
        Tensor x = input.X, transposed = weights.Base!.t();
        (int tokens, int inputs, int outputs) = ((int)x.shape[0], _plan.Inputs, (int)weights.Outputs);
        Tensor buffer = Scratch.OfThread.Matrix(Scratch.Use.Expansion, Math.Min(tokens, BaseTokens), inputs);
        for (int from = 0; from < tokens; from += BaseTokens)
        {
            using var inner = NewDisposeScope();
            int rows = Math.Min(BaseTokens, tokens - from);
            y.narrow(0, from, rows).addmm_(Active(x.narrow(0, from, rows), buffer.narrow(0, 0, rows)), transposed, beta: 0, alpha: 1);
        }

        SparseProduct product = Packed(weights);
        float* source = (float*)RawMemory.Pointer(x), target = (float*)RawMemory.Pointer(y);
        ForEachTile(tokens, inputs, outputs, (first, count) =>
            SparseForward.AddTile(product, source + (nint)first * inputs, count, target + (nint)first * outputs));
    }

    /// <inheritdoc/>
    public void Backward(LayerInput input, Tensor upstream, LayerInput? dx)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        KanWeights weights = layer.Weights();
        if (dx is LayerInput gradient)
            InputGradient(input.X, weights, upstream, gradient.X);
        if (wanted.AnyWeight)
            WeightGradients(input.X, weights, upstream);
    }

    /// <inheritdoc/>
    public KanGradients WeightGradients()
    {
        if (!wanted.AnyWeight)
            return default;
        _targets ??= new WeightTargets(layer, wanted);
        if (!_isFilled)
            _targets.Clear();
        return _targets.Finish();
    }

    /// <inheritdoc/>
    public void Dispose() => _targets?.Dispose();

    private void InputGradient(Tensor x, in KanWeights weights, Tensor upstream, Tensor dx)
    {
        using var scope = NewDisposeScope();
        (int tokens, int inputs, int outputs, BaseActivation activation) = ((int)x.shape[0], _plan.Inputs, (int)weights.Outputs, _activation);
        SparseProduct product = Packed(weights);
        Tensor buffer = Scratch.OfThread.Matrix(Scratch.Use.Expansion, Math.Min(tokens, BaseTokens), inputs);
        for (int from = 0; from < tokens; from += BaseTokens)
        {
            using var inner = NewDisposeScope();
            int rows = Math.Min(BaseTokens, tokens - from);
            Tensor part = x.narrow(0, from, rows), dy = upstream.narrow(0, from, rows).contiguous(), target = dx.narrow(0, from, rows);
            Tensor g = buffer.narrow(0, 0, rows).addmm_(dy, weights.Base!, beta: 0, alpha: 1);
            float* at = (float*)RawMemory.Pointer(part), up = (float*)RawMemory.Pointer(dy), to = (float*)RawMemory.Pointer(target), down = (float*)RawMemory.Pointer(g);
            ForEachTile(rows, inputs, outputs, (first, count) =>
            {
                nint shift = (nint)first * inputs;
                SparseInputGradient.WriteTile(product, at + shift, count, up + (nint)first * outputs, to + shift);
                BaseBranch.Contract(activation, at + shift, count, inputs, down + shift, inputs, to + shift);
            });
        }
    }

    private void WeightGradients(Tensor x, in KanWeights weights, Tensor upstream)
    {
        using var scope = NewDisposeScope();
        WeightTargets targets = _targets ??= new WeightTargets(layer, wanted);
        bool adds = _isFilled;
        _isFilled = true;
        (int tokens, int inputs, int outputs, int bases) = ((int)x.shape[0], _plan.Inputs, (int)weights.Outputs, _plan.Bases);
        bool splines = targets.Coefficients is not null || targets.Scaler is not null;
        SparseLayout layout = SparseLayout.OfGradient(outputs, layer.Settings.Lanes);
        Scratch scratch = Scratch.OfThread;
        int chunk = Math.Min(tokens, SparseWeightGradient.Chunk);
        Tensor blocks = scratch.Matrix(Scratch.Use.Output, chunk, layout.Padded), buffer = scratch.Matrix(Scratch.Use.Expansion, chunk, inputs);

        // The packed weight is not needed any more: its gradient takes its place.
        Tensor? sum = splines ? scratch.Matrix(Scratch.Use.Weight, layout.Padded, (long)inputs * bases).zero_() : null;
        SparseProduct? product = sum is null ? null : new SparseProduct(_plan.Live!, layout, RawMemory.Pointer(sum), inputs, bases, _plan.Order);
        float* byBlocks = (float*)RawMemory.Pointer(blocks);
        bool[] broken = new bool[inputs];
        for (int from = 0; from < tokens; from += chunk)
        {
            using var inner = NewDisposeScope();
            int rows = Math.Min(chunk, tokens - from);
            Tensor part = x.narrow(0, from, rows), dy = upstream.narrow(0, from, rows).contiguous();
            if (targets.Base is GradientTarget target)
                target.Tensor.addmm_(dy.t(), Active(part, buffer.narrow(0, 0, rows)), beta: from > 0 || adds || target.Adds ? 1 : 0, alpha: 1);
            if (product is null)
                continue;
            SparseInputGradient.CopyByBlocks(layout, (float*)RawMemory.Pointer(dy), rows, byBlocks);
            SparseWeightGradient.AddChunk(product, (float*)RawMemory.Pointer(part), rows, byBlocks, broken);
        }

        if (product is null)
            return;
        Tensor spline = weights.Coefficients.contiguous();
        Tensor? scaler = weights.Scaler?.contiguous();
        SparseWeight.Unpack(product, broken, new EdgeGradients(spline, scaler, targets.Coefficients?.After(adds), targets.Scaler?.After(adds)));
    }

    // The spline weight as the kernels read it, in this thread's scratch.
    private SparseProduct Packed(in KanWeights weights)
    {
        SparseLayout layout = SparseLayout.OfWeight((int)weights.Outputs, layer.Settings.Lanes, _plan.Bases);
        Tensor packed = Scratch.OfThread.Matrix(Scratch.Use.Weight, layout.Padded, (long)_plan.Inputs * _plan.Bases);
        Tensor spline = weights.Coefficients.contiguous();
        Tensor? scaler = weights.Scaler?.contiguous();
        SparseProduct product = new(_plan.Live!, layout, RawMemory.Pointer(packed), _plan.Inputs, _plan.Bases, _plan.Order);
        SparseWeight.Pack(product, (float*)RawMemory.Pointer(spline), scaler is null ? null : (float*)RawMemory.Pointer(scaler));
        return product;
    }

    private Tensor Active(Tensor x, Tensor buffer)
    {
        BaseActivation activation = _activation;
        int inputs = (int)x.shape[1];
        float* from = (float*)RawMemory.Pointer(x), to = (float*)RawMemory.Pointer(buffer);
        Rows.Run((int)x.shape[0], inputs, (first, last) =>
            BaseBranch.Expand(activation, from + (nint)first * inputs, last - first, inputs, to + (nint)first * inputs, inputs));
        return buffer;
    }

    // Tiles as large as the threads' shares allow. A token's result does not depend on its tile.
    private static void ForEachTile(int tokens, int inputs, int outputs, Action<int, int> run) =>
        Rows.Run(tokens, (long)inputs * outputs, (first, last) =>
        {
            for (int from = first; from < last; from += SparseProduct.MostTokens)
                run(from, Math.Min(SparseProduct.MostTokens, last - from));
        });
}
