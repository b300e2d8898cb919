using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// The layer on large grids. Only order + 1 bases are non-zero at an input, so the splines are multiplied by loops that touch nothing else, whatever the
/// grid's size; the base branch stays a matrix product. Besides the tiles it needs one matrix of the spline weight's size.
/// </summary>
internal static unsafe class SparseSplines
{
    // The tokens whose base branch is multiplied at a time.
    private const int BaseTokens = 2048;

    /// <summary>Takes (true) or avoids (false) this path wherever it is possible, whatever it costs; null to choose the faster one. For tests and measurements.</summary>
    public static bool? Force { get; set; }

    /// <summary>
    /// Whether this path is possible and faster than the matrix product. Measured on two AVX2 cores, forward and backward: a live coefficient costs two to
    /// three times as much here as in the product, to which finding it adds what a few outputs cost, and packing the weight what some hundred tokens cost.
    /// </summary>
    /// <param name="layer">The layer. This path computes in float32 whatever its precision: bfloat16 instructions put the matrix product further ahead.</param>
    /// <param name="tokens">The tokens of the call.</param>
    public static bool Pays(EngineLayer layer, long tokens)
    {
        if (Force == false || tokens == 0 || !DenseTiles.Fits(layer) || layer.Plan is not SplinePlan plan)
            return false;
        double least = 4 + 2 * plan.Order + 384.0 / layer.Outputs + Math.Min(24, 1000.0 / tokens);
        if (ProductFormats.Of(layer.Precision) == ProductFormat.Half)
            least *= 2;
        return (Force == true || plan.Bases >= least) && plan.Live is not null;
    }

    /// <summary>The layer's output, without biases.</summary>
    public static Tensor Forward(EngineLayer layer, Tensor x)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        (SplinePlan plan, BaseActivation activation, KanWeights weights) = Parts(layer);
        (int tokens, int inputs, int outputs) = ((int)x.shape[0], plan.Inputs, (int)weights.Outputs);
        Tensor y = empty(tokens, outputs, dtype: ScalarType.Float32), transposed = weights.Base!.t();
        Tensor buffer = Scratch.OfThread.Matrix(Scratch.Use.Expansion, Math.Min(tokens, BaseTokens), inputs);
        for (int from = 0; from < tokens; from += BaseTokens)
        {
            using var inner = NewDisposeScope();
            int rows = Math.Min(BaseTokens, tokens - from);
            Tensor active = Active(activation, x.narrow(0, from, rows), buffer.narrow(0, 0, rows));
            y.narrow(0, from, rows).addmm_(active, transposed, beta: 0, alpha: 1);
        }

