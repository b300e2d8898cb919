using System.Globalization;
using Kansformers.Text;

namespace Kansformers.Inspection;

/// <summary>A table that a small network is fitted to: a <c>.csv</c>, <c>.tsv</c> or <c>.jsonl</c> file whose columns have names.</summary>
public sealed class DataTable
{
    private readonly List<long> _lines = [];

    private DataTable(string path) => Path = path;

    /// <summary>The full path of the file.</summary>
    public string Path { get; }

    /// <summary>The columns that were read, in their order.</summary>
    public IReadOnlyList<DataColumn> Columns { get; private set; } = [];

    /// <summary>The number of rows; blank lines are none.</summary>
    public int Rows => _lines.Count;

    /// <summary>Reads a table.</summary>
    /// <param name="path">The file, packed (<c>.gz</c>, <c>.zst</c>) or not.</param>
    /// <param name="columns">The columns to read; null for all.</param>
    /// <exception cref="KansformersException">The file cannot be read, has no rows, or lacks a column; the message says what it has.</exception>
    public static DataTable Read(string path, IReadOnlyList<string>? columns = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        DataTable table = new(RecordFile.Require(path, "tables", "columns of numbers"));
        List<DataColumn> read = [];
        foreach (TableRecord record in RecordFile.Read(table.Path, columns?[0]))
        {
            if (table.Rows == 0)
            {
                RequireNames(record);
                read.AddRange((columns ?? [.. record.Values.Keys]).Select(name => new DataColumn(record.Values.ContainsKey(name) ? name
                    : throw new KansformersException($"'{table.Path}' has no column '{name}'; it has {string.Join(", ", record.Values.Keys)}"))));
            }

            table._lines.Add(record.Line);
            foreach (DataColumn column in read)
                column.Add(record.Values.GetValueOrDefault(column.Name));
        }

        if (table.Rows == 0)
            throw new KansformersException($"'{table.Path}' has no rows below the names of its columns");
        table.Columns = read;
        return table;
    }

    /// <summary>A column by its name.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="KansformersException">There is none.</exception>
    public DataColumn this[string name] => Columns.FirstOrDefault(column => column.Name == name)
        ?? throw new KansformersException($"'{Path}' has no column '{name}'; it has {string.Join(", ", Columns.Select(column => column.Name))}");

    /// <summary>The line of the file that a row begins in.</summary>
    /// <param name="row">The row, from 0.</param>
    public long Line(int row) => _lines[row];

    private static void RequireNames(TableRecord record)
    {
        if (record.Values.Keys.All(name => double.TryParse(name, NumberStyles.Float, CultureInfo.InvariantCulture, out _)))
            throw new KansformersException($"'{record.Path}' has numbers in its first line, {string.Join(", ", record.Values.Keys.Take(3))}{(record.Values.Count > 3 ? ", ..." : "")}; its first line must name the columns");
    }
}
