namespace Kansformers.Text;

/// <summary>The rows of one or more files, a part of them, or each different one once.</summary>
internal sealed class FileCorpus : Corpus
{
    private readonly DocumentFile[] _files;
    private readonly CorpusSlice? _slice;
    private readonly bool _deduplicate;

    private FileCorpus(string name, string description, string source, DocumentFile[] files, CorpusSlice? slice, bool deduplicate)
        : base(name, description, source)
    {
        TextField = files.OfType<TableFile>().FirstOrDefault()?.Column.Name;
        (_files, _slice, _deduplicate) = (files, slice, deduplicate);
        Files = [.. files.Select(file => file.Path)];
        string[] kinds = [.. files.Select(file => file.Identity)];
        Identity = (kinds.Distinct().Count() == 1 ? kinds[0] : string.Join('|', kinds)) + slice + (deduplicate ? " deduplicated" : "");
    }

    public override IReadOnlyList<string> Files { get; }

    internal override string Identity { get; }

    internal override string? TextField { get; }

    public static FileCorpus Open(CorpusPath path, CorpusOptions options)
    {
        bool isFolder = Directory.Exists(path.Name);
        string[] paths = isFolder ? CorpusFiles.InFolder(path.Name) : File.Exists(path.Name) ? [path.Name] : CorpusFiles.Matching(path.Name);
        if (paths.Length == 1 && !isFolder)
            SourceFile.RequireContent(paths[0]);
        string name = isFolder ? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path.Name))) : Path.GetFileName(path.Name);
        string[] inside = isFolder || paths.Length > 1 ? [paths.Length == 1 ? "1 file" : $"{paths.Length} files"] : [];
        return Of(paths, path.Slice, options, name + path.Slice, $"{(isFolder ? "folder " : "")}'{path.Name}{path.Slice}'", inside, CorpusPath.Full(path));
    }

    /// <summary>The rows of files.</summary>
    /// <param name="paths">The files in their order.</param>
    /// <param name="slice">Which of their rows; null for all.</param>
    /// <param name="options">How to read them.</param>
    /// <param name="name">A short name for them.</param>
    /// <param name="what">What they are, in a few words.</param>
    /// <param name="inside">More of that, which goes in brackets.</param>
    /// <param name="source">How to name them so that they are found again.</param>
    public static FileCorpus Of(string[] paths, CorpusSlice? slice, CorpusOptions options, string name, string what, string[] inside, string source)
    {
        DocumentFile[] files = [.. paths.Select(file => DocumentFile.Open(file, options))];
        if (slice is not null && files is [{ IsOneDocument: true }])
            throw new KansformersException($"'{paths[0]}' is one document, of which {slice} cannot be taken; slices go by rows: of .jsonl, .csv and .parquet, or by the files of a folder");
        TableFile[] tables = [.. files.OfType<TableFile>()];
        TextColumn column = TextColumn.Choose(tables, options);
        foreach (TableFile table in tables)
            table.Column = column;
        string[] details = [.. tables.Select(file => file.Details).Distinct().Order(StringComparer.Ordinal).Take(1)];
        string[] all = [.. inside, .. details];
        return new FileCorpus(name, what + (all.Length > 0 ? $" ({string.Join(", ", all)})" : ""), source, files, slice, options.Deduplicate);
    }

    private protected override IEnumerable<RawPiece> ReadRaw(CorpusTally tally)
    {
        long? count = _slice?.NeedsCount == true ? _files.Sum(file => file.CountRows()) : null;
        (long start, long end) = _slice?.Of(count ?? long.MaxValue) ?? (0, long.MaxValue);
        if (start == end)
            throw _slice!.WithoutRows($"the corpus {Description}", count);
        Distinct? distinct = _deduplicate ? new(tally) : null;
        long row = 0;
        foreach (DocumentFile file in _files)
        {
            if (row >= end)
                yield break;
            if (file.IsOneDocument && (row++ < start || distinct?.HasSeen(file) == true))
                continue;
            long rowInFile = 1;
            foreach (RawPiece piece in file.Read())
            {
                tally.Place = new CorpusPlace(file.Path, file.IsOneDocument ? null : rowInFile);
                rowInFile += piece.EndsDocument ? 1 : 0;
                // What is passed over still counts as progress.
                bool left = !file.IsOneDocument && (row < start || distinct?.HasSeen(piece.Text.Span) == true);
                yield return left ? new RawPiece(default, false, piece.SourceBytes) : piece;
                if (file.IsOneDocument)
                    continue;
                row += piece.EndsDocument ? 1 : 0;
                if (row >= end)
                    yield break;
            }
        }

        if (_slice is not null && row <= start)
            throw _slice.WithoutRows($"the corpus {Description}", row);
    }
}
