using Kansformers.Text;

namespace Kansformers.Cli;

/// <summary>The texts that a model shall label: lines, or columns of a table.</summary>
internal static class TextsToLabel
{
    // A form feed, or what else Unicode takes for a break, is a character of a text.
    private static readonly string[] LineEnds = ["\r\n", "\n", "\r"];

    /// <param name="file">The file; null for standard input.</param>
    /// <param name="fields">The columns of a table.</param>
    public static IReadOnlyList<(string Text, string? Pair)> Read(string? file, LabelledFields fields)
    {
        if (file is not null && LabelledTexts.IsTable(file))
            return [.. LabelledTexts.Read(file, fields, needsLabels: false).Select(row => (row.Text, row.Pair))];
        string text = file is null ? PromptText.FromInput("the text") : PromptText.OfFile(file, "the text");
        string[] lines = text.Split(LineEnds, StringSplitOptions.None);
        lines = lines[^1].Length == 0 ? lines[..^1] : lines;
        return lines.Length > 0 ? [.. lines.Select(line => (line, (string?)null))]
            : throw new KansformersException($"{(file is null ? "standard input" : $"'{file}'")} holds no text; give a line for each text");
    }
}
