namespace Kansformers.Text;

/// <summary>A row of a table.</summary>
/// <param name="Path">The file.</param>
/// <param name="Line">The line that it begins in.</param>
/// <param name="Values">The values of its columns as text; null of those that are null, or hold a list or an object.</param>
internal readonly record struct TableRecord(string Path, long Line, IReadOnlyDictionary<string, string?> Values)
{
    /// <summary>The columns that hold a list or an object; their values are null, or, where that was asked for, its JSON.</summary>
    public IReadOnlyList<string> Nested { get; init; } = [];

    /// <summary>Where it is, for messages.</summary>
    public string Place => FormattableString.Invariant($"'{Path}' {Unit} {Line}");

    /// <summary>What <see cref="Line"/> counts.</summary>
    public string Unit => CorpusFiles.FormatOf(Path) == ".parquet" ? "row" : "line";

    /// <summary>Its columns in words.</summary>
    public string Names => TextColumn.List([.. Values.Keys.Select(name => new CorpusColumn(name, ColumnContent.Text))]);

    /// <summary>The column with the likeliest name.</summary>
    /// <param name="usual">What it is usually called.</param>
    /// <param name="what">What it holds, for the message.</param>
    /// <param name="option">What chooses it.</param>
    /// <exception cref="KansformersException">None is called so.</exception>
    public string Find(UsualNames usual, string what, string option) => usual.Of(Values.Keys)
        ?? throw new KansformersException(FormattableString.Invariant($"cannot tell which column of '{Path}' holds the {what}; choose it with DataConfig.{option}: {Unit} {Line} has {Names}"));

    /// <summary>What a column holds, a list or an object as JSON; null where it is null.</summary>
    /// <exception cref="KansformersException">There is no such column.</exception>
    public string? Value(string column) => Values.TryGetValue(column, out string? value) ? value : throw new KansformersException($"{Place} has no field '{column}': it has {Names}{(Unit == "row" ? $"; {ParquetRows.Readable}" : "")}");

    /// <summary>The text in a column; empty where it is null.</summary>
    /// <exception cref="KansformersException">There is no such column, or it holds a list or an object.</exception>
    public string Text(string column) => !Nested.Contains(column) ? Value(column) ?? ""
        : throw new KansformersException($"{Place} holds a list or an object in '{column}', where a text or a number is wanted; choose another column, or convert it");
}
