namespace Kansformers.Text;

/// <summary>How a corpus is named: a path, a pattern or a name, with or without a slice behind it.</summary>
internal readonly record struct CorpusPath(string Name, CorpusSlice? Slice)
{
    /// <summary>Takes the slice off; a file or folder whose own name ends in brackets is taken as it is.</summary>
    public static CorpusPath Parse(string pathOrName)
    {
        if (Path.Exists(pathOrName))
            return new CorpusPath(pathOrName, null);
        (string name, CorpusSlice? slice) = CorpusSlice.Split(pathOrName);
        return new CorpusPath(name, slice);
    }

    /// <summary>The same corpus, named so that it is found from any working folder.</summary>
    public static string Full(CorpusPath path) => Path.GetFullPath(path.Name) + path.Slice;

    /// <summary>A short name to call a run by, of characters that any file system takes.</summary>
    public static string Short(string pathOrName)
    {
        if (!Path.Exists(pathOrName) && DatasetName.Parse(pathOrName) is { } dataset)
            return dataset.Short;
        string path = Parse(pathOrName).Name.TrimEnd('/', '\\');
        if (CorpusFiles.IsPattern(path))
            path = Path.GetDirectoryName(path[..path.AsSpan().IndexOfAny('*', '?')]) is { Length: > 0 } folder ? folder : "files";
        string name = Path.GetFileName(path);
        return Path.GetFileNameWithoutExtension(SourceStream.IsPacked(name) ? Path.GetFileNameWithoutExtension(name) : name);
    }
}
