using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// A linear layer as a trainer runs it: the gradients of its parameters go to the trainer's buffers, and what the products of bfloat16 need in between to memory
/// that is there already. The numbers are those of torch's own operations.
/// </summary>
internal sealed class LinearFunction : autograd.SingleTensorFunction<LinearFunction>
{
    // Below this, what is saved is less than a call of this function costs.
    private const long FewestWeights = 1 << 16;
    private const string CallKey = "call";

    /// <inheritdoc/>
    public override string Name => nameof(LinearFunction);

    /// <summary>Whether a trainer collects gradients, for which this function is the faster way.</summary>
    public static bool IsFaster(Tensor x, Tensor weight, Tensor? bias, Precision precision) =>
        GradientBuffers.IsCollecting && is_grad_enabled() && weight.requires_grad && weight.numel() >= FewestWeights && EngineSettings.OfThisMachine.FormatOf(precision) != ProductFormat.Rounded
        && IsPlain(x) && IsPlain(weight) && weight.is_contiguous() && (bias is null || IsPlain(bias));

    /// <summary>x · weightᵀ + bias.</summary>
    /// <param name="x">Any leading dimensions, the last of size in.</param>
    /// <param name="weight">(out, in).</param>
    /// <param name="bias">(out), or null.</param>
    /// <param name="half">Where the weight in bfloat16 is kept until the backward pass; null for float32.</param>
    public static Tensor Apply(Tensor x, Tensor weight, Tensor? bias, HalfWeight? half)
    {
        using var scope = NewDisposeScope();
        Tensor rows = x.reshape(-1, x.shape[^1]);
        Call call = new(half, rows.requires_grad, bias is not null, bias?.requires_grad ?? false);
        Tensor y = bias is null ? apply(rows, weight, call) : apply(rows, weight, bias, call);
        return y.view([.. x.shape[..^1], weight.shape[0]]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Call call = (Call)vars[^1];
        (Tensor x, Tensor weight, Tensor? bias) = ((Tensor)vars[0], (Tensor)vars[1], vars[2] as Tensor);
        ctx.set_materialize_grads(false);
        ctx.save_data(CallKey, call);
        ctx.save_for_backward([x, weight]);
        if (call.Half is null)
            return nn.functional.linear(x, weight, bias).MoveToOuterDisposeScope();
        Tensor factor = call.Half.Of(weight), input = x.to_type(ScalarType.BFloat16);
        Tensor y = empty(x.shape[0], weight.shape[0], dtype: ScalarType.Float32);
        y.copy_(Scratch.OfThread.Matrix(Scratch.Use.Output, x.shape[0], weight.shape[0], half: true).addmm_(input, factor.t(), beta: 0, alpha: 1));
        return (bias is null ? y : y.add_(bias)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        Call call = (Call)ctx.get_data(CallKey);
        return BackwardResults.Of(grad_output, call.HasBias ? 4 : 3, () => Gradients(ctx.get_saved_variables(), grad_output, call));
    }

    private static Tensor?[] Gradients(List<Tensor> saved, Tensor upstream, Call call)
    {
        using var scope = NewDisposeScope();
        (Tensor x, Tensor weight, bool half) = (saved[0], saved[1], call.Half is not null);
        if (is_grad_enabled())
            return Differentiable(x, weight, upstream, call);
        Tensor factor = call.Half?.Last ?? weight, dy = upstream;
        if (half)
            dy = Scratch.OfThread.Matrix(Scratch.Use.Output, upstream.shape[0], upstream.shape[1], half: true).copy_(upstream);
        Tensor? dx = null;
        if (call.InputWanted)
        {
            dx = empty(x.shape, dtype: ScalarType.Float32);
            if (half)
                dx.copy_(Scratch.OfThread.Matrix(Scratch.Use.Expansion, x.shape[0], x.shape[1], half: true).addmm_(dy, factor, beta: 0, alpha: 1));
            else
                dx.addmm_(dy, factor, beta: 0, alpha: 1);
        }

        Tensor? dw = OfWeight(dy, x, GradientBuffers.For(weight), half), db = null;
        if (call.BiasWanted)
            db = upstream.sum([0L]);
        dx?.MoveToOuterDisposeScope();
        dw?.MoveToOuterDisposeScope();
        db?.MoveToOuterDisposeScope();
        return [dx, dw, db];
    }

    // With create_graph the gradients must be differentiable themselves: torch's own operations are.
    private static Tensor?[] Differentiable(Tensor x, Tensor weight, Tensor upstream, Call call)
    {
        Tensor? dx = call.InputWanted ? upstream.matmul(weight).MoveToOuterDisposeScope() : null;
        Tensor dw = upstream.t().matmul(x).MoveToOuterDisposeScope();
        return [dx, dw, call.BiasWanted ? upstream.sum([0L]).MoveToOuterDisposeScope() : null];
    }

    private static Tensor? OfWeight(Tensor dy, Tensor x, GradientTarget target, bool half)
    {
        if (!half)
        {
            target.Tensor.addmm_(dy.t(), x, beta: target.Adds ? 1 : 0, alpha: 1);
            return target.ForTorch;
        }

        HalfProducts.Transposed(dy, x.to_type(ScalarType.BFloat16), target.Tensor, target.Adds);
        return target.ForTorch;
    }

    private static bool IsPlain(Tensor tensor) => tensor.device_type == DeviceType.CPU && tensor.dtype == ScalarType.Float32;

    private sealed record Call(HalfWeight? Half, bool InputWanted, bool HasBias, bool BiasWanted);
}

/// <summary>A weight in bfloat16, in memory that is kept from step to step.</summary>
internal sealed class HalfWeight : IDisposable
{
    /// <summary>The weight as it was when <see cref="Of"/> was called last.</summary>
    public Tensor? Last { get; private set; }

    /// <summary>The weight as it is now.</summary>
    public Tensor Of(Tensor weight)
    {
        Last ??= empty(weight.shape, dtype: ScalarType.BFloat16).DetachFromDisposeScope();
        Last.copy_(weight);
        return Last;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Last?.Dispose();
        Last = null;
    }
}

/// <summary>Products of bfloat16 factors whose float32 results are too large for the caches.</summary>
internal static class HalfProducts
{
    // Rows of the result that are made at a time: their bfloat16 form is still in cache when it is widened.
    private const long Values = 2 << 20;

    /// <summary>to (+)= aᵀ · b, each value rounded to bfloat16 as libtorch's product rounds it.</summary>
    /// <param name="a">bfloat16, (tokens, rows).</param>
    /// <param name="b">bfloat16, (tokens, columns).</param>
    /// <param name="to">float32, (rows, columns).</param>
    /// <param name="adds">Whether to add to what is there.</param>
    public static void Transposed(Tensor a, Tensor b, Tensor to, bool adds)
    {
        (long rows, long columns) = (a.shape[1], b.shape[1]);
        long step = Math.Max(1, Values / columns);
        for (long from = 0; from < rows; from += step)
        {
            using var scope = NewDisposeScope();
            long count = Math.Min(step, rows - from);
            Tensor part = Scratch.OfThread.Matrix(Scratch.Use.WeightGradient, count, columns, half: true).addmm_(a.narrow(1, from, count).t(), b, beta: 0, alpha: 1);
            Tensor target = to.narrow(0, from, count);
            _ = adds ? target.add_(part) : target.copy_(part);
        }
    }
}
