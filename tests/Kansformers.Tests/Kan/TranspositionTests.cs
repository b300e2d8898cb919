using Kansformers.Kan;

namespace Kansformers.Tests.Kan;

/// <summary>Matrices are transposed whatever squares they are cut into, and nothing beside them is touched.</summary>
public sealed class TranspositionTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 7)]
    [InlineData(4, 4)]
    [InlineData(5, 6)]
    [InlineData(8, 8)]
    [InlineData(9, 15)]
    [InlineData(16, 8)]
    [InlineData(16, 16)]
    [InlineData(16, 33)]
    [InlineData(31, 17)]
    [InlineData(64, 48)]
    public unsafe void Every_element_goes_to_its_place(int rows, int columns)
    {
        (int stride, int toStride) = (columns + 3, rows + 5);
        float[] from = [.. Enumerable.Range(0, rows * stride).Select(i => i + 1f)], to = new float[columns * toStride];
        fixed (float* source = from, target = to)
            Transposition.Run(source, stride, rows, columns, target, toStride);
        for (int c = 0; c < columns; c++)
        {
            for (int r = 0; r < toStride; r++)
                Assert.Equal(r < rows ? from[r * stride + c] : 0, to[c * toStride + r]);
        }
    }
}
