using System.Buffers;

namespace Kansformers.Kan;

/// <summary>Rows shorter than a vector, row by row through a kernel for rows that are a vector long.</summary>
/// <param name="inputs">The length of a row.</param>
/// <param name="bases">The number of bases.</param>
/// <param name="padded">The length of a row of <paramref name="kernel"/>.</param>
/// <param name="kernel">The kernel for padded rows.</param>
internal sealed unsafe class PaddedSplines(int inputs, int bases, int padded, IRowKernel kernel) : IRowKernel
{
    /// <inheritdoc/>
    public void Expand(float* x, int rows, float* to, nint stride)
    {
        float[] rented = ArrayPool<float>.Shared.Rent(bases * padded);
        float* full = stackalloc float[padded];
        new Span<float>(full, padded).Clear();
        fixed (float* basis = rented)
        {
            for (int row = 0; row < rows; row++, x += inputs, to += stride)
            {
                new ReadOnlySpan<float>(x, inputs).CopyTo(new Span<float>(full, inputs));
                kernel.Expand(full, 1, basis, 0);
                for (int c = 0; c < bases; c++)
                    new ReadOnlySpan<float>(basis + c * padded, inputs).CopyTo(new Span<float>(to + c * inputs, inputs));
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    /// <inheritdoc/>
    public void Contract(float* x, int rows, float* gradient, nint stride, float* dx)
    {
        float[] rented = ArrayPool<float>.Shared.Rent(bases * padded);
        rented.AsSpan(0, bases * padded).Clear();
        float* full = stackalloc float[2 * padded];
        new Span<float>(full, padded).Clear();
        fixed (float* g = rented)
        {
            for (int row = 0; row < rows; row++, x += inputs, dx += inputs, gradient += stride)
            {
                new ReadOnlySpan<float>(x, inputs).CopyTo(new Span<float>(full, inputs));
                for (int c = 0; c < bases; c++)
                    new ReadOnlySpan<float>(gradient + c * inputs, inputs).CopyTo(new Span<float>(g + c * padded, inputs));
                kernel.Contract(full, 1, g, 0, full + padded);
                new ReadOnlySpan<float>(full + padded, inputs).CopyTo(new Span<float>(dx, inputs));
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }
}
