namespace Kansformers.Text;

/// <summary>A file of rows with columns, one of which holds the text: the same in all files of a corpus.</summary>
internal abstract class TableFile(string path) : DocumentFile(path)
{
    private TextColumn? _column;

    /// <summary>The columns, in their order; none where they need not be known, or there is no row.</summary>
    public abstract IReadOnlyList<CorpusColumn> Columns { get; }

    /// <summary>The column of the text; it must be set before rows are read.</summary>
    public TextColumn Column
    {
        get => _column ?? throw new InvalidOperationException("the column of the text is not chosen yet");
        set => _column = value;
    }

    public override string Details => $"column '{Column.Name}'";
}
