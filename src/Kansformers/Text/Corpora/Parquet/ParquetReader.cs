using System.Buffers.Binary;
using System.Globalization;
using Kansformers.Hub;

namespace Kansformers.Text;

/// <summary>
/// Reads the text of one column, page by page, whatever the size of row groups: in memory is no more than a dictionary and a page,
/// and of a page of plain values that is packed by gzip, brotli, zstd or not at all, no more than a value.
/// What is damaged is <see cref="KansformersException"/> with the file and the row group.
/// </summary>
internal sealed class ParquetReader : IDisposable
{
    private const int Tail = 8;
    private readonly FileStream _file;
    private ParquetPages? _pages;
    private int _group = -1;
    private long _rowsLeft;

    public ParquetReader(string path)
    {
        _file = SourceFile.Open(path);
        try
        {
            Footer = ReadFooter();
        }
        catch (Exception failure) when (IsDamage(failure))
        {
            _file.Dispose();
            throw Bad(failure);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    public ParquetFooter Footer { get; }

    /// <summary>Reads the next row; false at the end of the file. The text is empty where the row has none.</summary>
    public bool Next(ParquetColumn column, out string text)
    {
        text = "";
        try
        {
            while (_rowsLeft == 0)
            {
                if (++_group == Footer.Groups.Count)
                    return false;
                ParquetGroup group = Footer.Groups[_group];
                ParquetChunk chunk = group.Chunks[column.Index];
                if (chunk.Values != group.Rows)
                    throw new InvalidDataException("the column has another number of values than the row group has rows");
                _pages?.Dispose();
                (_pages, _rowsLeft) = (new ParquetPages(_file, chunk, column.IsOptional), group.Rows);
            }

            _rowsLeft--;
            text = _pages!.Next();
            return true;
        }
        catch (Exception failure) when (IsDamage(failure))
        {
            throw Bad(failure);
        }
    }

    /// <summary>The bytes of the file that were read since the last call.</summary>
    public long TakeSourceBytes()
    {
        long bytes = _pages?.BytesRead ?? 0;
        if (_pages is not null)
            _pages.BytesRead = 0;
        return bytes;
    }

    public void Dispose()
    {
        _pages?.Dispose();
        _file.Dispose();
    }

    /// <summary>The rows of a file on a hub, which its end tells; null where the hub does not give parts of files.</summary>
    /// <exception cref="KansformersException">It is not a Parquet file.</exception>
    public static long? CountRows(HubRemoteFile file)
    {
        const int usual = 1 << 16, most = 1 << 28;
        try
        {
            if (file.Tail(usual, out long length) is not byte[] end)
                return null;
            int size = FooterSize(end, length);
            if (size > end.Length - Tail)
            {
                if (size > most || file.Tail(size + Tail, out _) is not byte[] whole)
                    return null;
                end = whole;
            }

            return ParquetFooter.Parse(end.AsSpan(end.Length - Tail - size, size)).Rows;
        }
        catch (Exception failure) when (IsDamage(failure))
        {
            throw new KansformersException($"{file.Name} is not a Parquet file that can be read: {Why(failure)}", failure);
        }
    }

    private ParquetFooter ReadFooter()
    {
        long length = RandomAccess.GetLength(_file.SafeFileHandle);
        byte[] end = new byte[Math.Min(Tail, length)];
        ParquetPages.Fill(_file, end, length - end.Length);
        byte[] footer = new byte[FooterSize(end, length)];
        ParquetPages.Fill(_file, footer, length - Tail - footer.Length);
        return ParquetFooter.Parse(footer);
    }

    // The last eight bytes of a file are the length of what it says of itself, and a mark.
    private static int FooterSize(ReadOnlySpan<byte> end, long length)
    {
        if (length < Tail + 4)
            throw new InvalidDataException("it is too short");
        if (end[^4..].SequenceEqual("PARE"u8))
            throw new InvalidDataException("it is encrypted");
        if (!end[^4..].SequenceEqual("PAR1"u8))
            throw new InvalidDataException("it does not end as one");
        int size = BinaryPrimitives.ReadInt32LittleEndian(end[^Tail..]);
        return size > 0 && size <= length - Tail - 4 ? size : throw new InvalidDataException("its metadata are longer than the file");
    }

    // A number that was damaged leads out of a page or of a list; that is found where it happens, not foreseen in each place.
    private static bool IsDamage(Exception failure) =>
        failure is InvalidDataException or EndOfStreamException or ArgumentOutOfRangeException or IndexOutOfRangeException or OverflowException;

    private static string Why(Exception failure) => failure is InvalidDataException ? failure.Message : "a number in it leads beyond its end";

    private KansformersException Bad(Exception failure)
    {
        string where = _group < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" in row group {_group}");
        return new KansformersException($"'{_file.Name}' is not a Parquet file that can be read{where}: {Why(failure)}; get it again, or write it anew", failure);
    }
}
