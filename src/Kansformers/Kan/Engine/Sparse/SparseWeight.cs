using System.Buffers;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>
/// The spline weight transposed so that the outputs of one coefficient lie together: per block of outputs (<see cref="SparseLayout"/>), per input, per coefficient
/// a row of outputs. The scaler is multiplied in.
/// </summary>
internal static unsafe class SparseWeight
{
    // As many inputs per task as make it worth handing over.
    private const int InputsPerTask = 16;

    /// <summary>Fills the product's weight, in · bases · padded outputs.</summary>
    /// <param name="product">The layer and the target.</param>
    /// <param name="spline">(out, in, bases).</param>
    /// <param name="scaler">(out, in), or null.</param>
    public static void Pack(SparseProduct product, float* spline, float* scaler)
    {
        (_, SparseLayout layout, nint weight, int inputs, int bases, _) = product;
        float* packed = (float*)weight;
        ForEachSlab(layout, inputs, bases, (first, input, rows) =>
        {
            int width = layout.Width(first), real = Math.Min(width, layout.Outputs - first);
            for (int r = 0; r < width; r++)
            {
                nint edge = (nint)(first + r) * inputs + input;
                if (r < real)
                    VectorMath.Scale(spline + edge * bases, scaler is null ? 1 : scaler[edge], (float*)rows + r * bases, bases);
                else
                    new Span<float>((float*)rows + r * bases, bases).Clear();
            }

            Transposition.Run((float*)rows, width, bases, packed + ((nint)first * inputs + (nint)input * width) * bases);
        });
    }

    /// <summary>Splits the gradient of the packed weight into those of the spline weight and the scaler.</summary>
    /// <param name="product">The layer, with the gradient in its weight's place.</param>
    /// <param name="broken">Per input, whether one of its values was NaN: then so are the gradients of all its coefficients, as 0 · NaN is NaN.</param>
    /// <param name="edges">Where the gradients go.</param>
    public static void Unpack(SparseProduct product, bool[] broken, EdgeGradients edges)
    {
        (_, SparseLayout layout, nint weight, int inputs, int bases, _) = product;
        float* gradient = (float*)weight;
        ForEachSlab(layout, inputs, bases, (first, input, rows) =>
        {
            int width = layout.Width(first), real = Math.Min(width, layout.Outputs - first);
            if (broken[input])
                new Span<float>((float*)rows, width * bases).Fill(float.NaN);
            else
                Transposition.Run(gradient + ((nint)first * inputs + (nint)input * width) * bases, bases, width, (float*)rows);
            for (int r = 0; r < real; r++)
                edges.Write((nint)(first + r) * inputs + input, (float*)rows + r * bases);
        });
    }

    // Runs over all blocks of outputs and all inputs, with room for the slab's rows by output.
    private static void ForEachSlab(SparseLayout layout, int inputs, int bases, Action<int, int, nint> run)
    {
        int widest = layout.Widest * layout.Lanes, blocks = (layout.Padded + widest - 1) / widest, groups = (inputs + InputsPerTask - 1) / InputsPerTask;
        Rows.Run(blocks * groups, (long)widest * bases * InputsPerTask, (from, to) =>
        {
            float[] rented = ArrayPool<float>.Shared.Rent(widest * bases);
            fixed (float* rows = rented)
            {
                for (int task = from; task < to; task++)
                {
                    // Where the last outputs do not fill a widest block they are several smaller ones.
                    int end = Math.Min(layout.Padded, (task / groups + 1) * widest);
                    for (int first = task / groups * widest; first < end; first += layout.Width(first))
                    {
                        for (int input = task % groups * InputsPerTask; input < Math.Min(inputs, (task % groups + 1) * InputsPerTask); input++)
                            run(first, input, (nint)rows);
                    }
                }
            }

            ArrayPool<float>.Shared.Return(rented);
        });
    }
}
