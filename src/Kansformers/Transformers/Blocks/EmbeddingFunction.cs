using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// An embedding as a trainer runs it: its gradient is added to the rows of the trainer's buffer that the batch names, the others being zeros already, where
/// torch's own would fill and copy a matrix of the whole vocabulary.
/// </summary>
internal sealed unsafe class EmbeddingFunction : autograd.SingleTensorFunction<EmbeddingFunction>
{
    private const string CallKey = "call";

    /// <inheritdoc/>
    public override string Name => nameof(EmbeddingFunction);

    /// <summary>The rows of the ids.</summary>
    /// <param name="ids">int64, (B, T).</param>
    /// <param name="weight">(vocabulary, width).</param>
    /// <returns>(B, T, width).</returns>
    /// <exception cref="ArgumentException">An id is outside the vocabulary; on the CPU alone, for elsewhere looking would hold up the device.</exception>
    public static Tensor Apply(Tensor ids, Tensor weight)
    {
        using var scope = NewDisposeScope();
        if (ids.device_type != DeviceType.CPU)
            return Rows(ids, weight).MoveToOuterDisposeScope();
        long vocabulary = weight.shape[0];
        long[] known = ids.reshape(-1).contiguous().data<long>().ToArray();
        foreach (long id in known)
        {
            if ((ulong)id >= (ulong)vocabulary)
                throw new ArgumentException($"token id {id} is outside the vocabulary of {vocabulary}", nameof(ids));
        }

        bool collects = GradientBuffers.IsCollecting && is_grad_enabled() && weight.requires_grad && weight.is_contiguous()
            && weight.device_type == DeviceType.CPU && weight.dtype == ScalarType.Float32;
        if (!collects)
            return Rows(ids, weight).MoveToOuterDisposeScope();
        return apply(weight, ids, known).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        using var guard = no_grad();
        ctx.set_materialize_grads(false);
        ctx.save_data(CallKey, vars[2]);
        ctx.save_for_backward([(Tensor)vars[0]]);
        return Rows((Tensor)vars[1], (Tensor)vars[0]);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) =>
        BackwardResults.Of(grad_output, 3, () => [Gradient(ctx.get_saved_variables()[0], (long[])ctx.get_data(CallKey), grad_output)]);

    private static Tensor Rows(Tensor ids, Tensor weight)
    {
        using var scope = NewDisposeScope();
        return weight.index_select(0, ids.reshape(-1)).view([.. ids.shape, weight.shape[1]]).MoveToOuterDisposeScope();
    }

    private static Tensor? Gradient(Tensor weight, long[] ids, Tensor upstream)
    {
        using var scope = NewDisposeScope();
        int width = (int)weight.shape[1];
        Tensor rows = upstream.reshape(-1, width).contiguous();
        GradientTarget target = GradientBuffers.ForRows(weight, ids);
        float* from = (float*)RawMemory.Pointer(rows), to = (float*)RawMemory.Pointer(target.Tensor);
        for (int n = 0; n < ids.Length; n++)
            VectorMath.Add(from + (nint)n * width, to + (nint)ids[n] * width, width);
        return target.ForTorch?.MoveToOuterDisposeScope();
    }
}
