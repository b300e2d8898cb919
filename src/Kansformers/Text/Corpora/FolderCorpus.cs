namespace Kansformers.Text;

/// <summary>
/// The <c>.txt</c> and <c>.md</c> files of a folder and the folders below it, each a document, in the ordinal order of their
/// relative paths. Hidden files and folders, links to folders (which may go in circles) and run folders (<c>config.json</c> beside a
/// tokenizer's file), whose descriptions are no text to learn from and change with every training, are passed over.
/// </summary>
internal sealed class FolderCorpus : Corpus
{
    private FolderCorpus(string name, string description, string[] files)
        : base(name, description) => Files = files;

    public override IReadOnlyList<string> Files { get; }

    internal override string Identity => "text";

    public static FolderCorpus Open(string folder)
    {
        List<(string Relative, string Path)> files = [];
        try
        {
            Collect(new DirectoryInfo(folder), "", files);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw SourceFile.CannotRead(folder, failure);
        }

        if (files.Count == 0)
        {
            throw new KansformersException($"the folder '{Path.GetFullPath(folder)}' {(IsRun(folder) ? "is a run, not text" : "holds no .txt or .md file")}; choose another with --data");
        }

        files.Sort((a, b) => string.CompareOrdinal(a.Relative, b.Relative));
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        string count = files.Count == 1 ? "1 file" : $"{files.Count} files";
        return new FolderCorpus(name, $"folder '{folder}' ({count})", [.. files.Select(file => file.Path)]);
    }

    private static void Collect(DirectoryInfo folder, string prefix, List<(string Relative, string Path)> files)
    {
        if (IsRun(folder.FullName))
            return;
        foreach (FileSystemInfo entry in folder.EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = FileAttributes.Hidden, IgnoreInaccessible = false }))
        {
            if (entry.Name.StartsWith('.'))
                continue;
            if (entry is DirectoryInfo inner && inner.LinkTarget is null)
                Collect(inner, $"{prefix}{inner.Name}/", files);
            else if (entry is FileInfo && Path.GetExtension(entry.Name).ToLowerInvariant() is ".txt" or ".md")
                files.Add((prefix + entry.Name, entry.FullName));
        }
    }

    private static bool IsRun(string folder) => File.Exists(Path.Combine(folder, "config.json")) && File.Exists(Path.Combine(folder, TokenizerFile.Name));

    private protected override IEnumerable<RawPiece> ReadRaw()
    {
        foreach (string path in Files)
        {
            foreach ((ReadOnlyMemory<char> text, int bytes) in TextFileReader.Read(path))
                yield return new RawPiece(text, false, bytes);
            yield return new RawPiece(default, true, 0);
        }
    }
}