        SparseProduct product = Packed(plan, weights);
        float* source = (float*)RawMemory.Pointer(x), target = (float*)RawMemory.Pointer(y);
        ForEachTile(tokens, inputs, outputs, (first, count) =>
            SparseForward.AddTile(product, source + (nint)first * inputs, count, target + (nint)first * outputs));
        return y.MoveToOuterDisposeScope();
    }

    /// <summary>As <see cref="KanTiles.Backward"/>.</summary>
    public static KanGradients Backward(EngineLayer layer, Tensor x, Tensor upstream, KanWanted wanted)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        (SplinePlan plan, BaseActivation activation, KanWeights weights) = Parts(layer);
        Tensor? dx = wanted.Input ? InputGradient(plan, activation, x, weights, upstream) : null;
        using WeightTargets targets = new(layer, wanted);
        if (wanted.AnyWeight)
            WeightGradients(layer, x, upstream, targets);
        KanGradients gradients = targets.Finish() with { Input = dx };
        gradients.MoveToOuterScope();
        return gradients;
    }

    private static Tensor InputGradient(SplinePlan plan, BaseActivation activation, Tensor x, in KanWeights weights, Tensor upstream)
    {
        using var scope = NewDisposeScope();
        (int tokens, int inputs, int outputs) = ((int)x.shape[0], plan.Inputs, (int)weights.Outputs);
        SparseProduct product = Packed(plan, weights);
        Tensor dx = empty_like(x), slope = Scratch.OfThread.Matrix(Scratch.Use.Expansion, Math.Min(tokens, BaseTokens), inputs);
        for (int from = 0; from < tokens; from += BaseTokens)
        {
            using var inner = NewDisposeScope();
            int rows = Math.Min(BaseTokens, tokens - from);
            Tensor part = x.narrow(0, from, rows), dy = upstream.narrow(0, from, rows).contiguous(), target = dx.narrow(0, from, rows);
            Tensor g = slope.narrow(0, 0, rows).addmm_(dy, weights.Base!, beta: 0, alpha: 1);
            float* at = (float*)RawMemory.Pointer(part), up = (float*)RawMemory.Pointer(dy), to = (float*)RawMemory.Pointer(target), down = (float*)RawMemory.Pointer(g);
            ForEachTile(rows, inputs, outputs, (first, count) =>
            {
                nint shift = (nint)first * inputs;
                SparseInputGradient.WriteTile(product, at + shift, count, up + (nint)first * outputs, to + shift);
                BaseBranch.Contract(activation, at + shift, count, inputs, down + shift, inputs, to + shift);
            });
        }

        return dx.MoveToOuterDisposeScope();
    }

    private static void WeightGradients(EngineLayer layer, Tensor x, Tensor upstream, WeightTargets targets)
    {
        using var scope = NewDisposeScope();
        (SplinePlan plan, BaseActivation activation, KanWeights weights) = Parts(layer);
        (int tokens, int inputs, int outputs, int bases) = ((int)x.shape[0], plan.Inputs, (int)weights.Outputs, plan.Bases);
        bool splines = targets.Coefficients is not null || targets.Scaler is not null;
        SparseLayout layout = SparseLayout.OfGradient(outputs);
        Scratch scratch = Scratch.OfThread;
        int chunk = Math.Min(tokens, SparseWeightGradient.Chunk);
        Tensor blocks = scratch.Matrix(Scratch.Use.Output, chunk, layout.Padded), buffer = scratch.Matrix(Scratch.Use.Expansion, chunk, inputs);

        // The packed weight is not needed any more: its gradient takes its place.
        Tensor? sum = splines ? scratch.Matrix(Scratch.Use.Weight, layout.Padded, (long)inputs * bases).zero_() : null;
        float* gradient = sum is null ? null : (float*)RawMemory.Pointer(sum), byBlocks = (float*)RawMemory.Pointer(blocks);
        bool[] broken = new bool[inputs];
        for (int from = 0; from < tokens; from += chunk)
        {
            using var inner = NewDisposeScope();
            int rows = Math.Min(chunk, tokens - from);
            Tensor part = x.narrow(0, from, rows), dy = upstream.narrow(0, from, rows).contiguous();
            if (targets.Base is GradientTarget target)
                target.Tensor.addmm_(dy.t(), Active(activation, part, buffer.narrow(0, 0, rows)), beta: from > 0 || target.Adds ? 1 : 0, alpha: 1);
            if (gradient is null)
                continue;
            SparseInputGradient.CopyByBlocks(layout, (float*)RawMemory.Pointer(dy), rows, byBlocks);
            SparseWeightGradient.AddChunk(plan.Live!, layout, bases, plan.Order, (float*)RawMemory.Pointer(part), inputs, rows, byBlocks, gradient, broken);
        }

        if (gradient is null)
            return;
        Tensor spline = weights.Coefficients.contiguous();
        Tensor? scaler = weights.Scaler?.contiguous();
        SparseWeight.Unpack(layout, gradient, broken, new EdgeGradients(spline, scaler, targets.Coefficients, targets.Scaler), inputs, bases);
    }

    private static (SplinePlan Plan, BaseActivation Activation, KanWeights Weights) Parts(EngineLayer layer) =>
        ((SplinePlan)layer.Plan, layer.Activation!.Value, layer.Weights());

    // The spline weight as the kernels read it, in this thread's scratch.
    private static SparseProduct Packed(SplinePlan plan, in KanWeights weights)
    {
        SparseLayout layout = SparseLayout.OfWeight((int)weights.Outputs, plan.Bases);
        Tensor packed = Scratch.OfThread.Matrix(Scratch.Use.Weight, layout.Padded, (long)plan.Inputs * plan.Bases);
        Tensor spline = weights.Coefficients.contiguous();
        Tensor? scaler = weights.Scaler?.contiguous();
        nint address = RawMemory.Pointer(packed);
        SparseWeight.Pack(
            layout, (float*)RawMemory.Pointer(spline), scaler is null ? null : (float*)RawMemory.Pointer(scaler), plan.Inputs, plan.Bases, (float*)address);
        return new SparseProduct(plan.Live!, layout, address, plan.Inputs, plan.Bases, plan.Order);
    }

    private static Tensor Active(BaseActivation activation, Tensor x, Tensor buffer)
    {
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
