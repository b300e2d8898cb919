namespace Kansformers.Text;

/// <summary>The rows of one or more files, a part of them, or each different one once.</summary>
internal sealed class FileCorpus : Corpus
{
    private readonly DocumentFile[] _files;
    private readonly CorpusSlice? _slice;
    private readonly bool _deduplicate;

    private FileCorpus(string name, string description, DocumentFile[] files, CorpusSlice? slice, bool deduplicate)
        : base(name, description)
    {
        (_files, _slice, _deduplicate) = (files, slice, deduplicate);
        Files = [.. files.Select(file => file.Path)];
        string[] kinds = [.. files.Select(file => file.Identity)];
        Identity = (kinds.Distinct().Count() == 1 ? kinds[0] : string.Join('|', kinds)) + slice + (deduplicate ? " deduplicated" : "");
    }

    public override IReadOnlyList<string> Files { get; }

    internal override string Identity { get; }

    public static FileCorpus Open(CorpusPath path, CorpusOptions options)
    {
        bool isFolder = Directory.Exists(path.Name);
        string[] paths = isFolder ? CorpusFiles.InFolder(path.Name) : File.Exists(path.Name) ? [path.Name] : CorpusFiles.Matching(path.Name);
        if (paths.Length == 1 && !isFolder)
            SourceFile.RequireContent(paths[0]);
        DocumentFile[] files = [.. paths.Select(file => DocumentFile.Open(file, options))];
        if (path.Slice is not null && files is [{ IsOneDocument: true }])
            throw new KansformersException($"'{path.Name}' is one document, of which {path.Slice} cannot be taken; slices go by rows: of .jsonl, .csv and .parquet, or by the files of a folder");
        string name = isFolder ? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path.Name))) : Path.GetFileName(path.Name);
        string[] details = [.. files.Select(file => file.Details).Where(detail => detail.Length > 0).Distinct()];
        string[] inside = [.. isFolder || files.Length > 1 ? [files.Length == 1 ? "1 file" : $"{files.Length} files"] : Array.Empty<string>(), .. details.Length == 1 ? details : []];
        string description = $"{(isFolder ? "folder " : "")}'{path.Name}{path.Slice}'" + (inside.Length > 0 ? $" ({string.Join(", ", inside)})" : "");
        return new FileCorpus(name + path.Slice, description, files, path.Slice, options.Deduplicate);
    }

    private protected override IEnumerable<RawPiece> ReadRaw(CorpusTally tally)
    {
        (long start, long end) = _slice is null ? (0, long.MaxValue) : _slice.Of(_slice.NeedsCount ? _files.Sum(file => file.CountRows()) : long.MaxValue);
        Distinct? distinct = _deduplicate ? new(tally) : null;
        long row = 0;
        foreach (DocumentFile file in _files)
        {
            if (row >= end)
                yield break;
            if (file.IsOneDocument && (row++ < start || distinct?.HasSeen(file) == true))
                continue;
            foreach (RawPiece piece in file.Read())
            {
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
    }
}
