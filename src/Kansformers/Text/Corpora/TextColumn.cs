namespace Kansformers.Text;

/// <summary>What the values of a column are.</summary>
internal enum ColumnContent
{
    /// <summary>Something else than text.</summary>
    NoText,

    /// <summary>Nothing so far: it may be text elsewhere.</summary>
    Unknown,

    /// <summary>Text.</summary>
    Text,
}

/// <summary>A column of a table, or a field of JSON objects.</summary>
internal readonly record struct CorpusColumn(string Name, ColumnContent Content);

/// <summary>
/// The column that holds the text of a corpus: one for all its tables, so that neither the order of files nor that of rows decides what is read.
/// It is given, or else found among the columns of all tables: one with a usual name, exactly so written before in other cases; or else the only
/// one that holds text. A table without it is refused. Of JSON Lines only the first rows are looked at; a later field that would have been
/// chosen in its place, had it come first, is a rival, and an error when it is met.
/// </summary>
internal sealed class TextColumn
{
    private const int Given = -1, Only = int.MaxValue; // ranks; those between are of usual names

    private static readonly UsualNames Usual = new("text", "content", "document", "body", "article", "story");

    private readonly int _rank;

    private TextColumn(string name, int rank) => (Name, _rank) = (name, rank);

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Whether another field could have been chosen in its place.</summary>
    public bool MayHaveRivals => _rank > 0;

    /// <summary>Whether a field would have been chosen in the column's place, or would have made it impossible to tell.</summary>
    public bool IsRival(string name, ColumnContent content) =>
        content != ColumnContent.NoText && name != Name && Rank(name) is int rank && rank <= _rank && (rank < Only || content == ColumnContent.Text);

    /// <summary>Chooses the column of the tables of a corpus.</summary>
    /// <exception cref="KansformersException">It cannot be told, or a table does not have it.</exception>
    public static TextColumn Choose(IReadOnlyList<TableFile> tables, CorpusOptions options)
    {
        TextColumn column = options.TextField is string given ? new(given, Given) : Find(tables, options.PreferredField);
        foreach (TableFile table in tables.Where(table => table.Columns.Count > 0))
            column.RequireIn(table, tables);
        return column;
    }

    private static TextColumn Find(IReadOnlyList<TableFile> tables, string? preferred)
    {
        List<CorpusColumn> columns = Merge(tables.SelectMany(table => table.Columns));
        if (columns.Count == 0)
            return new("text", 0); // There is no row either.
        CorpusColumn[] candidates = [.. columns.Where(column => column.Content != ColumnContent.NoText)];
        if (preferred is not null && candidates.Any(column => column.Name == preferred))
            return new(preferred, Given);
        int best = candidates.Select(column => Rank(column.Name)).DefaultIfEmpty(Only).Min();
        if (best < Only)
            candidates = [.. candidates.Where(column => Rank(column.Name) == best)];
        else if (preferred is not null)
            throw Bad($"{Names(tables)} {Have(tables)} no column '{preferred}', which holds the text of the training corpus, and none with a usual name; "
                + $"call the column of the text so there too: {Has(tables)} {List(columns)}");
        else if (candidates.Any(column => column.Content == ColumnContent.Text))
            candidates = [.. candidates.Where(column => column.Content == ColumnContent.Text)];
        return candidates is [CorpusColumn only] ? new(only.Name, best)
            : throw Bad($"cannot tell which column of {Names(tables)} is the text; choose it with CorpusOptions.TextField: {Has(tables)} {List(columns)}");
    }

    /// <summary>The columns by their names, with the most that is known of each.</summary>
    public static List<CorpusColumn> Merge(IEnumerable<CorpusColumn> columns) =>
        [.. columns.GroupBy(column => column.Name, (name, same) => new CorpusColumn(name, same.Max(column => column.Content)))];

    /// <summary>Whether a name is one of those that usually hold the text.</summary>
    public static bool IsUsual(string name) => Rank(name) < Only;

    /// <summary>Columns in words.</summary>
    public static string List(IReadOnlyList<CorpusColumn> columns)
    {
        const int most = 30;
        string names = string.Join(", ", columns.Take(most).Select(column => column.Content != ColumnContent.NoText ? $"'{column.Name}'" : $"'{column.Name}' (no text)"));
        return columns.Count == 0 ? "none" : columns.Count > most ? $"{names} and {columns.Count - most} more" : names;
    }

    private static int Rank(string name) => Usual.Rank(name) ?? Only;

    private void RequireIn(TableFile table, IReadOnlyList<TableFile> tables)
    {
        CorpusColumn[] own = [.. table.Columns.Where(column => column.Name == Name)];
        string? why = own switch
        {
            [] when _rank == Given => $"'{table.Path}' has no column '{Name}'; choose another",
            [] => $"'{table.Path}' has no column '{Name}', in which '{FirstWith(tables).Path}' holds its text: "
                + "a corpus has one column of text; leave the file out, or choose another",
            [{ Content: ColumnContent.NoText }] => $"the column '{Name}' of '{table.Path}' holds no text; choose another",
            [_] => null,
            _ => $"'{table.Path}' has more than one column '{Name}'; give each a name of its own, or choose another",
        };
        if (why is not null)
            throw Bad($"{why} with CorpusOptions.TextField: it has {List(table.Columns)}");
    }

    private TableFile FirstWith(IReadOnlyList<TableFile> tables) => tables.First(table => table.Columns.Any(column => column.Name == Name));

    private static KansformersException Bad(string message) => new(message, new TextColumnException());

    private static string Names(IReadOnlyList<TableFile> tables) => tables.Count == 1 ? $"'{tables[0].Path}'" : $"'{tables[0].Path}' and {tables.Count - 1} more";

    private static string Have(IReadOnlyList<TableFile> tables) => tables.Count == 1 ? "has" : "have";

    private static string Has(IReadOnlyList<TableFile> tables) => tables.Count == 1 ? "it has" : "they have";
}

/// <summary>The cause of a refusal: the column of the text cannot be told, or a table does not have it.</summary>
internal sealed class TextColumnException() : Exception("no column of text");
