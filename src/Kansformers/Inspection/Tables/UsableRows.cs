namespace Kansformers.Inspection;

/// <summary>The rows of a table that have something in every column that is asked for, and what is to be said of the others.</summary>
internal sealed class UsableRows
{
    private const int MostPlaces = 5;

    private readonly DataTable _table;
    private readonly List<(string Column, string What, List<int> Rows)> _faults = [];

    /// <param name="table">The table.</param>
    /// <param name="numbers">Columns that must hold a number.</param>
    /// <param name="words">Columns that must hold anything.</param>
    public UsableRows(DataTable table, IEnumerable<DataColumn> numbers, IEnumerable<DataColumn> words)
    {
        _table = table;
        bool[] bad = new bool[table.Rows];
        foreach (DataColumn column in numbers)
        {
            Mark(column, "has nothing", row => column.Text(row) is null);
            Mark(column, "is no number", row => double.IsNaN(column.Numbers[row]) && column.Text(row) is not null);
        }

        foreach (DataColumn column in words)
            Mark(column, "has nothing", row => column.Text(row) is null);
        Rows = [.. Enumerable.Range(0, table.Rows).Where(row => !bad[row])];

        void Mark(DataColumn column, string what, Func<int, bool> isFault)
        {
            List<int> rows = [.. Enumerable.Range(0, table.Rows).Where(isFault)];
            rows.ForEach(row => bad[row] = true);
            if (rows.Count > 0)
                _faults.Add((column.Name, what, rows));
        }
    }

    /// <summary>The rows that can be used, ascending.</summary>
    public int[] Rows { get; }

    /// <summary>What is left out and why, with the first lines; null where nothing is.</summary>
    public string? Told => _faults.Count == 0 ? null
        : $"{_table.Rows - Rows.Length} of {_table.Rows} rows of '{_table.Path}' are left out: {string.Join("; ", _faults.Select(fault => Told1(fault.Column, fault.What, fault.Rows)))}";

    private string Told1(string column, string what, List<int> rows)
    {
        string places = string.Join(", ", rows.Take(MostPlaces).Select(row => FormattableString.Invariant($"{_table.Line(row)}") + (_table[column].Text(row) is string text ? $" '{Short(text)}'" : "")));
        return $"'{column}' {what} in {rows.Count} (line{(rows.Count == 1 ? "" : "s")} {places}{(rows.Count > MostPlaces ? ", ..." : "")})";
    }

    private static string Short(string text) => text.Length > 24 ? text[..24] + "..." : text;
}
