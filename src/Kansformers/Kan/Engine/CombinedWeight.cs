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
    public static void Pack(Tensor baseWeight, Tensor splineWeight, Tensor? splineScaler, Tensor combined)
    {
        using var scope = NewDisposeScope();
        (int outputs, int inputs, int bases) = ((int)splineWeight.shape[0], (int)splineWeight.shape[1], (int)splineWeight.shape[2]);
        Tensor ownBase = baseWeight.contiguous(), ownSpline = splineWeight.contiguous();
        Tensor? ownScaler = splineScaler?.contiguous();
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
    /// <param name="baseGradient">(out, in).</param>
    /// <param name="splineGradient">(out, in, bases).</param>
    /// <param name="scalerGradient">(out, in).</param>
    public static void Unpack(Tensor gradient, Tensor splineWeight, Tensor? splineScaler, GradientTarget? baseGradient, GradientTarget? splineGradient, GradientTarget? scalerGradient)
    {
        using var scope = NewDisposeScope();
        (int outputs, int inputs, int bases) = ((int)splineWeight.shape[0], (int)splineWeight.shape[1], (int)splineWeight.shape[2]);
        Tensor ownSpline = splineWeight.contiguous();
        Tensor? ownScaler = splineScaler?.contiguous();
        float* from = Address(gradient), toBase = Address(baseGradient?.Tensor);
        bool addsBase = baseGradient is { Adds: true };
        EdgeGradients edges = new(ownSpline, ownScaler, splineGradient, scalerGradient);
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
                fixed (float* turned = row)
                {
                    Transposition.Run(source, bases, inputs, turned);
                    for (int i = 0; i < inputs; i++)
                        edges.Write((nint)o * inputs + i, turned + (nint)i * bases);
                }
            }

            ArrayPool<float>.Shared.Return(row);
        });
    }

    private static float* Address(Tensor? tensor) => tensor is null ? null : (float*)RawMemory.Pointer(tensor);
}
