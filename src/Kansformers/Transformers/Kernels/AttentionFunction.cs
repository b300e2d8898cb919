using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// Causal self-attention with QK-norm and rotary positions, straight from the rows of the query-key-value layer to those of the output layer. It saves the
/// packed rows, nothing else. Float32 on the CPU; each head of a sequence is computed by one thread, so that results do not depend on their number.
/// </summary>
internal sealed unsafe class AttentionFunction : autograd.SingleTensorFunction<AttentionFunction>
{
    private const string CallKey = "call";

    // Beyond this the tiles leave the caches, and libtorch's kernel is as fast.
    private const long LongestSequence = 1024;

    /// <inheritdoc/>
    public override string Name => nameof(AttentionFunction);

    /// <summary>Whether packed rows can be computed so.</summary>
    public static bool Fits(Tensor packed) => PlainRows.Fit(packed) && packed.dim() == 3 && packed.shape[1] is > 0 and <= LongestSequence;

    /// <summary>Attention of all tokens of each sequence to those before them and themselves.</summary>
    /// <param name="packed">(B, T, 3 · width), contiguous: queries, keys, values, each head by head.</param>
    /// <param name="layout">The heads.</param>
    /// <returns>(B, T, width).</returns>
    public static Tensor Apply(Tensor packed, HeadLayout layout) =>
        is_grad_enabled() && packed.requires_grad ? apply(packed, layout) : Attend(packed, layout);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        using var guard = no_grad();
        ctx.set_materialize_grads(false);
        ctx.save_data(CallKey, vars[1]);
        ctx.save_for_backward([(Tensor)vars[0]]);
        return Attend((Tensor)vars[0], (HeadLayout)vars[1]);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) =>
        BackwardResults.Of(grad_output, 2, () => [Gradient(ctx.get_saved_variables()[0], (HeadLayout)ctx.get_data(CallKey), grad_output)]);

    private static Tensor Attend(Tensor packed, HeadLayout layout)
    {
        Tensor y = empty([packed.shape[0], packed.shape[1], layout.Width], dtype: ScalarType.Float32);
        Heads heads = new(packed, layout, (float*)RawMemory.Pointer(packed));
        float* to = (float*)RawMemory.Pointer(y);
        heads.Run(backward: false, new Pass(to, null));
        GC.KeepAlive(packed);
        return y;
    }

    private static Tensor Gradient(Tensor packed, HeadLayout layout, Tensor upstream)
    {
        if (is_grad_enabled())
            return Regrad.Of(inputs => AttentionReference.Apply(inputs[0], layout), [packed], upstream)[0]!;
        using var scope = NewDisposeScope();
        Tensor dy = upstream.contiguous(), dx = empty(packed.shape, dtype: ScalarType.Float32);
        Heads heads = new(packed, layout, (float*)RawMemory.Pointer(packed));
        heads.Run(backward: true, new Pass((float*)RawMemory.Pointer(dx), (float*)RawMemory.Pointer(dy)));
        GC.KeepAlive(packed);
        return dx.MoveToOuterDisposeScope();
    }

    // Where a pass writes, and the gradient of the output where it goes backwards.
    private readonly record struct Pass(nint To, nint Upstream)
    {
        public Pass(float* to, float* upstream)
            : this((nint)to, (nint)upstream)
        {
        }
    }

    private sealed class Heads(Tensor packed, HeadLayout layout, float* rows)
    {
        private readonly int _sequences = (int)packed.shape[0], _tokens = (int)packed.shape[1];

        public void Run(bool backward, Pass pass)
        {
            if (SimdWidth.Lanes >= 16 && layout.Size % (2 * Simd512.Count) == 0)
                Run<Simd512>(backward, pass);
            else if (SimdWidth.Lanes >= 8)
                Run<Simd256>(backward, pass);
            else
                Run<Simd128>(backward, pass);
        }

        private void Run<TSimd>(bool backward, Pass pass)
            where TSimd : struct, ISimd<TSimd>
        {
            nint width = layout.Width;
            WorkQueue.Run(_sequences * layout.Heads, (long)_sequences * _tokens * _tokens * width > 1 << 18, queue =>
            {
                using AttentionTile<TSimd> tile = new(layout, _tokens, backward);
                while (queue.TryTake(out int item))
                {
                    (int sequence, int head) = Math.DivRem(item, layout.Heads);
                    nint first = (nint)sequence * _tokens, column = head * layout.Size;
                    Matrix from = new(rows + first * 3 * width + column, 3 * width);
                    if (backward)
                        tile.Backward(from, Output(pass.Upstream), new((float*)pass.To + first * 3 * width + column, 3 * width));
                    else
                        tile.Forward(from, Output(pass.To));

                    Matrix Output(nint start) => new((float*)start + first * width + column, width);
                }
            });
        }
    }
}
