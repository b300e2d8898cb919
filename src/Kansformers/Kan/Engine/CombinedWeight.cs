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
                for (int i = 0; i < inputs; i++, source += bases)
                {
                    float by = factor is null ? 1 : factor[i];
                    for (int c = 0; c < bases; c++)
                        target[(nint)c * inputs + i] = source[c] * by;
                }
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
    public static void Unpack(Tensor gradient, Tensor splineWeight, Tensor? splineScaler, Tensor? baseGradient, Tensor? splineGradient, Tensor? scalerGradient)
    {
        using var scope = NewDisposeScope();
        (int outputs, int inputs, int bases) = ((int)splineWeight.shape[0], (int)splineWeight.shape[1], (int)splineWeight.shape[2]);
        Tensor ownSpline = splineWeight.contiguous();
        Tensor? ownScaler = splineScaler?.contiguous();
        float* from = Address(gradient), weight = Address(ownSpline), scale = Address(ownScaler);
        float* toBase = Address(baseGradient), toSpline = Address(splineGradient), toScaler = Address(scalerGradient);
        Rows.Run(outputs, (long)inputs * bases, (first, last) =>
        {
            for (int o = first; o < last; o++)
            {
                float* source = from + (nint)o * inputs * (bases + 1);
                if (toBase is not null)
                    new ReadOnlySpan<float>(source, inputs).CopyTo(new Span<float>(toBase + (nint)o * inputs, inputs));
                source += inputs;
                if (toSpline is null && toScaler is null)
                    continue;
                for (int i = 0; i < inputs; i++)
                {
                    nint edge = (nint)o * inputs + i;
                    float by = scale is null ? 1 : scale[edge], sum = 0;
                    for (int c = 0; c < bases; c++)
                    {
                        float slope = source[(nint)c * inputs + i];
                        sum += slope * weight[edge * bases + c];
                        if (toSpline is not null)
                            toSpline[edge * bases + c] = slope * by;
                    }

                    if (toScaler is not null)
                        toScaler[edge] = sum;
                }
            }
        });
    }

    private static float* Address(Tensor? tensor) => tensor is null ? null : (float*)RawMemory.Pointer(tensor);
}
