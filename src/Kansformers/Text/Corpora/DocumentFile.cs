namespace Kansformers.Text;

/// <summary>A file of documents.</summary>
internal abstract class DocumentFile(string path)
{
    /// <summary>Where it lies, in full.</summary>
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>What, besides the content, decides which text is read; part of cache keys.</summary>
    public abstract string Identity { get; }

    /// <summary>What a user should know about how it is read: <c>column 'text'</c>; empty for nothing.</summary>
    public virtual string Details => "";

    /// <summary>Whether the file is one document, which may come in many pieces; otherwise each piece is a row.</summary>
    public virtual bool IsOneDocument => false;

    /// <summary>Reads the rows from the first one.</summary>
    public abstract IEnumerable<RawPiece> Read();

    /// <summary>The number of rows, empty ones too.</summary>
    public virtual long CountRows() => IsOneDocument ? 1 : Read().LongCount(piece => piece.EndsDocument);

    /// <summary>A file of a kind that its name tells; other names are text. Of a table the column is still to be chosen.</summary>
    public static DocumentFile Open(string path, CorpusOptions options) => CorpusFiles.FormatOf(path) switch
    {
        ".jsonl" or ".ndjson" or ".json" => JsonLinesFile.Open(path, options.TextField),
        ".csv" => CsvFile.Open(path, (byte)',', options.TextField),
        ".tsv" => CsvFile.Open(path, (byte)'\t', options.TextField),
        ".parquet" => ParquetFile.Open(path),
        _ => new TextFile(path),
    };
}
