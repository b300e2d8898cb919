using System.Text;

namespace Kansformers.Text;

/// <summary>
/// Cuts a CSV file into records and these into fields, after RFC 4180; a quote within a field that does not begin with one is text. Records end in
/// CRLF, LF or CR, all as the first one does: elsewhere than in quotes, another line break is an error.
/// </summary>
internal sealed class CsvRecords(string path, byte separator) : IDisposable
{
    private const string OtherBreaks = "\v\f\u001c\u001d\u001e\u0085\u2028\u2029";
    private const byte Quote = (byte)'"', LineFeed = (byte)'\n', CarriageReturn = (byte)'\r';

    private readonly ByteWindow _window = new(path);
    private readonly List<(int Start, int Length, bool Quoted)> _fields = [];
    private int _length; // of the record, with its line break
    private long _line = 1; // that the record begins in
    private long _lines; // that the record takes
    private string? _ending; // of the first record, and so of all

    /// <summary>The number of fields of the record.</summary>
    public int Count => _fields.Count;

    /// <summary>The line that the record begins in.</summary>
    public long Line => _line;

    private bool IsBlank => _fields is [(_, 0, false)];

    /// <summary>Goes to the next record; false at the end of the file.</summary>
    public bool Next()
    {
        _window.Advance(_length);
        _line += _lines;
        (_length, _lines) = (0, 0);
        _fields.Clear();
        if (!Has(0))
            return false;
        while (ReadField())
        {
        }

        return true;
    }

    /// <summary>Goes to the first record, which names the columns; none of an empty file.</summary>
    public string[] Head()
    {
        string[] names = Next() ? [.. Enumerable.Range(0, Count).Select(Field)] : [];

        // Where lines end in another way than CSV knows, the whole file is the first record, and its rows would be names of columns.
        int[] breaks = [.. names.SelectMany(name => name).Where(OtherBreaks.Contains).Select(found => (int)found)];
        return breaks.Length == 0 ? names : throw Bad($"a column's name holds U+{breaks[0]:X4}, a line break that CSV does not know; let all lines end in LF, CRLF or CR");
    }

    /// <summary>Goes to the next row, blank lines passed over; false at the end of the file.</summary>
    /// <param name="columns">How many columns there are; a blank line is a row where there is one.</param>
    public bool NextRow(int columns)
    {
        while (Next())
        {
            if (!IsBlank || columns == 1)
                return true;
        }

        return false;
    }

    /// <summary>Refuses a row that has not a field for each column.</summary>
    public void RequireFields(int columns)
    {
        if (Count != columns)
            throw Bad($"it has {Count} field{(Count == 1 ? "" : "s")} where the first record names {columns} column{(columns == 1 ? "" : "s")}; put fields with separators, quotes or line breaks in quotes");
    }

    /// <summary>A field of the record, without its quotes.</summary>
    public string Field(int index)
    {
        (int start, int length, bool quoted) = _fields[index];
        ReadOnlySpan<byte> bytes = _window.Content.Slice(start, length);
        int invalid = Utf8Validity.FirstInvalid(bytes);
        if (invalid >= 0)
            throw Bad($"it is not valid UTF-8 at byte {_window.Offset + start + invalid} of the file; convert the file to UTF-8");
        string text = Encoding.UTF8.GetString(bytes);
        return quoted ? text.Replace("\"\"", "\"", StringComparison.Ordinal) : text;
    }

    public long TakeSourceBytes() => _window.TakeSourceBytes();

    public KansformersException Bad(string why) => new($"'{path}' line {_line} is bad: {why}");

    public void Dispose() => _window.Dispose();

    /// <summary>Reads the field that begins where the record ends so far; false when it is the last one.</summary>
    private bool ReadField()
    {
        int start = _length;
        if (!Has(start) || _window.Content[start] != Quote)
        {
            int end = Find(start, [separator, LineFeed, CarriageReturn]);
            _fields.Add((start, end - start, false));
            return EndField(end);
        }

        int at = start + 1;
        while (true)
        {
            at = Find(at, [Quote]);
            if (!Has(at))
                throw Bad("a quote in the record that begins there is not closed; is the file cut short?");
            if (!Has(at + 1) || _window.Content[at + 1] != Quote)
                break;
            at += 2;
        }

        ReadOnlySpan<byte> inside = _window.Content[(start + 1)..at];
        _lines += inside.Count(LineFeed) + inside.Count(CarriageReturn) - inside.Count("\r\n"u8);
        _fields.Add((start + 1, inside.Length, true));
        if (Has(at + 1) && _window.Content[at + 1] != separator && _window.Content[at + 1] is not (LineFeed or CarriageReturn))
            throw Bad("something follows a closing quote; write a quote within quotes twice");
        return EndField(at + 1);
    }

    /// <summary>Goes beyond what ends a field; false where the record ends with it.</summary>
    private bool EndField(int end)
    {
        if (!Has(end))
        {
            _length = end;
            return false;
        }

        if (_window.Content[end] == separator)
        {
            _length = end + 1;
            return true;
        }

        string ending = _window.Content[end] == LineFeed ? "LF" : Has(end + 1) && _window.Content[end + 1] == LineFeed ? "CRLF" : "CR";
        _ending ??= ending;
        if (ending != _ending)
            throw Bad($"a line of it ends in {ending}, where the first of the file ends in {_ending}; let all lines end in the same way, and put line breaks that are text in quotes");
        _length = end + ending.Length / 2;
        _lines++;
        return false;
    }

    /// <summary>The place of the first of some bytes; the end of the file where there is none.</summary>
    private int Find(int from, ReadOnlySpan<byte> wanted)
    {
        while (true)
        {
            int at = _window.Content[from..].IndexOfAny(wanted);
            if (at >= 0)
                return from + at;
            from = _window.Content.Length;
            if (!_window.More(_line))
                return from;
        }
    }

    private bool Has(int at)
    {
        while (at >= _window.Content.Length)
        {
            if (!_window.More(_line))
                return false;
        }

        return true;
    }
}
