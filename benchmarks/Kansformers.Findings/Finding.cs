using System.Globalization;
using System.Text;

namespace Kansformers.Findings;

/// <summary>What an experiment came to: tables, pictures, text that models wrote.</summary>
/// <param name="Name">The experiment's.</param>
/// <param name="Summary">What was asked.</param>
/// <param name="Tables">The numbers.</param>
/// <param name="Pictures">The same to look at.</param>
/// <param name="Texts">What models wrote, by what they were.</param>
internal sealed record Finding(string Name, string Summary, IReadOnlyList<Table> Tables, IReadOnlyList<Picture> Pictures,
    IReadOnlyDictionary<string, string>? Texts = null)
{
    public string ToMarkdown()
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"## {Name}: {Summary}\n");
        foreach (Table table in Tables)
            text.Append('\n').Append(table.ToMarkdown());
        foreach ((string of, string written) in Texts ?? new Dictionary<string, string>())
            text.Append(CultureInfo.InvariantCulture, $"\n{of}\n\n```text\n{written.Trim()}\n```\n");
        return text.ToString();
    }
}

/// <summary>A picture and the file that holds it.</summary>
internal sealed record Picture(string File, string Svg);

/// <summary>Numbers with names.</summary>
/// <param name="Title">What they are.</param>
/// <param name="Columns">What each number of a row is, and its unit.</param>
/// <param name="Rows">The rows.</param>
internal sealed record Table(string Title, IReadOnlyList<string> Columns, IReadOnlyList<TableRow> Rows)
{
    public string ToMarkdown()
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"| {Title} | {string.Join(" | ", Columns)} |\n|---|{string.Concat(Columns.Select(_ => "---|"))}\n");
        foreach (TableRow row in Rows)
            text.Append(CultureInfo.InvariantCulture, $"| {row.Name} | {string.Join(" | ", row.Values.Select(Number))} |\n");
        return text.ToString();
    }

    private static string Number(double? value) => value is not double number ? ""
        : (Math.Abs(number) is >= 1000 or < 1e-4 and > 0 ? number.ToString("0.##e0", CultureInfo.InvariantCulture)
            : number.ToString("0.####", CultureInfo.InvariantCulture));
}

/// <summary>A row; null where there is no number, such as the loss of a training that became NaN.</summary>
internal sealed record TableRow(string Name, IReadOnlyList<double?> Values)
{
    public static TableRow Of(string name, params double[] values) =>
        new(name, [.. values.Select(value => double.IsFinite(value) ? value : (double?)null)]);
}
