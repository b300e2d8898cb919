namespace Kansformers.Text;

/// <summary>A Parquet file, each row of which is a document: the value of one column. A row without a value is an empty one.</summary>
internal sealed class ParquetFile : TableFile
{
    private ParquetFile(string path, IEnumerable<ParquetColumn> columns)
        : base(path) => Columns = [.. columns.Select(column => new CorpusColumn(column.Name, column.IsText ? ColumnContent.Text : ColumnContent.NoText))];

    public override IReadOnlyList<CorpusColumn> Columns { get; }

    public override string Identity => $"parquet {Column.Name}";

    public static ParquetFile Open(string path)
    {
        if (SourceStream.IsPacked(path))
            throw new KansformersException($"'{path}' is a Parquet file within a packed one; unpack it (Parquet is packed inside)");
        path = System.IO.Path.GetFullPath(path);
        using ParquetReader reader = new(path);
        return new ParquetFile(path, reader.Footer.Columns);
    }

    public override long CountRows()
    {
        using ParquetReader reader = new(Path);
        return reader.Footer.Rows;
    }

    public override IEnumerable<RawPiece> Read()
    {
        using ParquetReader reader = new(Path);
        ParquetColumn column = reader.Footer.Columns.FirstOrDefault(item => item.Name == Column.Name && item.IsText)
            ?? throw new KansformersException($"'{Path}' changed while it was read; start again when it is complete");
        while (reader.Next(column, out string text))
            yield return new RawPiece(text.AsMemory(), true, reader.TakeSourceBytes());
    }
}
