using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// The engine as a function that libtorch's autograd knows: it saves the input and the parameters, nothing else. What the basis sees of the input and the
/// expansion are computed again in the backward pass.
/// </summary>
internal sealed class KanFunction : autograd.SingleTensorFunction<KanFunction>
{
    private const string CallKey = "call";

    // The tensors that the function takes, in this order, behind the input and before the kernel's parameters.
    private static readonly KanRole[] Roles = [KanRole.Base, KanRole.Coefficients, KanRole.Scaler, KanRole.BaseBias, KanRole.Bias, KanRole.NormWeight, KanRole.NormBias];

    /// <inheritdoc/>
    public override string Name => nameof(KanFunction);

    /// <summary>Whether a call would be part of a graph.</summary>
    public static bool IsGraph(EngineLayer layer, Tensor x) =>
        is_grad_enabled() && (x.requires_grad || layer.Tensors.All.Values.Any(tensor => tensor.requires_grad));

    /// <summary>The layer's output, attached to the graph.</summary>
    public static Tensor Apply(EngineLayer layer, Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor? parameters = FunctionParameters.Pack(layer.Tensors);
        Tensor?[] inputs = [x, .. Roles.Select(layer.Tensors.Find), parameters];
        Call call = new(layer, [.. inputs.Select(one => one is not null)], [.. inputs.Select(one => one?.requires_grad ?? false)]);
        return apply([.. inputs.OfType<Tensor>(), call]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        Call call = (Call)vars[^1];
        List<Tensor> present = [.. vars[..^1].Cast<Tensor>()];
        Tensor?[] inputs = call.AtTheirPlaces(present);
        ctx.set_materialize_grads(false);
        ctx.save_data(CallKey, call);
        ctx.save_for_backward(present);
        return LayerPass.Forward(call.Layer, inputs[0]!, inputs[^1]);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) =>
        BackwardResults.Of(grad_output, ((Call)ctx.get_data(CallKey)).Present.Count(present => present) + 1, () => Gradients(ctx, grad_output));

    private static Tensor?[] Gradients(autograd.AutogradContext ctx, Tensor upstream)
    {
        using var scope = NewDisposeScope();
        Call call = (Call)ctx.get_data(CallKey);
        Tensor?[] inputs = call.AtTheirPlaces(ctx.get_saved_variables());
        KanTensors tensors = call.Layer.Tensors.Map((role, tensor) => Array.IndexOf(Roles, role) is >= 0 and int at ? inputs[1 + at]! : tensor);
        EngineLayer layer = call.Layer with { Tensors = tensors };
        Tensor?[] found = is_grad_enabled() ? Differentiable(call, layer, inputs, upstream) : Plain(call, layer, inputs, upstream);
        foreach (Tensor? one in found)
            one?.MoveToOuterDisposeScope();
        return [.. found.Where((_, at) => call.Present[at])];
    }

    private static Tensor?[] Plain(Call call, EngineLayer layer, Tensor?[] inputs, Tensor upstream)
    {
        KanGradients found = LayerPass.Backward(layer, inputs[0]!, inputs[^1], upstream, call.Wanted);
        Tensor? bias = call.IsWanted(KanRole.Bias) || call.IsWanted(KanRole.BaseBias) ? upstream.sum([0L]) : null;
        return
        [
            found.Input, found.Base, found.Coefficients, found.Scaler,
            call.IsWanted(KanRole.BaseBias) ? bias : null, call.IsWanted(KanRole.Bias) ? bias!.view(inputs[1 + Array.IndexOf(Roles, KanRole.Bias)]!.shape) : null,
            found.NormWeight, found.NormBias, found.Parameters,
        ];
    }

    // With create_graph the gradients must be differentiable themselves: the reference's operations are.
    private static Tensor?[] Differentiable(Call call, EngineLayer layer, Tensor?[] inputs, Tensor upstream)
    {
        KanTensors tensors = inputs[^1] is Tensor parameters ? FunctionParameters.Unpack(layer.Tensors, parameters) : layer.Tensors;
        Tensor y = KanReference.Forward(inputs[0]!, tensors);
        Tensor[] wanted = [.. inputs.Where((_, at) => call.Wanted[at]).OfType<Tensor>()];
        Queue<Tensor> found = new(autograd.grad([y], wanted, [upstream], retain_graph: true, create_graph: true, allow_unused: true));
        return [.. call.Wanted.Select(one => one ? found.Dequeue() : null)];
    }

    // Autograd gets the tensors that there are: it cannot tell an absent one from something that is no tensor.
    /// <param name="Layer">The layer.</param>
    /// <param name="Present">Which of the input, <see cref="Roles"/> and the kernel's parameters there are.</param>
    /// <param name="Wanted">Which of them want a gradient.</param>
    private sealed record Call(EngineLayer Layer, bool[] Present, bool[] Wanted)
    {
        public Tensor?[] AtTheirPlaces(List<Tensor> present)
        {
            Queue<Tensor> next = new(present);
            return [.. Present.Select(there => there ? next.Dequeue() : null)];
        }

        public bool IsWanted(KanRole role) => Wanted[1 + Array.IndexOf(Roles, role)];
    }
}
