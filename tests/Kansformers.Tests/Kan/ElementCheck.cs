using Kansformers.Kan;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Tests.Kan;

/// <summary>Compares activations and gates with their plain operations in float64: outputs and every gradient, relative to the largest value.</summary>
internal static class ElementCheck
{
    public static void Agrees(KanActivation module, Tensor x, double tolerance) => Agrees(module, new ElementSources(null, module.Source, null), x, tolerance);

    public static void Agrees(KanGate module, Tensor x, double tolerance) => Agrees(module, module.Sources, x, tolerance);

    private static void Agrees(nn.Module<Tensor, Tensor> module, ElementSources sources, Tensor input, double tolerance)
    {
        using var scope = NewDisposeScope();
        List<(string Name, Tensor Fast, Tensor Exact)> leaves = [("x", input.detach().requires_grad_(), Exactly(input).requires_grad_())];
        Tensor x = leaves[0].Fast, exactX = leaves[0].Exact;
        ElementSources exactly = new(sources.Form, Exact(sources.Phi, "phi"), sources.Psi is null ? null : Exact(sources.Psi, "psi"));
        Tensor fast = module.forward(x), exact = exactly.Reference(exactX.reshape(-1, sources.InputWidth)).reshape(fast.shape);
        EngineCheck.Close("output", fast.detach(), exact.detach(), tolerance);
        using (no_grad())
            Assert.True(module.forward(x).equal(fast).logical_or(fast.isnan()).all().item<bool>(), "the output is another one without a graph");
        leaves.RemoveAll(leaf => !leaf.Fast.requires_grad);
        Tensor upstream = randn(exact.shape);
        IList<Tensor> ours = autograd.grad([fast], [.. leaves.Select(leaf => leaf.Fast)], [upstream]);
        IList<Tensor> theirs = autograd.grad([exact], [.. leaves.Select(leaf => leaf.Exact)], [upstream.to_type(ScalarType.Float64)]);
        for (int at = 0; at < leaves.Count; at++)
        {
            // A number to which all inputs contribute is a sum in which much cancels.
            double slack = ours[at].numel() == 1 ? Math.Max(1, 0.05 * upstream.abs().sum().item<float>() / theirs[at].abs().max().item<double>()) : 1;
            EngineCheck.Close($"gradient of {leaves[at].Name}", ours[at], theirs[at], tolerance * slack);
        }

        ElementSource Exact(ElementSource source, string side) => source.Tensors is null ? source : new ElementSource(source.Width, source.Tensors.Map((role, tensor) =>
        {
            Tensor copy = Exactly(tensor).requires_grad_(tensor.requires_grad);
            if (tensor is Parameter)
                leaves.Add(($"{side} {role}", tensor, copy));
            return copy;
        }), null);
    }

    private static Tensor Exactly(Tensor tensor) => tensor.detach().to_type(ScalarType.Float64);
}
