using System.Buffers;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// A tile of tokens as the factor of the layer's product, and back: per token first the base activation of all inputs, then all inputs' first basis,
/// their second, ... Where the factor is bfloat16, rows are computed in float32 and rounded while they are in the first-level cache.
/// </summary>
internal static unsafe class ExpandedRows
{
    private const int RowFloats = 1 << 13;

    /// <summary>Writes the expansion of every token.</summary>
    /// <param name="plan">The layer's kernel.</param>
    /// <param name="activation">The base activation.</param>
    /// <param name="x">Contiguous float32, (tokens, in).</param>
    /// <param name="expansion">(tokens, in · (bases + 1)), bfloat16 for <see cref="ProductFormat.BFloat16"/>, else float32; overwritten.</param>
    /// <param name="format">How to write it.</param>
    public static void Write(SplinePlan plan, BaseActivation activation, Tensor x, Tensor expansion, ProductFormat format)
    {
        (int inputs, int rows) = (plan.Inputs, (int)x.shape[0]);
        nint width = (plan.Bases + 1) * (nint)inputs, address = RawMemory.Pointer(expansion);
        bool half = format == ProductFormat.BFloat16;
        float* from = (float*)RawMemory.Pointer(x);
        int block = format == ProductFormat.Single ? rows : (int)Math.Max(1, RowFloats / width);
        Rows.Run(rows, width, (first, last) =>
        {
            float[]? rented = half ? ArrayPool<float>.Shared.Rent((int)(block * width)) : null;
            fixed (float* buffer = rented)
            {
                for (int row = first; row < last; row += block)
                {
                    int count = Math.Min(block, last - row);
                    float* source = from + (nint)row * inputs, target = half ? buffer : (float*)address + row * width;
                    BaseBranch.Expand(activation, source, count, inputs, target, width);
                    plan.Rows.Expand(source, count, target + inputs, width);
                    if (format == ProductFormat.Rounded)
                        BFloat16Math.Round(target, count * width);
                    else if (half)
                        BFloat16Math.Narrow(buffer, (ushort*)address + row * width, count * width);
                }
            }

            if (rented is not null)
                ArrayPool<float>.Shared.Return(rented);
        });
    }

    /// <summary>dx = the gradient of the expansion times the derivative of the expansion.</summary>
    /// <param name="plan">The layer's kernel.</param>
    /// <param name="activation">The base activation.</param>
    /// <param name="x">Contiguous float32, (tokens, in).</param>
    /// <param name="gradient">(tokens, in · (bases + 1)), bfloat16 for <see cref="ProductFormat.BFloat16"/>, else float32.</param>
    /// <param name="dx">Contiguous float32, (tokens, in), overwritten.</param>
    /// <param name="format">How the gradient lies in memory.</param>
    public static void Contract(SplinePlan plan, BaseActivation activation, Tensor x, Tensor gradient, Tensor dx, ProductFormat format)
    {
        (int inputs, int rows) = (plan.Inputs, (int)x.shape[0]);
        nint width = (plan.Bases + 1) * (nint)inputs, address = RawMemory.Pointer(gradient);
        bool half = format == ProductFormat.BFloat16;
        float* from = (float*)RawMemory.Pointer(x), to = (float*)RawMemory.Pointer(dx);
        int block = half ? (int)Math.Max(1, RowFloats / width) : rows;
        Rows.Run(rows, width, (first, last) =>
        {
            float[]? rented = half ? ArrayPool<float>.Shared.Rent((int)(block * width)) : null;
            fixed (float* buffer = rented)
            {
                for (int row = first; row < last; row += block)
                {
                    int count = Math.Min(block, last - row);
                    float* derivative = half ? buffer : (float*)address + row * width;
                    if (half)
                        BFloat16Math.Widen((ushort*)address + row * width, buffer, count * width);
                    plan.Rows.Contract(from + (nint)row * inputs, count, derivative + inputs, width, to + (nint)row * inputs);
                    BaseBranch.Contract(activation, from + (nint)row * inputs, count, inputs, derivative, width, to + (nint)row * inputs);
                }
            }

            if (rented is not null)
                ArrayPool<float>.Shared.Return(rented);
        });
    }
}
