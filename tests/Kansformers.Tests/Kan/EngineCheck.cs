using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Tests.Kan;

/// <summary>Compares the engine with the reference in float64: outputs and every gradient, relative to the largest value.</summary>
internal static class EngineCheck
{
    public static void Agrees(KanLinear layer, Tensor x, double tolerance, bool inputGradient = true, bool gradients = true) =>
        Agrees([layer], x, tolerance, inputGradient, gradients);

    public static void Agrees(IReadOnlyList<KanLinear> layers, Tensor x, double tolerance, bool inputGradient = true, bool gradients = true)
    {
        using var scope = NewDisposeScope();
        Tensor fastInput = x.detach().requires_grad_(inputGradient);
        Tensor exactInput = x.detach().to_type(ScalarType.Float64).requires_grad_(inputGradient);
        Tensor fast = fastInput, exact = exactInput;
        List<(string Name, Tensor Fast, Tensor Exact)> leaves = [("x", fastInput, exactInput)];
        foreach (KanLinear layer in layers.Distinct())
        {
            foreach ((string name, Parameter parameter) in layer.named_parameters())
                leaves.Add((name, parameter, Exactly(parameter)));
        }

        int named = 1;
        Dictionary<KanLinear, int> starts = [];
        foreach (KanLinear layer in layers)
        {
            if (starts.TryAdd(layer, named))
                named += layer.named_parameters().Count();
            fast = layer.forward(fast);
            exact = Reference(layer, exact, [.. leaves.Skip(starts[layer])]);
        }

        Assert.Equal(exact.shape, fast.shape);
        Close("output", fast.detach(), exact.detach(), tolerance);
        leaves.RemoveAll(leaf => !leaf.Fast.requires_grad);
        if (!gradients || leaves.Count == 0)
        {
            Assert.Equal(exact.requires_grad, fast.requires_grad);
            return;
        }

        Tensor upstream = randn_like(exact);
        IList<Tensor> ours = autograd.grad([fast], [.. leaves.Select(leaf => leaf.Fast)], [upstream.to_type(ScalarType.Float32)]);
        IList<Tensor> theirs = autograd.grad([exact], [.. leaves.Select(leaf => leaf.Exact)], [upstream.to_type(ScalarType.Float32).to_type(ScalarType.Float64)]);
        for (int at = 0; at < leaves.Count; at++)
            Close($"gradient of {leaves[at].Name}", ours[at], theirs[at], tolerance);
    }

    /// <summary>
    /// Compares a layer in bfloat16 with the reference in float64. What the rounding of factors costs is computed there, too: the same with inputs, weights and the
    /// gradient of the output rounded, of which twelve times the difference is allowed: results are rounded, too, and other factors.
    /// </summary>
    public static void AgreesAsFarAsBFloat16(KanLinear layer, Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor leaf = x.detach().requires_grad_(), y = layer.forward(leaf), upstream = randn_like(y);
        List<Parameter> parameters = [.. layer.parameters()];
        Tensor[] found = [y.detach(), .. autograd.grad([y], [leaf, .. parameters], [upstream])];
        Tensor[] exact = Results(rounded: false), rounded = Results(rounded: true);
        for (int at = 0; at < found.Length; at++)
        {
            Assert.Equal(exact[at].shape, found[at].shape);
            if (found[at].numel() == 0)
                continue;
            double allowed = 12 * (rounded[at] - exact[at]).abs().max().item<double>() + 1e-5 * exact[at].abs().max().item<double>();
            double worst = (found[at].to_type(ScalarType.Float64) - exact[at]).abs().max().item<double>();
            Assert.True(worst <= allowed, $"result {at}: the largest difference is {worst:g3}, allowed {allowed:g3}, the largest value {exact[at].abs().max().item<double>():g3}");
        }

        Tensor[] Results(bool rounded)
        {
            Tensor[] all = [leaf, .. parameters];
            Tensor[] at = [.. all.Select((one, index) => Exactly(rounded && (index == 0 || ((IKanModule)layer).PartOf(parameters[index - 1]) != KanPart.Vector) ? Rounded(one) : one))];
            KanTensors tensors = layer.Tensors.Map((_, tensor) => parameters.FindIndex(one => one.Handle == tensor.Handle) is >= 0 and int index ? at[index + 1] : Exactly(tensor));
            Tensor output = KanReference.Forward(at[0], tensors), gradient = (rounded ? Rounded(upstream) : upstream).to_type(ScalarType.Float64);
            return [output.detach(), .. autograd.grad([output], at, [gradient])];
        }

        static Tensor Rounded(Tensor tensor) => tensor.detach().to_type(ScalarType.BFloat16).to_type(ScalarType.Float32).requires_grad_();
    }

    public static void Close(string what, Tensor found, Tensor expected, double tolerance)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(expected.shape, found.shape);
        if (expected.numel() == 0)
            return;
        Tensor exact = expected.to_type(ScalarType.Float64), ours = found.to_type(ScalarType.Float64);
        Assert.True(ours.isnan().equal(exact.isnan()).all().item<bool>(), $"{what}: NaN elsewhere than in the reference");
        Assert.True(where(exact.isinf(), ours.eq(exact), ours.isinf().logical_not()).logical_or(exact.isnan()).all().item<bool>(), $"{what}: infinite elsewhere than in the reference");
        Tensor finite = exact.isfinite();
        double scale = where(finite, exact.abs(), zeros_like(exact)).max().item<double>();
        double worst = where(finite, (ours - exact).abs(), zeros_like(exact)).max().item<double>();
        Assert.True(worst <= tolerance * Math.Max(scale, 1e-30), $"{what}: the largest difference is {worst:g3}, the largest value {scale:g3}");
    }

    private static Tensor Exactly(Tensor tensor) => tensor.detach().to_type(ScalarType.Float64).requires_grad_(tensor.requires_grad);

    private static Tensor Reference(KanLinear layer, Tensor x, List<(string Name, Tensor Fast, Tensor Exact)> leaves)
    {
        Tensor rows = x.reshape(-1, layer.InFeatures);
        KanTensors exact = layer.Tensors.Map((_, tensor) =>
            leaves.FirstOrDefault(leaf => leaf.Fast.Handle == tensor.Handle).Exact ?? tensor.detach().to_type(ScalarType.Float64));
        Tensor y = KanReference.Forward(rows, exact);
        return y.reshape([.. x.shape[..^1], layer.OutFeatures]);
    }
}
