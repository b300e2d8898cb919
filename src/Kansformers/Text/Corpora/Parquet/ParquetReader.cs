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
    private const string TooFew = "a column has fewer rows than its row group";
    private readonly FileStream _file;
    private ParquetPages? _pages;
    private int _group = -1;
    private long _rowsLeft;
    private ParquetEntry? _ahead; // of the next row

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
            if (!BeginRow(column))
                return false;
            if (!_pages!.Next(out _, out int definition))
                throw new InvalidDataException(TooFew);
            text = definition == column.Path.Definitions ? _pages.Text() : "";
            return true;
        }
        catch (Exception failure) when (IsDamage(failure))
        {
            throw Bad(failure);
        }
    }

    /// <summary>Reads what the next row has in a column that may be of any kind and within a list; false at the end of the file.</summary>
    /// <param name="column">The column.</param>
    /// <param name="row">Is given the entries of the row, at least one.</param>
    public bool Next(ParquetColumn column, List<ParquetEntry> row)
    {
        row.Clear();
        try
        {
            if (!BeginRow(column))
                return false;
            row.Add(_ahead ?? Entry() ?? throw new InvalidDataException(TooFew));
            for (_ahead = null; column.Path.Repetitions > 0 && Entry() is ParquetEntry entry; row.Add(entry))
            {
                if (!entry.BeginsRow)
                    continue;
                _ahead = entry;
                break;
            }

            return true;
        }
        catch (Exception failure) when (IsDamage(failure))
        {
            throw Bad(failure);
        }

        ParquetEntry? Entry() => !_pages!.Next(out int repetition, out int definition) ? null
            : new ParquetEntry(repetition == 0, definition, definition == column.Path.Definitions ? _pages.Text() : null);
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

    // Goes on to the next row group where this one has no more rows; false where it is the last.
    private bool BeginRow(ParquetColumn column)
    {
        while (_rowsLeft == 0)
        {
            if (_ahead is not null)
                throw new InvalidDataException("a column has more rows than its row group");
            if (++_group == Footer.Groups.Count)
                return false;
            ParquetGroup group = Footer.Groups[_group];
            ParquetChunk chunk = group.Chunks[column.Index];
            if (column.Path.Repetitions == 0 && chunk.Values != group.Rows)
                throw new InvalidDataException("the column has another number of values than the row group has rows");
            _pages?.Dispose();
            (_pages, _rowsLeft) = (new ParquetPages(_file, chunk, column), group.Rows);
        }

        _rowsLeft--;
        return true;
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

/// <summary>An entry of a row's list, or the row's only value.</summary>
/// <param name="BeginsRow">Whether it is the first of its row.</param>
/// <param name="Definition">How much of the way to it is there.</param>
/// <param name="Text">What it holds; null where there is nothing.</param>
internal readonly record struct ParquetEntry(bool BeginsRow, int Definition, string? Text);
