namespace Kansformers.Text;

/// <summary>
/// The <c>.txt</c> and <c>.md</c> files of a folder and the folders below it, each a document, in the ordinal order of their
/// relative paths. Hidden files and folders, and links to folders (which may go in circles), are passed over.
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
            throw new KansformersException($"the folder '{Path.GetFullPath(folder)}' holds no .txt or .md file; choose another with --data");
        files.Sort((a, b) => string.CompareOrdinal(a.Relative, b.Relative));
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        string count = files.Count == 1 ? "1 file" : $"{files.Count} files";
        return new FolderCorpus(name, $"folder '{folder}' ({count})", [.. files.Select(file => file.Path)]);
    }

    private static void Collect(DirectoryInfo folder, string prefix, List<(string Relative, string Path)> files)
    {
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
