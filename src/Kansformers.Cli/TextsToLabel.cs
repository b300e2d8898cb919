using Kansformers.Text;

namespace Kansformers.Cli;

/// <summary>The texts that a model shall label: lines, or columns of a table.</summary>
internal static class TextsToLabel
{
    // A form feed, or what else Unicode takes for a break, is a character of a text.
    private static readonly string[] LineEnds = ["\r\n", "\n", "\r"];

    /// <param name="file">The file; null for standard input.</param>
    /// <param name="fields">The columns of a table.</param>
    public static IReadOnlyList<LabelledRow> Read(string? file, LabelledFields fields)
    {
        if (file is not null && LabelledTexts.IsTable(file))
            return LabelledTexts.Read(file, fields, needsLabels: false);
        return [.. Lines(file).Select(line => new LabelledRow(line.Text, null, "", line.Place))];
    }

    /// <summary>The lines of a text, each with its place.</summary>
    /// <param name="file">The file; null for standard input.</param>
    public static IReadOnlyList<(string Text, string Place)> Lines(string? file)
    {
        if (file is not null && !File.Exists(file))
            throw new KansformersException($"{(Directory.Exists(file) ? $"'{file}' is a folder" : $"there is no file '{file}'")}; give a text file with a line for each text, or a .csv, .tsv, .jsonl or .parquet file");
        string text = file is null ? PromptText.FromInput("the text") : PromptText.OfFile(file, "the text");
        string[] lines = text.Split(LineEnds, StringSplitOptions.None);
        lines = lines[^1].Length == 0 ? lines[..^1] : lines;
        string source = file is null ? "standard input" : $"'{file}'";
        return lines.Length > 0 ? [.. lines.Select((line, i) => (line, FormattableString.Invariant($"{source} line {i + 1}")))]
            : throw new KansformersException($"{source} holds no text; give a line for each text");
    }
}
