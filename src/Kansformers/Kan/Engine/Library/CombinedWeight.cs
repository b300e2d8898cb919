using System.Buffers;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// The layer's weights as the one matrix that multiplies the expansion, (out, expanded): per output first the base weights of all inputs,
/// then scaler × spline weight of all inputs' first basis, of their second, ...
/// </summary>
internal static unsafe class CombinedWeight
{
    /// <summary>Fills <paramref name="combined"/>, (out, in · (bases + 1)).</summary>
    public static void Pack(in KanWeights weights, Tensor combined)
    {
        using var scope = NewDisposeScope();
        Tensor ownBase = weights.Base!.contiguous(), ownSpline = weights.Coefficients.contiguous();
        Tensor? ownScaler = weights.Scaler?.contiguous();
        (int outputs, int inputs, int bases) = ((int)ownSpline.shape[0], (int)ownSpline.shape[1], (int)ownSpline.shape[2]);
        float* from = (float*)RawMemory.Pointer(ownSpline), plain = (float*)RawMemory.Pointer(ownBase), to = (float*)RawMemory.Pointer(combined);
        float* scale = ownScaler is null ? null : (float*)RawMemory.Pointer(ownScaler);
        Rows.Run(outputs, (long)inputs * bases, (first, last) =>
        {
            for (int o = first; o < last; o++)
            {
                float* target = to + (nint)o * inputs * (bases + 1);
                float* source = from + (nint)o * inputs * bases;
                new ReadOnlySpan<float>(plain + (nint)o * inputs, inputs).CopyTo(new Span<float>(target, inputs));
                target += inputs;
                float* factor = scale is null ? null : scale + (nint)o * inputs;
                Transposition.Run(source, inputs, bases, target);
                for (int c = 0; factor is not null && c < bases; c++)
                    VectorMath.Multiply(target + (nint)c * inputs, factor, inputs);
            }
        });
    }

    /// <summary>Splits the gradient of the combined weight; a null target is not wanted.</summary>
    /// <param name="gradient">(out, in · (bases + 1)).</param>
    /// <param name="splineWeight">(out, in, bases), the weight itself: the scaler's gradient needs it.</param>
    /// <param name="splineScaler">(out, in), or null.</param>
    /// <param name="targets">Where the parts go.</param>
    public static void Unpack(Tensor gradient, Tensor splineWeight, Tensor? splineScaler, WeightTargets targets)
    {
        using var scope = NewDisposeScope();
        (int outputs, int inputs, int bases) = ((int)splineWeight.shape[0], (int)splineWeight.shape[1], (int)splineWeight.shape[2]);
        Tensor ownSpline = splineWeight.contiguous();
        Tensor? ownScaler = splineScaler?.contiguous();
        float* from = Address(gradient), toBase = Address(targets.Base?.Tensor);
        bool addsBase = targets.Base is { Adds: true };
        EdgeGradients edges = new(ownSpline, ownScaler, targets.Coefficients, targets.Scaler);
        Rows.Run(outputs, (long)inputs * bases, (first, last) =>
        {
            float[] row = ArrayPool<float>.Shared.Rent(inputs * bases);
            for (int o = first; o < last; o++)
            {
                float* source = from + (nint)o * inputs * (bases + 1);
                if (toBase is not null && addsBase)
                    VectorMath.Add(source, toBase + (nint)o * inputs, inputs);
                else if (toBase is not null)
                    new ReadOnlySpan<float>(source, inputs).CopyTo(new Span<float>(toBase + (nint)o * inputs, inputs));
                source += inputs;
                if (!edges.AreWanted)
                    continue;
                fixed (float* transposed = row)
                {
                    Transposition.Run(source, bases, inputs, transposed);
                    for (int i = 0; i < inputs; i++)
                        edges.Write((nint)o * inputs + i, transposed + (nint)i * bases);
                }
            }

            ArrayPool<float>.Shared.Return(row);
        });
    }

    private static float* Address(Tensor? tensor) => tensor is null ? null : (float*)RawMemory.Pointer(tensor);
}
