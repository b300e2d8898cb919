namespace Kansformers.Checkpoints;

/// <summary>
/// A strided view of a storage, read in row-major order, as PyTorch saves transposed, sliced and expanded tensors.
/// Trailing dimensions that lie together are copied at once.
/// </summary>
internal sealed class StridedBytes : TensorBytes
{
    private readonly TensorBytes _storage;
    private readonly long _start;
    private readonly int _piece;
    private readonly long[] _sizes;
    private readonly long[] _strides;

    private StridedBytes(TensorBytes storage, long start, int piece, long[] sizes, long[] strides, long length)
    {
        (_storage, _start, _piece, _sizes, _strides, Length) = (storage, start, piece, sizes, strides, length);
    }

    public override long Length { get; }

    /// <summary>
    /// The view with <paramref name="shape"/> and <paramref name="strides"/> (in elements) from element <paramref name="start"/> on;
    /// a plain part of the storage where the view is contiguous. The caller has checked that it lies inside.
    /// </summary>
    public static TensorBytes View(TensorBytes storage, int elementSize, long start, ReadOnlySpan<long> shape, ReadOnlySpan<long> strides)
    {
        long count = 1;
        foreach (long size in shape)
            count = checked(count * size);
        if (count == 0)
            return new ArrayBytes(default);
        int outer = shape.Length;
        long run = 1;
        while (outer > 0 && (shape[outer - 1] == 1 || strides[outer - 1] == run))
            run *= shape[--outer];
        if (outer == 0)
            return new Part(storage, start * elementSize, count * elementSize);

        // A run longer than an int is a chain of shorter ones: give it back one dimension, which then has stride `run`.
        while (run * elementSize > int.MaxValue / 2 && outer < shape.Length)
            run /= shape[outer++];
        long[] byteStrides = new long[outer];
        for (int i = 0; i < outer; i++)
            byteStrides[i] = strides[i] * elementSize;
        int piece = checked((int)(run * elementSize));
        return new StridedBytes(storage, start * elementSize, piece, shape[..outer].ToArray(), byteStrides, count * elementSize);
    }

    public override object Identity => (_storage.Identity, _start, string.Join(' ', _sizes), string.Join(' ', _strides), Length);

    public override void Verify() => _storage.Verify();

    public override void Read(long offset, Span<byte> destination)
    {
        int last = _sizes.Length - 1;
        (long index, long within) = Math.DivRem(offset, _piece);
        Span<long> position = stackalloc long[_sizes.Length];
        for (int i = last; i >= 0; i--)
            (index, position[i]) = Math.DivRem(index, _sizes[i]);

        while (destination.Length > 0)
        {
            long at = _start + within;
            for (int i = 0; i <= last; i++)
                at += position[i] * _strides[i];
            if (within == 0 && destination.Length >= _piece)
            {
                int pieces = (int)Math.Min(_sizes[last] - position[last], destination.Length / _piece);
                _storage.ReadPieces(at, _strides[last], _piece, destination[..(pieces * _piece)]);
                destination = destination[(pieces * _piece)..];
                position[last] += pieces;
            }
            else
            {
                int part = (int)Math.Min(_piece - within, destination.Length);
                _storage.Read(at, destination[..part]);
                destination = destination[part..];
                position[last]++;
                within = 0;
            }

            for (int i = last; i > 0 && position[i] == _sizes[i]; i--)
            {
                position[i] = 0;
                position[i - 1]++;
            }
        }
    }

    private sealed class Part(TensorBytes storage, long start, long length) : TensorBytes
    {
        public override long Length => length;

        public override object Identity => (storage.Identity, start, length);

        public override void Read(long offset, Span<byte> destination) => storage.Read(start + offset, destination);

        public override void Verify() => storage.Verify();
    }
}
