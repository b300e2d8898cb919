using System.Text;

namespace Kansformers.Scaling;

/// <summary>The report as Markdown: what came out, tables, notes.</summary>
internal static class MarkdownPage
{
    public static string Write(ScalingReport report)
    {
        StringBuilder text = new();
        text.Append($"# {Plain(report.Options.Title)}\n\n{Plain(report.Headline)}\n\n");
        if (report.Options.Subject is string subject)
            text.Append($"{Plain(subject)}\n\n");
        foreach (ReportTable table in ReportTable.Fits(report))
            Add(table);
        if (ReportTable.HeldOut(report) is { } held)
            Add(held);
        if (ReportTable.Budgets(report) is { } budgets)
            Add(budgets);
        if (report.Notes.Count > 0)
            text.Append("## Notes\n\n").AppendJoin('\n', report.Notes.Select(note => $"- {Plain(note)}")).Append("\n\n");
        Add(ReportTable.Runs(report));
        if (report.Options.Command is string command)
            text.Append($"Made by `{Plain(command).Replace("`", "'", StringComparison.Ordinal)}`.\n");
        return text.ToString();

        void Add(ReportTable table)
        {
            text.Append($"## {Plain(table.Title)}\n\n");
            Line(table.Columns);
            text.Append('|').Append(string.Concat(table.Columns.Select((_, i) => i < table.Words ? "---|" : "---:|"))).Append('\n');
            foreach (IReadOnlyList<string> row in table.Rows)
                Line(row);
            text.Append('\n');
        }

        void Line(IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells.Select(cell => Plain(cell).Replace("|", "\\|", StringComparison.Ordinal))).Append(" |\n");
    }

    // One line, and no markup: a run's name may be anything.
    private static string Plain(string text) => text.ReplaceLineEndings(" ").Replace("<", "&lt;", StringComparison.Ordinal);
}
