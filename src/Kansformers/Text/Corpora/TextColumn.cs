namespace Kansformers.Text;

/// <summary>Chooses the column of a table, or the field of a JSON object, that holds the text.</summary>
internal static class TextColumn
{
    private static readonly string[] Usual = ["text", "content", "document", "body", "article", "story"];

    /// <summary>The wanted column; or else one with a usual name; or else the only one that holds text.</summary>
    /// <param name="path">The file, for errors.</param>
    /// <param name="columns">The columns, with whether they hold text.</param>
    /// <param name="wanted">The column that was asked for, or null.</param>
    public static string Choose(string path, IReadOnlyList<(string Name, bool IsText)> columns, string? wanted)
    {
        if (wanted is not null)
        {
            if (columns.All(column => column.Name != wanted))
                throw new KansformersException($"'{path}' has no column '{wanted}'; choose another with --text-field: it has {List(columns)}");
            if (!columns.Any(column => column.Name == wanted && column.IsText))
                throw new KansformersException($"the column '{wanted}' of '{path}' holds no text; choose another with --text-field: it has {List(columns)}");
            return wanted;
        }

        foreach (string usual in Usual)
        {
            foreach ((string name, bool isText) in columns)
            {
                if (isText && name.Equals(usual, StringComparison.OrdinalIgnoreCase))
                    return name;
            }
        }

        string[] texts = [.. columns.Where(column => column.IsText).Select(column => column.Name)];
        return texts.Length == 1 ? texts[0]
            : throw new KansformersException($"cannot tell which column of '{path}' is the text; choose it with --text-field: it has {List(columns)}");
    }

    private static string List(IReadOnlyList<(string Name, bool IsText)> columns)
    {
        const int most = 30;
        string names = string.Join(", ", columns.Take(most).Select(column => column.IsText ? $"'{column.Name}'" : $"'{column.Name}' (no text)"));
        return columns.Count == 0 ? "none" : columns.Count > most ? $"{names} and {columns.Count - most} more" : names;
    }
}
