using System.Numerics;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// Tokens whose inputs, or gradients of outputs, are NaN, infinite, or too large for bfloat16. libtorch's bfloat16 products put them
/// into their neighbours on some processors (a matrix unit multiplies tiles that hold several tokens): they are computed apart, in float32.
/// </summary>
internal static unsafe class BrokenTokens
{
    // Below it neither a value nor its activation leaves bfloat16 (3.39e38) by rounding.
    private const float Most = 1e38f;

    /// <summary>Which rows of contiguous float32 matrices of equally many rows hold such a value; empty mostly, and then a pass over the numbers is all it costs.</summary>
    public static long[] Find(params ReadOnlySpan<Tensor> matrices)
    {
        SortedSet<long> found = [];
        for (int m = 0; m < matrices.Length; m++)
        {
            if (m > 0 && ReferenceEquals(matrices[m], matrices[m - 1]))
                continue;
            int columns = (int)matrices[m].shape[1];
            float* at = (float*)RawMemory.Pointer(matrices[m]);
            Rows.Run((int)matrices[m].shape[0], columns, (first, last) =>
            {
                for (int row = first; row < last; row++)
                {
                    if (IsSound(at + (nint)row * columns, columns))
                        continue;
                    lock (found)
                        found.Add(row);
                }
            });
        }

        return [.. found];
    }

    /// <summary>A copy of the matrix with zeros in some rows.</summary>
    public static Tensor Without(Tensor matrix, Tensor rows) => matrix.clone().index_fill_(0, rows, 0f);

    private static bool IsSound(float* values, int count)
    {
        int lanes = Vector<float>.Count, at = 0;
        Vector<int> sound = Vector<int>.AllBitsSet;
        for (; at + lanes <= count; at += lanes)
            sound &= Vector.LessThan(Vector.Abs(Vector.Load(values + at)), new Vector<float>(Most)); // not true of NaN
        bool all = sound == Vector<int>.AllBitsSet;
        for (; at < count; at++)
            all &= MathF.Abs(values[at]) < Most;
        return all;
    }
}
