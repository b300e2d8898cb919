using System.Text;

namespace Kansformers.Text;

/// <summary>
/// Comma-separated (or tab-separated) values after RFC 4180: the first record names the columns, each other is a row, one field
/// of which is a document. Blank lines are no rows, unless there is only one column.
/// </summary>
internal sealed class CsvFile : TableFile
{
    private readonly byte _separator;

    private CsvFile(string path, byte separator, string[] names)
        : base(path)
    {
        _separator = separator;
        Columns = [.. names.Select(name => new CorpusColumn(name, ColumnContent.Text))];
    }

    public override IReadOnlyList<CorpusColumn> Columns { get; }

    public override string Identity => $"csv {(char)_separator} {Column.Name}";

    /// <summary>Reads the names of the columns.</summary>
    /// <param name="path">The file.</param>
    /// <param name="separator">What stands between fields.</param>
    /// <param name="column">The column of the text when it is given: it may then have any name.</param>
    public static CsvFile Open(string path, byte separator, string? column)
    {
        path = System.IO.Path.GetFullPath(path);
        using CsvRecords records = new(path, separator);
        string[] names = records.Head();
        if (column is null)
            RequireSeparated(path, names, separator);
        return new CsvFile(path, separator, names);
    }

    public override long CountRows()
    {
        using CsvRecords records = new(Path, _separator);
        int columns = records.Head().Length;
        long rows = 0;
        while (records.NextRow(columns))
            rows++;
        return rows;
    }

    public override IEnumerable<RawPiece> Read()
    {
        using CsvRecords records = new(Path, _separator);
        string[] names = records.Head();
        int wanted = Array.IndexOf(names, Column.Name);
        if (wanted < 0 && names.Length > 0)
            throw new KansformersException($"'{Path}' changed while it was read; start again when it is complete");
        while (records.NextRow(names.Length))
        {
            records.RequireFields(names.Length);
            yield return new RawPiece(records.Field(wanted).AsMemory(), true, records.TakeSourceBytes());
        }
    }

    /// <summary>Refuses a single column whose name holds a usual separator: else whole records of a file that another character separates would be taken for the text.</summary>
    internal static void RequireSeparated(string path, string[] names, byte separator)
    {
        if (names is not [string only] || only.IndexOfAny([';', '\t', '|']) is not (>= 0 and int at))
            return;
        string found = only[at] == '\t' ? "tabs" : $"'{only[at]}'", remedy = only[at] == '\t' ? "name it .tsv" : "convert it to commas";
        throw new KansformersException($"'{path}' seems to be separated by {found}, not by {(separator == '\t' ? "tabs" : "commas")}: {remedy}, or give the name of its one column with CorpusOptions.TextField if that is '{only}'");
    }
}
