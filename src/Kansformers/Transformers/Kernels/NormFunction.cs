using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// RMS norm without a weight, a causal depthwise convolution beside a residual, or the second behind the first, in one pass over the rows. It saves its input
/// and the convolution's weight: the rest is cheap enough to compute again. Chunks are fixed by the shape alone, so that sums do not depend on the number of
/// threads.
/// </summary>
internal sealed unsafe class NormFunction : autograd.SingleTensorFunction<NormFunction>
{
    private const string CallKey = "call";
    private const int Chunk = 64; // tokens

    /// <inheritdoc/>
    public override string Name => nameof(NormFunction);

    /// <summary>Whether a tensor can be computed so.</summary>
    public static bool Fits(Tensor x) => PlainRows.Fit(x) && x.shape[^1] <= 1 << 16;

    /// <summary>Whether a convolution can be computed so.</summary>
    public static bool Fits(Tensor x, Tensor weight) => Fits(x) && x.dim() == 3 && PlainRows.Fit(weight);

    /// <summary>x / sqrt(mean(x²) + ε) over the last dimension.</summary>
    /// <param name="x">Any shape.</param>
    public static Tensor Norm(Tensor x) => Apply(x, null, norm: true);

    /// <summary>n[t] + Σ_k weight[:, k] · n[t - k], with zeros before the first token; n is x, normed or not.</summary>
    /// <param name="x">(B, T, channels).</param>
    /// <param name="weight">(channels, kernel).</param>
    /// <param name="norm">Whether x is normed before.</param>
    public static Tensor Convolution(Tensor x, Tensor weight, bool norm) => Apply(x, weight, norm);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        using var guard = no_grad();
        ctx.set_materialize_grads(false);
        ctx.save_data(CallKey, vars[^1]);
        ctx.save_for_backward([.. vars[..^1].Cast<Tensor>()]);
        return Run((Tensor)vars[0], vars.Length > 2 ? (Tensor)vars[1] : null, (bool)vars[^1]);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        List<Tensor> saved = ctx.get_saved_variables();
        Tensor? weight = saved.Count > 1 ? saved[1] : null;
        return BackwardResults.Of(grad_output, saved.Count + 1, () => Gradients(saved[0], weight, (bool)ctx.get_data(CallKey), grad_output));
    }

    /// <summary>The same by torch's operations, of any type.</summary>
    public static Tensor Reference(Tensor x, Tensor? weight, bool norm)
    {
        using var scope = NewDisposeScope();
        Tensor y = norm ? RmsNorm.Apply(x) : x.alias();
        if (weight is not null)
            y = CausalConvolution.Apply(y, zeros([x.shape[0], weight.shape[1] - 1, x.shape[2]], dtype: x.dtype, device: x.device), weight);
        return y.MoveToOuterDisposeScope();
    }

    private static Tensor Apply(Tensor x, Tensor? weight, bool norm)
    {
        if (!is_grad_enabled() || !(x.requires_grad || (weight?.requires_grad ?? false)))
            return Run(x, weight, norm);
        return weight is null ? apply(x, norm) : apply(x, weight, norm);
    }

    private static Tensor Run(Tensor x, Tensor? weight, bool norm)
    {
        Shape shape = new(x, weight);
        Tensor y = empty(x.shape, dtype: ScalarType.Float32);
        using NativeFloats? weights = weight is null ? null : Factors(weight);
        (nint from, nint to, nint factors) = (RawMemory.Pointer(x), RawMemory.Pointer(y), weights is null ? 0 : (nint)weights.Pointer);
        ConvolutionRows rows = new(shape.Width, shape.Kernel, norm);
        shape.ForEach((_, sequence, tokens) =>
        {
            nint first = (nint)sequence * shape.Tokens * shape.Width;
            if (SimdWidth.Lanes >= 16)
                rows.Forward<Simd512>((float*)from + first, (float*)factors, tokens, (float*)to + first);
            else if (SimdWidth.Lanes >= 8)
                rows.Forward<Simd256>((float*)from + first, (float*)factors, tokens, (float*)to + first);
            else
                rows.Forward<Simd128>((float*)from + first, (float*)factors, tokens, (float*)to + first);
        });
        GC.KeepAlive(x);
        return y;
    }

    private static Tensor?[] Gradients(Tensor x, Tensor? weight, bool norm, Tensor upstream)
    {
        if (is_grad_enabled())
            return Regrad.Of(inputs => Reference(inputs[0], weight is null ? null : inputs[1], norm), weight is null ? [x] : [x, weight], upstream);
        using var scope = NewDisposeScope();
        Shape shape = new(x, weight);
        Tensor dx = empty(x.shape, dtype: ScalarType.Float32), dy = upstream.contiguous();
        using NativeFloats? weights = weight is null ? null : Factors(weight);
        using NativeFloats sums = new((long)shape.Chunks * shape.WeightSize);
        (nint from, nint up, nint to) = (RawMemory.Pointer(x), RawMemory.Pointer(dy), RawMemory.Pointer(dx));
        (nint factors, nint parts) = (weights is null ? 0 : (nint)weights.Pointer, (nint)sums.Pointer);
        ConvolutionRows rows = new(shape.Width, shape.Kernel, norm);
        shape.ForEach((chunk, sequence, tokens) =>
        {
            nint first = (nint)sequence * shape.Tokens * shape.Width;
            float* part = (float*)parts + (nint)chunk * shape.WeightSize;
            new Span<float>(part, shape.WeightSize).Clear();
            ConvolutionGradient call = new()
            {
                X = (float*)from + first,
                Weights = (float*)factors,
                Upstream = (float*)up + first,
                Input = (float*)to + first,
                Sums = part,
            };
            if (SimdWidth.Lanes >= 16)
                rows.Backward<Simd512>(call, tokens, shape.Tokens);
            else if (SimdWidth.Lanes >= 8)
                rows.Backward<Simd256>(call, tokens, shape.Tokens);
            else
                rows.Backward<Simd128>(call, tokens, shape.Tokens);
        });
        GC.KeepAlive(x);
        Tensor? dw = weight is { requires_grad: true } ? OfWeight(weight, sums, shape) : null;
        dx.MoveToOuterDisposeScope();
        return weight is null ? [dx] : [dx, dw?.MoveToOuterDisposeScope()];
    }

    // (kernel, channels), the first row greater by one: the residual.
    private static NativeFloats Factors(Tensor weight)
    {
        (int width, int kernel) = ((int)weight.shape[0], (int)weight.shape[1]);
        NativeFloats factors = new((long)width * kernel);
        using Tensor contiguous = weight.contiguous();
        Kan.Transposition.Run((float*)RawMemory.Pointer(contiguous), width, kernel, factors.Pointer);
        for (int at = 0; at < width; at++)
            factors.Pointer[at] += 1;
        return factors;
    }

    private static Tensor? OfWeight(Tensor weight, NativeFloats sums, Shape shape)
    {
        GradientTarget target = GradientBuffers.For(weight);
        for (int chunk = 1; chunk < shape.Chunks; chunk++)
            Kan.VectorMath.Add(sums.Pointer + (nint)chunk * shape.WeightSize, sums.Pointer, shape.WeightSize);
        float* to = (float*)RawMemory.Pointer(target.Tensor);
        for (int channel = 0; channel < shape.Width; channel++)
        {
            for (int k = 0; k < shape.Kernel; k++)
            {
                float value = sums.Pointer[(nint)k * shape.Width + channel];
                to[channel * shape.Kernel + k] = target.Adds ? to[channel * shape.Kernel + k] + value : value;
            }
        }

        return target.ForTorch;
    }

    private sealed class Shape
    {
        private readonly int _chunksEach;

        public Shape(Tensor x, Tensor? weight)
        {
            long[] sizes = x.shape;
            Width = (int)sizes[^1];
            Kernel = weight is null ? 0 : (int)weight.shape[1];
            long rows = x.NumberOfElements / Width;
            Tokens = (int)(weight is null ? rows : sizes[^2]);
            _chunksEach = (Tokens + Chunk - 1) / Chunk;
            Chunks = checked((int)(rows / Tokens) * _chunksEach);
        }

        public int Width { get; }

        public int Kernel { get; }

        public int Tokens { get; }

        public int Chunks { get; }

        public int WeightSize => Width * Kernel;

        /// <summary>Calls the body with each chunk's number, sequence and tokens.</summary>
        public void ForEach(Action<int, int, Range> body) => Rows.Run(Chunks, 2L * Chunk * Width, (first, last) =>
        {
            for (int chunk = first; chunk < last; chunk++)
            {
                (int sequence, int part) = Math.DivRem(chunk, _chunksEach);
                body(chunk, sequence, new Range(part * Chunk, Math.Min(Tokens, (part + 1) * Chunk)));
            }
        });
    }
}
