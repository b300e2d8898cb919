using System.Buffers.Binary;

namespace Kansformers.Text;

/// <summary>
/// Plain values unpacked as they are asked for: some programs write pages of hundreds of megabytes. No more memory is taken than the
/// longest value needs, and that only as its bytes come.
/// </summary>
internal sealed class PageStream(Stream stream, long length) : ParquetValues, IDisposable
{
    private byte[] _value = new byte[1 << 12];
    private long _left = length;

    public override ReadOnlySpan<byte> Next() => Take(TakeLength());

    /// <summary>What is marked as missing, with which a page of the first version begins.</summary>
    public byte[] TakeLevels() => Take(TakeLength()).ToArray();

    public void Dispose() => stream.Dispose();

    private int TakeLength() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > _left)
            throw new InvalidDataException("a value is longer than its page");
        _left -= count;
        for (int held = 0; held < count;)
        {
            if (held == _value.Length)
                Array.Resize(ref _value, (int)Math.Min(2L * held, Array.MaxLength));
            held += ReadSome(_value.AsSpan(held, Math.Min(count, _value.Length) - held));
        }

        return _value.AsSpan(0, count);
    }

    private int ReadSome(Span<byte> buffer)
    {
        try
        {
            int read = stream.Read(buffer);
            return read > 0 ? read : throw new InvalidDataException("a page is shorter than it says");
        }
        catch (Exception failure) when (ParquetCodec.IsRefusal(failure))
        {
            throw new InvalidDataException("a page cannot be unpacked", failure);
        }
    }
}
