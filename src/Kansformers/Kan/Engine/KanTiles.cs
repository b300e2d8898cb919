using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// The layer as "expand, then multiply", a tile of tokens at a time: the tile's expansion stays in cache between the SIMD loop that writes it
/// and the matrix product that reads it, and is never kept. The backward pass expands again.
/// </summary>
internal static unsafe class KanTiles
{
    // A tile's expansion has about this many floats, 4 MiB, unless that would leave the products too few rows to be efficient.
    private const long TileFloats = 1 << 20;
    private const int FewestTokens = 128, MostTokens = 2048;

    /// <summary>y = expansion(x) · combined weightᵀ.</summary>
    /// <param name="plan">The layer's kernel.</param>
    /// <param name="activation">The base activation.</param>
    /// <param name="x">Contiguous float32 on the CPU, (tokens, in).</param>
    /// <param name="weights">The layer's weights.</param>
    /// <returns>(tokens, out).</returns>
    public static Tensor Forward(SplinePlan plan, BaseActivation activation, Tensor x, in KanWeights weights)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        (long tokens, long outputs, long width) = (x.shape[0], weights.Outputs, (plan.Bases + 1L) * plan.Inputs);
        Tensor y = empty(tokens, outputs, dtype: ScalarType.Float32);
        if (tokens > 0)
        {
            Scratch scratch = Scratch.OfThread;
            Tensor combined = scratch.Matrix(Scratch.Use.Weight, outputs, width);
            CombinedWeight.Pack(weights.Base, weights.Spline, weights.Scaler, combined);
            Tensor turned = combined.t();
            long tile = TileOf(tokens, width);
            Tensor buffer = scratch.Matrix(Scratch.Use.Expansion, tile, width);
            for (long from = 0; from < tokens; from += tile)
            {
                using var inner = NewDisposeScope();
                long rows = Math.Min(tile, tokens - from);
                Tensor expansion = buffer.narrow(0, 0, rows);
                Expand(plan, activation, x.narrow(0, from, rows), expansion);
                y.narrow(0, from, rows).addmm_(expansion, turned, beta: 0, alpha: 1);
            }
        }

