using static TorchSharp.torch;

namespace Kansformers.Runtime;

/// <summary>Gradients that can be differentiated themselves, for backward passes with create_graph: torch's own operations make them.</summary>
internal static class Regrad
{
    /// <summary>The gradients of the inputs, null where none is wanted.</summary>
    /// <param name="plain">The function, of torch's operations.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="upstream">The gradient of its output.</param>
    public static Tensor?[] Of(Func<Tensor[], Tensor> plain, Tensor[] inputs, Tensor upstream)
    {
        Tensor y = plain(inputs);
        Tensor[] wanted = [.. inputs.Where(one => one.requires_grad)];
        Queue<Tensor> found = new(autograd.grad([y], wanted, [upstream], retain_graph: true, create_graph: true, allow_unused: true));
        return [.. inputs.Select(one => one.requires_grad ? found.Dequeue() : null)];
    }
}
