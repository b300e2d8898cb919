using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// What each head of attention found, times a gate of the token's own: y[t, h] · 2 sigmoid(g[t, h]), which at g = 0 changes nothing (a gate for each head behind
/// attention: Qiu et al., "Gated Attention for Large Language Models", 2025).
/// </summary>
internal sealed unsafe class HeadGateFunction : autograd.SingleTensorFunction<HeadGateFunction>
{
    /// <inheritdoc/>
    public override string Name => nameof(HeadGateFunction);

    /// <summary>The gated heads.</summary>
    /// <param name="gates">g, (B, T, heads).</param>
    /// <param name="heads">y, (B, T, width), head by head.</param>
    /// <returns>(B, T, width).</returns>
    public static Tensor Apply(Tensor gates, Tensor heads)
    {
        if (!PlainRows.Fit(gates) || !PlainRows.Fit(heads))
            return Reference(gates, heads);
        return is_grad_enabled() && (gates.requires_grad || heads.requires_grad) ? apply(gates, heads) : Run(gates, heads);
    }

    /// <summary>The same by torch's operations, of any type.</summary>
    public static Tensor Reference(Tensor gates, Tensor heads)
    {
        using var scope = NewDisposeScope();
        Tensor apart = heads.reshape([.. gates.shape, -1]);
        return (apart * (gates.sigmoid() * 2).unsqueeze(-1)).reshape(heads.shape).MoveToOuterDisposeScope();
    }

    /// <summary>The factor of a gate.</summary>
    public static float Factor(float gate) => 2 / (1 + MathF.Exp(-gate));

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        using var guard = no_grad();
        ctx.set_materialize_grads(false);
        ctx.save_for_backward([(Tensor)vars[0], (Tensor)vars[1]]);
        return Run((Tensor)vars[0], (Tensor)vars[1]);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        List<Tensor> saved = ctx.get_saved_variables();
        return BackwardResults.Of(grad_output, 2, () => is_grad_enabled()
            ? Regrad.Of(inputs => Reference(inputs[0], inputs[1]), [.. saved], grad_output)
            : Gradients(saved[0], saved[1], grad_output));
    }

    private static Tensor Run(Tensor gates, Tensor heads)
    {
        Tensor y = empty(heads.shape, dtype: ScalarType.Float32);
        (nint g, nint from, nint to, int size) = (RawMemory.Pointer(gates), RawMemory.Pointer(heads), RawMemory.Pointer(y), Size(gates, heads));
        ForEach(gates, size, at => VectorMath.Scale((float*)from + at * size, Factor(((float*)g)[at]), (float*)to + at * size, size));
        GC.KeepAlive(gates);
        GC.KeepAlive(heads);
        return y;
    }

    private static Tensor?[] Gradients(Tensor gates, Tensor heads, Tensor upstream)
    {
        using var scope = NewDisposeScope();
        Tensor dg = empty(gates.shape, dtype: ScalarType.Float32), dy = empty(heads.shape, dtype: ScalarType.Float32), up = upstream.contiguous();
        (nint g, nint y, nint u, int size) = (RawMemory.Pointer(gates), RawMemory.Pointer(heads), RawMemory.Pointer(up), Size(gates, heads));
        (nint toGates, nint toHeads) = (RawMemory.Pointer(dg), RawMemory.Pointer(dy));
        ForEach(gates, size, at =>
        {
            float factor = Factor(((float*)g)[at]);
            float* above = (float*)u + at * size;
            VectorMath.Scale(above, factor, (float*)toHeads + at * size, size);
            ((float*)toGates)[at] = RowProducts.Dot(above, (float*)y + at * size, size) * factor * (1 - factor / 2);
        });
        GC.KeepAlive(gates);
        GC.KeepAlive(heads);
        return [dg.MoveToOuterDisposeScope(), dy.MoveToOuterDisposeScope()];
    }

    private static int Size(Tensor gates, Tensor heads) => (int)(heads.shape[^1] / gates.shape[^1]);

    private static void ForEach(Tensor gates, int size, Action<nint> body) => Rows.Run((int)gates.NumberOfElements, 2L * size, (first, last) =>
    {
        for (int at = first; at < last; at++)
            body(at);
    });
}
