using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>Activations and gates as a function that libtorch's autograd knows: it saves the input and the parameters, and computes the functions again in the backward pass.</summary>
internal sealed class ElementFunction : autograd.SingleTensorFunction<ElementFunction>
{
    private const string CallKey = "call";

    /// <inheritdoc/>
    public override string Name => nameof(ElementFunction);

    /// <summary>The output: by the engine where it computes this, else by plain operations; attached to the graph where a gradient is wanted.</summary>
    /// <param name="sources">The functions.</param>
    /// <param name="input">(tokens, <see cref="ElementSources.InputWidth"/>).</param>
    /// <param name="settings">The vectors.</param>
    /// <param name="plans">Of each function the plan of an earlier call.</param>
    public static Tensor Apply(ElementSources sources, Tensor input, EngineSettings settings, KanPlan?[] plans)
    {
        using var scope = NewDisposeScope();
        if (!sources.Phi.FitsEngine(input) || !(sources.Psi?.FitsEngine(input) ?? true))
            return sources.Reference(input).MoveToOuterDisposeScope();
        if (sources.Phi.HasNorm || (sources.Psi?.HasNorm ?? false))
            return Apart(sources, input, settings, plans).MoveToOuterDisposeScope();
        Tensor x = input.contiguous();
        bool[] wanted = [x.requires_grad, .. sources.Parameters.Select(parameter => parameter.requires_grad)];
        ElementPass? pass = ElementPass.Open(sources, settings.Lanes, plans);
        if (pass is null)
            return sources.Reference(input).MoveToOuterDisposeScope();
        using (pass)
        {
            if (is_grad_enabled() && wanted.Contains(true))
                return apply([x, .. sources.Parameters, new Call(sources, pass, wanted, settings, plans)]).MoveToOuterDisposeScope();
            return Run(pass, sources, x).MoveToOuterDisposeScope();
        }
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        Call call = (Call)vars[^1];
        ctx.set_materialize_grads(false);
        ctx.save_data(CallKey, call with { Pass = null });
        ctx.save_for_backward([.. vars[..^1].Cast<Tensor>()]);
        return Run(call.Pass!, call.Sources, (Tensor)vars[0]);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        Call call = (Call)ctx.get_data(CallKey);
        return BackwardResults.Of(grad_output, call.Wanted.Length + 1, () => Gradients(call, ctx.get_saved_variables(), grad_output));
    }

    private static Tensor Run(ElementPass pass, ElementSources sources, Tensor x)
    {
        using var guard = no_grad();
        Tensor y = empty(x.shape[0], sources.Width, dtype: ScalarType.Float32);
        pass.Forward(x, y);
        return y;
    }

    // Behind a layer norm of one's own each activation is by itself.
    private static Tensor Apart(ElementSources sources, Tensor input, EngineSettings settings, KanPlan?[] plans)
    {
        (Tensor ofPhi, Tensor ofPsi) = sources.Split(input);
        (Tensor seen, ElementSource phi) = sources.Phi.Normalised(ofPhi);
        Tensor value = Apply(new ElementSources(null, phi, null), seen, settings, plans);
        if (sources.Psi is null)
            return value;
        KanPlan?[] others = [plans[1], null];
        (seen, ElementSource psi) = sources.Psi.Normalised(ofPsi);
        Tensor other = Apply(new ElementSources(null, psi, null), seen, settings, others);
        plans[1] = others[0];
        return sources.Join(value, other);
    }

    private static Tensor?[] Gradients(Call call, List<Tensor> saved, Tensor upstream)
    {
        using var scope = NewDisposeScope();
        Tensor?[] found = is_grad_enabled()
            ? Regrad.Of(inputs => call.Sources.With(inputs[1..]).Reference(inputs[0]), [.. saved], upstream) : Plain(call, saved, upstream);
        foreach (Tensor? one in found)
            one?.MoveToOuterDisposeScope();
        return found;
    }

    private static Tensor?[] Plain(Call call, List<Tensor> saved, Tensor upstream)
    {
        using var guard = no_grad();
        (Tensor x, Tensor[] parameters) = (saved[0], [.. saved.Skip(1)]);
        ElementSources sources = call.Sources.With(parameters);
        using ElementPass pass = ElementPass.Open(sources, call.Settings.Lanes, call.Plans) ?? throw new InvalidOperationException("no kernel computes these functions any more");
        Tensor? dx = call.Wanted[0] ? empty_like(x) : null;
        int ofPhi = call.Sources.Phi.Parameters.Count;
        bool[] wanted = [call.Wanted.AsSpan(1, ofPhi).Contains(true), call.Wanted.AsSpan(1 + ofPhi).Contains(true)];
        float[][] found = pass.Backward(x, upstream.contiguous(), dx, wanted);
        List<Tensor?> all = [dx];
        for (int side = 0; side < found.Length; side++)
        {
            Range own = side == 0 ? ..ofPhi : ofPhi..;
            ElementSource source = side == 0 ? call.Sources.Phi : call.Sources.Psi!;
            all.AddRange(pass.Sides[side].GradientsOf(found[side], parameters.AsSpan()[own], [.. source.Parameters.Select(entry => entry.Role)], call.Wanted.AsSpan()[1..][own]));
        }

        return [.. all];
    }

    /// <param name="Sources">The functions.</param>
    /// <param name="Pass">The functions, opened: for the forward pass.</param>
    /// <param name="Wanted">Whether the input, and each parameter, wants a gradient.</param>
    /// <param name="Settings">The vectors.</param>
    /// <param name="Plans">Of each function the plan.</param>
    private sealed record Call(ElementSources Sources, ElementPass? Pass, bool[] Wanted, EngineSettings Settings, KanPlan?[] Plans);
}
