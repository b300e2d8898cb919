using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// Head and loss together: logits are made for a chunk of tokens, turned into their loss and gradient in place, sent back through the head, and dropped,
/// so that the (tokens, vocabulary) tensor never exists. All gradients are computed in the forward pass, since the loss is a scalar: the backward
/// pass only scales them.
/// </summary>
internal sealed class ChunkedLoss : autograd.SingleTensorFunction<ChunkedLoss>
{
    // The logits of a chunk: 64 MiB, but whole multiples of a number of rows that makes an efficient product.
    private const long ChunkLogits = 16L << 20;
    private const long FewestTokens = 128;
    private const string CallKey = "call";

    /// <inheritdoc/>
    public override string Name => nameof(ChunkedLoss);

    /// <summary>share · the mean loss of the tokens.</summary>
    /// <param name="head">The head.</param>
    /// <param name="x">The head's input, contiguous float32 on the CPU, (tokens, in).</param>
    /// <param name="loss">The loss of each token's logits.</param>
    /// <param name="share">The factor of the loss and so of all gradients.</param>
    public static Tensor Apply(IChunkedHead head, Tensor x, RowLoss loss, double share)
    {
        using var scope = NewDisposeScope();
        IReadOnlyList<Parameter> parameters = head.Parameters;
        bool graph = is_grad_enabled() && (x.requires_grad || parameters.Any(parameter => parameter.requires_grad));
        Call call = new(head, loss, share, x.requires_grad, graph);
        if (!graph)
            return call.Run(x.detach()).MoveToOuterDisposeScope();
        return apply([x, .. parameters, call]).MoveToOuterDisposeScope();
    }

    /// <summary>Of how many tokens logits are made at once.</summary>
    /// <param name="outputs">The logits of a token.</param>
    public static long RowsAtOnce(long outputs) => Math.Max(ChunkLogits / outputs / FewestTokens, 1) * FewestTokens;

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        Call call = (Call)vars[^1];
        ctx.set_materialize_grads(false);
        ctx.save_data(CallKey, call);
        ctx.save_for_backward([(Tensor)vars[0]]);
        return call.Run((Tensor)vars[0]);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        Call call = (Call)ctx.get_data(CallKey);
        return BackwardResults.Of(grad_output, call.Head.Parameters.Count + 2, () => call.Scaled(ctx.get_saved_variables()[0], grad_output));
    }

    private sealed class Call(IChunkedHead head, RowLoss loss, double share, bool inputWanted, bool graph)
    {
        private Tensor?[]? _gradients;

        public IChunkedHead Head => head;

        public Tensor Run(Tensor x)
        {
            using var guard = no_grad();
            using var scope = NewDisposeScope();
            (long tokens, long outputs) = (x.shape[0], head.Outputs);
            long chunk = Math.Min(tokens, RowsAtOnce(outputs));
            float? slope = graph ? (float)(share / tokens) : null;
            double[] losses = new double[tokens];
            Tensor? dx = inputWanted && graph ? empty_like(x, requires_grad: false) : null;
            using IChunkedLayer layer = head.Open(chunk);
            Tensor buffer = Scratch.OfThread.Matrix(Scratch.Use.Logits, chunk, outputs);
            for (long from = 0; from < tokens; from += chunk)
            {
                using var inner = NewDisposeScope();
                long rows = Math.Min(chunk, tokens - from);
                Tensor part = x.narrow(0, from, rows), logits = buffer.narrow(0, 0, rows);
                layer.Forward(part, logits);
                loss.Run(logits, (int)from, losses, slope);
                if (graph)
                    layer.Backward(part, logits, dx?.narrow(0, from, rows));
            }

            if (graph)
            {
                Forget();
                _gradients = [dx, .. layer.WeightGradients()];
                foreach (Tensor? gradient in _gradients)
                    gradient?.DetachFromDisposeScope();
            }

            return tensor((float)(share * losses.Sum() / tokens)).MoveToOuterDisposeScope();
        }

        // The gradients are handed over once; another backward pass over the same graph computes them again.
        public Tensor?[] Scaled(Tensor x, Tensor upstream)
        {
            if (is_grad_enabled())
                return Differentiable(x, upstream);
            float factor = upstream.item<float>();
            if (factor != 1 && GradientBuffers.IsCollecting)
                throw new InvalidOperationException("gradients that a trainer collects are complete before the backward pass: give the factor as the loss's share");
            if (_gradients is null)
                Run(x).Dispose();
            Tensor?[] gradients = _gradients!;
            _gradients = null;
            foreach (Tensor? gradient in gradients)
            {
                if (factor != 1)
                    gradient?.mul_(factor);
            }

            return gradients;
        }

        // With create_graph the gradients must be differentiable themselves: torch's own operations are, on all the logits.
        private Tensor?[] Differentiable(Tensor x, Tensor upstream)
        {
            Tensor mean = loss.Mean(head.Forward(x)) * share;
            Tensor[] all = [x, .. head.Parameters];
            Queue<Tensor> found = new(autograd.grad([mean], [.. all.Where(one => one.requires_grad)], [upstream], create_graph: true));
            return [.. all.Select(one => one.requires_grad ? found.Dequeue() : null)];
        }

        private void Forget()
        {
            foreach (Tensor? gradient in _gradients ?? [])
                gradient?.Dispose();
        }
    }
}

/// <summary>A head that can be run over chunks of tokens.</summary>
internal interface IChunkedHead
{
    /// <summary>The size of the vocabulary.</summary>
    long Outputs { get; }

    /// <summary>The parameters, in the order of <see cref="IChunkedLayer.WeightGradients"/>.</summary>
    IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>All logits at once, by an ordinary forward pass.</summary>
    Tensor Forward(Tensor x);

    /// <summary>Starts a pass.</summary>
    /// <param name="tokens">The most tokens of a chunk.</param>
    IChunkedLayer Open(long tokens);
}
