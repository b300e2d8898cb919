using CsCheck;
using Kansformers.Checkpoints;

namespace Kansformers.Tests.Checkpoints;

public class StridedBytesTests
{
    private static readonly Gen<(int ElementSize, (long Size, long Stride)[] Dimensions, long Start)> Views =
        Gen.Select(
            Gen.Int[0, 3].Select(power => 1 << power),
            Gen.Select(Gen.Long[0, 4], Gen.Long[0, 12]).Array[0, 4],
            Gen.Long[0, 5]);

    [Fact]
    public void Any_view_read_in_any_parts_equals_the_elements_one_by_one() =>
        Views.Select(Gen.Int[1, 9]).Sample(
            (view, chunk) =>
            {
                (int size, (long Size, long Stride)[] dimensions, long start) = view;
                byte[] storage = new byte[200 * size];
                new Random(3).NextBytes(storage);
                byte[] expected = Naive(storage, size, dimensions, start * size);
                TensorBytes bytes = StridedBytes.View(
                    new ArrayBytes(storage), size, start, [.. dimensions.Select(d => d.Size)], [.. dimensions.Select(d => d.Stride)]);
                byte[] actual = new byte[bytes.Length];
                for (int at = 0; at < actual.Length; at += chunk)
                    bytes.Read(at, actual.AsSpan(at, Math.Min(chunk, actual.Length - at)));
                return actual.AsSpan().SequenceEqual(expected);
            },
            iter: 5000);

    private static byte[] Naive(byte[] storage, int elementSize, ReadOnlySpan<(long Size, long Stride)> dimensions, long at)
    {
        if (dimensions.Length == 0)
            return storage[(int)at..(int)(at + elementSize)];
        List<byte> all = [];
        for (long i = 0; i < dimensions[0].Size; i++)
            all.AddRange(Naive(storage, elementSize, dimensions[1..], at + (i * dimensions[0].Stride * elementSize)));
        return [.. all];
    }
}
