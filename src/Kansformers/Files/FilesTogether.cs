namespace Kansformers.Files;

/// <summary>
/// Files that are of use together only. What <see cref="AtomicFile"/> writes from the beginning of this to its end in one flow of control
/// stays when <see cref="Keep"/> is called; else what was not there before goes again, with the folders that were made for it.
/// </summary>
internal sealed class FilesTogether : IDisposable
{
    private static readonly AsyncLocal<FilesTogether?> Current = new();

    private readonly FilesTogether? _outer = Current.Value;
    private readonly List<string> _files = [];
    private bool _kept;

    private FilesTogether() => Current.Value = this;

    /// <summary>The folders made for the files.</summary>
    public NewFolders Folders { get; } = new();

    /// <summary>Begins a group, within the one that has begun already if there is one.</summary>
    public static FilesTogether Begin() => new();

    /// <summary>Remembers a file that was not there before.</summary>
    public void Add(string file) => _files.Add(file);

    /// <summary>What was written is complete.</summary>
    public void Keep() => _kept = true;

    /// <summary>Ends the group.</summary>
    public void Dispose()
    {
        Current.Value = _outer;
        if (_kept)
        {
            _outer?._files.AddRange(_files);
            _outer?.Folders.Add(Folders);
            return;
        }

        foreach (string file in _files)
            AtomicFile.TryDelete(file);
        Folders.Remove();
    }
}
