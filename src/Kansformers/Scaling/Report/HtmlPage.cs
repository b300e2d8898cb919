using System.Globalization;
using System.Text;
using System.Text.Json;
using Kansformers.Pictures;
using Kansformers.Training;

namespace Kansformers.Scaling;

/// <summary>Writes a report as one HTML file.</summary>
internal sealed class HtmlPage(ScalingReport report)
{
    private const string Hint = "Point at a mark to read its run below the picture; with a keyboard, go to a picture by Tab and to its marks by the arrow keys.";

    private readonly StringBuilder _text = new();
    private readonly ReportCharts _charts = new(report);

    public string Write()
    {
        _text.Append(PageDocument.Begin(report.Options.Title, PageStyle.Css + "\n" + Groups((_, g) => $".c{g % PageDocument.Colors} {{ --c: var(--c{g % PageDocument.Colors}); color: var(--c); }}")));
        Add($"""
            <h1>{Escape(report.Options.Title)}</h1>
            <p class="lead">{Escape(report.Headline)}</p>
            """);
        if (report.Options.Subject is string subject)
            Add($"<p class=\"faded\">{Escape(subject)}</p>");
        if (report.Groups.Count > 1)
            Add($"<fieldset><legend>Show</legend>{Groups(Box)}</fieldset>");
        Add($"<p class=\"faded hint\">{Hint}</p>\n<div class=\"figures\">");
        foreach (Figure figure in _charts.All())
            Add($"<figure><h3>{Escape(figure.Title)}</h3>{figure.Chart}<figcaption aria-live=\"polite\">{Escape(figure.Caption)}</figcaption></figure>");
        Add($"</div>\n<h2>Coefficients</h2>");
        foreach (ReportTable table in ReportTable.Fits(report))
            Add(table);
        Add($"<h2>Predictions</h2>");
        if (ReportTable.HeldOut(report) is { } held)
            Add(held);
        if (ReportTable.Budgets(report) is { } budgets)
            Add(budgets);
        if (report.Notes.Count > 0)
            Add($"<h2>Notes</h2>\n<ul>{string.Concat(report.Notes.Select(note => $"<li>{Escape(note)}</li>"))}</ul>");
        Add($"<details><summary>All {report.Groups.Sum(group => group.Points.Count)} runs</summary>");
        Add(ReportTable.Runs(report));
        Add($"</details>");
        if (report.Options.Command is string command)
            Add($"<p class=\"faded\">Made by <code>{Escape(command)}</code></p>");
        _text.Append(PageDocument.End("runs", JsonSerializer.Serialize(_charts.Readings), PageStyle.Script));
        return _text.ToString();
    }

    private void Add(ReportTable table)
    {
        Add($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{Escape(table.Title)}\"><table><caption>{Escape(table.Title)}</caption>");
        Add($"<thead><tr>{string.Concat(table.Columns.Select((name, i) => $"<th scope=\"col\"{Class(i)}>{Escape(name)}</th>"))}</tr></thead><tbody>");
        foreach (IReadOnlyList<string> row in table.Rows)
            Add($"<tr>{string.Concat(row.Select((cell, i) => $"<td{Class(i)}>{Escape(cell)}</td>"))}</tr>");
        Add($"</tbody></table></div>");

        string Class(int column) => column >= table.Words ? "" : column == 0 ? " class=\"w\"" : " class=\"w wrap\"";
    }

    private static string Box(GroupFits group, int g) =>
        $"<label><input type=\"checkbox\" checked value=\"{g}\"><i class=\"c{g % PageDocument.Colors}\"></i>{Escape(group.Name)}</label>";

    private string Groups(Func<GroupFits, int, string> text) => string.Concat(report.Groups.Select(text));

    private void Add(FormattableString markup) => _text.Append(markup.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static string Escape(string text) => SvgDocument.Escape(text);
}