        return y.MoveToOuterDisposeScope();
    }

    /// <summary>The gradients that are wanted, the others null.</summary>
    /// <param name="plan">The layer's kernel.</param>
    /// <param name="activation">The base activation.</param>
    /// <param name="x">Contiguous float32 on the CPU, (tokens, in).</param>
    /// <param name="weights">The layer's weights.</param>
    /// <param name="upstream">The gradient of the output, (tokens, out), any strides.</param>
    /// <param name="wanted">Which gradients to compute.</param>
    public static KanGradients Backward(SplinePlan plan, BaseActivation activation, Tensor x, in KanWeights weights, Tensor upstream, KanWanted wanted)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        (long tokens, long outputs, long width) = (x.shape[0], weights.Outputs, (plan.Bases + 1L) * plan.Inputs);
        Scratch scratch = Scratch.OfThread;
        long tile = TileOf(tokens, width);
        Tensor? dx = wanted.Input ? empty(tokens, plan.Inputs, dtype: ScalarType.Float32) : null;
        Tensor? combined = null, slope = null, weightSlope = null, expanded = null;
        if (dx is not null)
        {
            combined = scratch.Matrix(Scratch.Use.Weight, outputs, width);
            CombinedWeight.Pack(weights.Base, weights.Spline, weights.Scaler, combined);
            slope = scratch.Matrix(Scratch.Use.Gradient, tile, width);
        }

        if (wanted.AnyWeight)
        {
            weightSlope = scratch.Matrix(Scratch.Use.WeightGradient, outputs, width);
            expanded = scratch.Matrix(Scratch.Use.Expansion, tile, width);
            if (tokens == 0)
                weightSlope.zero_();
        }

        for (long from = 0; from < tokens; from += tile)
        {
            using var inner = NewDisposeScope();
            long rows = Math.Min(tile, tokens - from);
            Tensor part = x.narrow(0, from, rows), dy = upstream.narrow(0, from, rows).contiguous();
            if (weightSlope is not null)
            {
                Tensor expansion = expanded!.narrow(0, 0, rows);
                Expand(plan, activation, part, expansion);
                weightSlope.addmm_(dy.t(), expansion, beta: from == 0 ? 0 : 1, alpha: 1);
            }

            if (dx is not null)
            {
                Tensor g = slope!.narrow(0, 0, rows);
                g.addmm_(dy, combined!, beta: 0, alpha: 1);
                Contract(plan, activation, part, g, dx.narrow(0, from, rows));
            }
        }

        Tensor? dBase = wanted.Base ? empty_like(weights.Base) : null;
        Tensor? dSpline = wanted.Spline ? empty(weights.Spline.shape, dtype: ScalarType.Float32) : null;
        Tensor? dScaler = wanted.Scaler ? empty(weights.Base.shape, dtype: ScalarType.Float32) : null;
        if (weightSlope is not null)
            CombinedWeight.Unpack(weightSlope, weights.Spline, weights.Scaler, dBase, dSpline, dScaler);
        return new KanGradients(dx?.MoveToOuterDisposeScope(), dBase?.MoveToOuterDisposeScope(), dSpline?.MoveToOuterDisposeScope(), dScaler?.MoveToOuterDisposeScope());
    }

    /// <summary>Equal tiles, a multiple of 16 tokens each but the last.</summary>
    private static long TileOf(long tokens, long width)
    {
        long most = Math.Clamp(TileFloats / width, FewestTokens, MostTokens);
        long tiles = Math.Max(1, (tokens + most - 1) / most);
        return Math.Min(Math.Max(tokens, 1), ((tokens + tiles - 1) / tiles + 15) / 16 * 16);
    }

    /// <summary>Writes the expansion of every token, (tokens, in · (bases + 1)).</summary>
    public static void Expand(SplinePlan plan, BaseActivation activation, Tensor x, Tensor expansion)
    {
        (int inputs, int rows) = (plan.Inputs, (int)x.shape[0]);
        nint width = (plan.Bases + 1) * (nint)inputs;
        bool vectorised = BaseBranch.IsVectorised(activation);
        float* from = (float*)RawMemory.Pointer(x), to = (float*)RawMemory.Pointer(expansion);
        Rows.Run(rows, width, (first, last) =>
        {
            float* source = from + (nint)first * inputs, target = to + first * width;
            if (vectorised)
                BaseBranch.Expand(activation, source, last - first, inputs, target, width);
            plan.Kernel.Expand(source, last - first, target + inputs, width);
        });
        if (!vectorised)
            BaseBranch.ExpandByTorch(activation, x, expansion.narrow(1, 0, inputs));
    }

    private static void Contract(SplinePlan plan, BaseActivation activation, Tensor x, Tensor gradient, Tensor dx)
    {
        (int inputs, int rows) = (plan.Inputs, (int)x.shape[0]);
        nint width = (plan.Bases + 1) * (nint)inputs;
        bool vectorised = BaseBranch.IsVectorised(activation);
        float* from = (float*)RawMemory.Pointer(x), g = (float*)RawMemory.Pointer(gradient), to = (float*)RawMemory.Pointer(dx);
        Rows.Run(rows, width, (first, last) =>
        {
            float* source = from + (nint)first * inputs, slope = g + first * width, target = to + (nint)first * inputs;
            plan.Kernel.Contract(source, last - first, slope + inputs, width, target);
            if (vectorised)
                BaseBranch.Contract(activation, source, last - first, inputs, slope, width, target);
        });
        if (!vectorised)
            BaseBranch.ContractByTorch(activation, x, gradient.narrow(1, 0, inputs), dx);
    }
}

/// <summary>A layer's weights: base (out, in), spline (out, in, bases), scaler (out, in) or null.</summary>
internal readonly record struct KanWeights(Tensor Base, Tensor Spline, Tensor? Scaler)
{
    /// <summary>The number of outputs.</summary>
    public long Outputs => Base.shape[0];
}

/// <summary>Which gradients a backward pass has to compute.</summary>
internal readonly record struct KanWanted(bool Input, bool Base, bool Spline, bool Scaler)
{
    /// <summary>Whether the gradient of the combined weight is needed.</summary>
    public bool AnyWeight => Base || Spline || Scaler;
}

/// <summary>The gradients, null where not wanted.</summary>
internal readonly record struct KanGradients(Tensor? Input, Tensor? Base, Tensor? Spline, Tensor? Scaler);
