using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>The engine as a function that libtorch's autograd knows: it saves the input and the parameters, nothing else.</summary>
internal sealed class KanFunction : autograd.SingleTensorFunction<KanFunction>
{
    private const string CallKey = "call";

    /// <inheritdoc/>
    public override string Name => nameof(KanFunction);

    /// <summary>The layer's output, attached to the graph.</summary>
    public static Tensor Apply(SplinePlan plan, BaseActivation activation, Precision precision, Tensor x, KanWeights weights)
    {
        using var scope = NewDisposeScope();
        KanWanted wanted = new(x.requires_grad, weights.Base.requires_grad, weights.Spline.requires_grad, weights.Scaler?.requires_grad ?? false);
        return apply(x, weights.Base, weights.Spline, weights.Scaler!, new Call(plan, activation, precision, wanted)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        (Tensor x, Tensor baseWeight, Tensor splineWeight, Tensor? scaler, Call call) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (Tensor?)vars[3], (Call)vars[4]);
        ctx.set_materialize_grads(false);
        ctx.save_data(CallKey, call);
        ctx.save_for_backward(scaler is null ? [x, baseWeight, splineWeight] : [x, baseWeight, splineWeight, scaler]);
        return KanTiles.Forward(call.Plan, call.Activation, call.Precision, x, new KanWeights(baseWeight, splineWeight, scaler));
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) =>
        BackwardResults.Of(grad_output, 5, () => Gradients(ctx, grad_output) is var found ? [found.Input, found.Base, found.Spline, found.Scaler] : []);

    private static KanGradients Gradients(autograd.AutogradContext ctx, Tensor upstream)
    {
        using var scope = NewDisposeScope();
        Call call = (Call)ctx.get_data(CallKey);
        List<Tensor> saved = ctx.get_saved_variables();
        Tensor x = saved[0];
        KanWeights weights = new(saved[1], saved[2], saved.Count > 3 ? saved[3] : null);
        KanGradients gradients = is_grad_enabled()
            ? Differentiable(call, x, weights, upstream)
            : KanTiles.Backward(call.Plan, call.Activation, call.Precision, x, weights, upstream, call.Wanted);
        gradients.MoveToOuterScope();
        return gradients;
    }

    // With create_graph the gradients must be differentiable themselves: the reference's operations are.
    private static KanGradients Differentiable(Call call, Tensor x, KanWeights weights, Tensor upstream)
    {
        using var scope = NewDisposeScope();
        SplinePlan plan = call.Plan;
        Tensor grid = tensor(plan.Grid.ToArray(), plan.Inputs, plan.Bases + plan.Order + 1);
        KanOptions options = new() { SplineOrder = plan.Order, BaseActivation = call.Activation };
        Tensor y = KanReference.Forward(x, weights.Base, weights.Spline, weights.Scaler, grid, options);
        (bool Wanted, Tensor? Of)[] all = [(call.Wanted.Input, x), (call.Wanted.Base, weights.Base), (call.Wanted.Spline, weights.Spline), (call.Wanted.Scaler, weights.Scaler)];
        IList<Tensor> found = autograd.grad([y], [.. all.Where(one => one.Wanted).Select(one => one.Of!)], [upstream], retain_graph: true, create_graph: true);
        int next = 0;
        Tensor?[] results = [.. all.Select(one => one.Wanted ? found[next++].MoveToOuterDisposeScope() : null)];
        return new KanGradients(results[0], results[1], results[2], results[3]);
    }

    private sealed record Call(SplinePlan Plan, BaseActivation Activation, Precision Precision, KanWanted Wanted);
}
