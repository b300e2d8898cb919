using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>Looks for NaN and infinity in weights, from which nothing can be learned.</summary>
internal static class FiniteWeights
{
    /// <summary>The first tensor that holds a number which is not finite, or null.</summary>
    public static (string Name, Tensor Tensor)? Broken(IEnumerable<(string Name, Tensor Tensor)> tensors)
    {
        using var guard = no_grad();
        foreach ((string name, Tensor tensor) in tensors)
        {
            using var scope = NewDisposeScope();
            if (!double.IsFinite(tensor.sum(ScalarType.Float64).item<double>())) // finite exactly when all terms are
                return (name, tensor);
        }

        return null;
    }

    /// <summary>Refuses what was read from a file.</summary>
    /// <param name="tensors">All that a training goes on from.</param>
    /// <param name="path">The file.</param>
    /// <param name="advice">What the user can do: <c>give other weights</c>.</param>
    /// <exception cref="KansformersException">The message names the tensor and counts what is wrong in it.</exception>
    public static void Require(IEnumerable<(string Name, Tensor Tensor)> tensors, string path, string advice)
    {
        if (Broken(tensors) is not (string name, Tensor tensor))
            return;
        using var scope = NewDisposeScope();
        long nans = tensor.isnan().sum().item<long>(), infinities = tensor.isinf().sum().item<long>();
        string what = nans == 0 ? "infinity" : infinities == 0 ? "NaN" : "NaN and infinity";
        throw new KansformersException(FormattableString.Invariant(
            $"'{path}': tensor '{name}' holds {what} (in {nans + infinities} of {tensor.numel()} places), so nothing can be learned from it; {advice}"));
    }
}
