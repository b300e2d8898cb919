using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// The layer's weights as the one matrix that multiplies the expansion, (out, expanded): per output and input the base weight where there is one, then
/// scaler × coefficients.
/// </summary>
internal static unsafe class RowWeight
{
    /// <summary>Fills <paramref name="matrix"/>.</summary>
    /// <param name="weights">The layer's weights.</param>
    /// <param name="matrix">(out, in · width), bfloat16 for <see cref="ProductFormat.BFloat16"/>, else float32.</param>
    /// <param name="format">How to write it.</param>
    public static void Pack(in KanWeights weights, Tensor matrix, ProductFormat format)
    {
        using var scope = NewDisposeScope();
        Tensor coefficients = weights.Coefficients.contiguous();
        Tensor? ownBase = weights.Base?.contiguous(), ownScaler = weights.Scaler?.contiguous();
        (int outputs, int inputs, int bases) = ((int)coefficients.shape[0], (int)coefficients.shape[1], (int)coefficients.shape[2]);
        EdgeRows edges = new(Address(ownBase), Address(coefficients), Address(ownScaler), inputs, bases);
        int length = (int)matrix.shape[1];
        nint to = RawMemory.Pointer(matrix);
        Rows.Run(outputs, length, (first, last) =>
        {
            using CacheLines row = new(length);
            for (int o = first; o < last; o++)
            {
                float* values = edges.IsMatrix ? edges.Coefficients(o) : row.Pointer;
                if (!edges.IsMatrix)
                    edges.Gather(o, values);
                switch (format)
                {
                    case ProductFormat.BFloat16: BFloat16Math.Narrow(values, (ushort*)to + (nint)o * length, length); break;
                    case ProductFormat.Rounded: BFloat16Math.Round(values, (float*)to + (nint)o * length, length); break;
                    default: new ReadOnlySpan<float>(values, length).CopyTo(new Span<float>((float*)to + (nint)o * length, length)); break;
                }
            }
        });
    }

    /// <summary>Splits the gradient of that matrix.</summary>
    /// <param name="gradient">Contiguous float32, (out, in · width).</param>
    /// <param name="weights">The layer's weights: the scaler's gradient needs them.</param>
    /// <param name="targets">Where the parts go.</param>
    public static void Unpack(Tensor gradient, in KanWeights weights, WeightTargets targets)
    {
        using var scope = NewDisposeScope();
        Tensor coefficients = weights.Coefficients.contiguous();
        Tensor? scaler = weights.Scaler?.contiguous();
        (int outputs, int inputs, int bases, int skip) = ((int)coefficients.shape[0], (int)coefficients.shape[1], (int)coefficients.shape[2], weights.Base is null ? 0 : 1);
        float* from = Address(gradient), toBase = Address(targets.Base?.Tensor);
        bool adds = targets.Base is { Adds: true };
        EdgeGradients edges = new(coefficients, scaler, targets.Coefficients, targets.Scaler);
        Rows.Run(outputs, (long)inputs * bases, (first, last) =>
        {
            float* source = from + (nint)first * inputs * (bases + skip);
            for (nint edge = (nint)first * inputs, end = (nint)last * inputs; edge < end; edge++, source += bases + skip)
            {
                if (toBase is not null)
                    toBase[edge] = adds ? toBase[edge] + *source : *source;
                if (edges.AreWanted)
                    edges.Write(edge, source + skip);
            }
        });
    }

    private static float* Address(Tensor? tensor) => tensor is null ? null : (float*)RawMemory.Pointer(tensor);

    // The weights of an output where they lie.
    private readonly struct EdgeRows(float* plain, float* coefficients, float* scaler, int inputs, int bases)
    {
        public bool IsMatrix => plain is null && scaler is null;

        public float* Coefficients(int output) => coefficients + (nint)output * inputs * bases;

        public void Gather(int output, float* to)
        {
            float* from = Coefficients(output);
            nint edge = (nint)output * inputs;
            for (nint end = edge + inputs; edge < end; edge++, from += bases, to += bases)
            {
                if (plain is not null)
                    *to++ = plain[edge];
                VectorMath.Scale(from, scaler is null ? 1 : scaler[edge], to, bases);
            }
        }
    }
}
