using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// A few tokens expanded by rows: per token first the base activation of all inputs, then all inputs' first basis, their second, ...
/// </summary>
internal static unsafe class Expansion
{
    /// <summary>Writes the expansion of every token.</summary>
    /// <param name="plan">The layer's kernel.</param>
    /// <param name="activation">The base activation.</param>
    /// <param name="x">Contiguous float32, (tokens, in).</param>
    /// <param name="expansion">Contiguous float32, (tokens, in · (bases + 1)), overwritten.</param>
    public static void Write(SplinePlan plan, BaseActivation activation, Tensor x, Tensor expansion)
    {
        int inputs = plan.Inputs;
        nint width = (plan.Bases + 1) * (nint)inputs;
        float* from = (float*)RawMemory.Pointer(x), to = (float*)RawMemory.Pointer(expansion);
        Rows.Run((int)x.shape[0], width, (first, last) =>
        {
            float* source = from + (nint)first * inputs, target = to + first * width;
            BaseBranch.Expand(activation, source, last - first, inputs, target, width);
            plan.Rows.Expand(source, last - first, target + inputs, width);
        });
    }
}
