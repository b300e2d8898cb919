using System.Globalization;

namespace Kansformers.Formulas;

/// <summary>What a study found: rows of named numbers and words.</summary>
/// <param name="Name">The study.</param>
/// <param name="Conditions">What was done, in words.</param>
/// <param name="Rows">What came of it.</param>
/// <param name="Reached">Whether it is at least as good as what it is measured against; null where there is nothing of the kind.</param>
internal sealed record Study(string Name, string Conditions, IReadOnlyList<IReadOnlyDictionary<string, object>> Rows, bool? Reached)
{
    /// <summary>Writes a table for people.</summary>
    public void Write(TextWriter output)
    {
        output.WriteLine($"{Name}: {Conditions}");
        string[] columns = [.. Rows.SelectMany(row => row.Keys).Distinct()];
        string[][] cells = [columns, .. Rows.Select(row => columns.Select(column => Cell(row.GetValueOrDefault(column))).ToArray())];
        int[] widths = [.. columns.Select((_, column) => Math.Min(60, cells.Max(row => row[column].Length)))];
        foreach (string[] row in cells)
            output.WriteLine(string.Join("  ", row.Select((cell, column) => column == columns.Length - 1 ? cell : cell.PadRight(widths[column]))).TrimEnd());
        if (Reached is bool reached)
            output.WriteLine(reached ? "reached" : "not reached");
    }

    private static string Cell(object? value) => value switch
    {
        null => "",
        double number when number != 0 && Math.Abs(number) is < 0.01 or >= 1e5 => number.ToString("0.0e+00", CultureInfo.InvariantCulture),
        double number => number.ToString("0.###", CultureInfo.InvariantCulture),
        bool yes => yes ? "yes" : "no",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
