using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Runtime;

/// <summary>What a custom backward pass hands to libtorch, safely.</summary>
internal static class BackwardResults
{
    // libtorch copies the handles of the gradients that a backward pass returns after it has returned. Ours are kept until the thread's next pass
    // rather than left to the caller's dispose scope, where the gradients of every layer's input would pile up until the step's end.
    [ThreadStatic]
    private static List<Tensor>? _handedOver;

    /// <summary>Computes the gradients in a dispose scope of their own; no exception leaves.</summary>
    /// <param name="upstream">The gradient of the output; undefined when the output did not matter.</param>
    /// <param name="count">How many results the function owes, those of inputs that are not tensors included.</param>
    /// <param name="compute">Gives the first results, null for none; the rest are null. The first two inputs are tensors.</param>
    public static List<Tensor> Of(Tensor upstream, int count, Func<Tensor?[]> compute)
    {
        List<Tensor> handedOver = _handedOver ??= [];
        handedOver.ForEach(tensor => tensor.Dispose());
        handedOver.Clear();
        using var scope = NewDisposeScope();
        scope.Attach(upstream);
        List<Tensor> results = [.. Enumerable.Repeat<Tensor>(null!, count)];
        if (upstream.IsInvalid)
            return results;
        Tensor?[] found;
        try
        {
            found = compute();
        }
#pragma warning disable CA1031 // An exception must not travel through libtorch's frames: it would end the process.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            // A gradient of a shape that cannot be right makes libtorch itself raise an error in the caller's backward(), which BackwardPass replaces by this one.
            BackwardPass.Keep(failure);
            found = [zeros([]), zeros([])];
        }

        for (int at = 0; at < found.Length; at++)
        {
            if (found[at] is not Tensor gradient)
                continue;
            results[at] = gradient;
            handedOver.Add(gradient.DetachFromDisposeScope());
        }

        return results;
    }
}
