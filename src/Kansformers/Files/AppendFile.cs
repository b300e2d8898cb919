namespace Kansformers.Files;

/// <summary>
/// A file that only grows, record by record. Each record is handed to the system in one unbuffered write, so a killed process
/// loses at most the record that it was writing; a write that fails part-way is taken back.
/// </summary>
internal sealed class AppendFile : IDisposable
{
    private readonly Stream _stream;
    private readonly FileStream _file;
    private long _length;

    /// <summary>Opens the file.</summary>
    /// <param name="path">The file; its folder is made when missing.</param>
    /// <param name="mode"><see cref="FileMode.Create"/>, <see cref="FileMode.CreateNew"/> or <see cref="FileMode.OpenOrCreate"/>.</param>
    /// <param name="keep">How many bytes of the file stay; what lies behind them is dropped. Null for all.</param>
    /// <exception cref="KansformersException">The file cannot be opened.</exception>
    public AppendFile(string path, FileMode mode, long? keep = null)
    {
        Path = System.IO.Path.GetFullPath(path);
        NewFolders folders = new();
        try
        {
            folders.Make(System.IO.Path.GetDirectoryName(Path)!);
            _file = new FileStream(Path, mode, FileAccess.Write, FileShare.Read, bufferSize: 0);
            if (keep < _file.Length)
                _file.SetLength(keep.Value);
        }
        catch (Exception failure) when (SystemFault.Is(failure))
        {
            folders.Remove();
            throw new KansformersException($"cannot open '{Path}': {SystemFault.Reason(failure)}", failure);
        }

        _length = _file.Seek(0, SeekOrigin.End);
        _stream = FileFault.Wrap(_file);
    }

    /// <summary>The file's full path.</summary>
    public string Path { get; }

    /// <summary>Adds one record at the end, the whole of it or nothing.</summary>
    /// <exception cref="KansformersException">The disk is full or the file cannot be written; what was there before is unchanged.</exception>
    public void Append(ReadOnlySpan<byte> record)
    {
        try
        {
            _stream.Write(record);
            _length += record.Length;
        }
        catch (Exception failure) when (SystemFault.Is(failure))
        {
            TakeBack();
            throw new KansformersException($"cannot write '{Path}': {SystemFault.Reason(failure)}; what it held is unchanged", failure);
        }
    }

    /// <summary>Waits until everything is on the disk, so that a power cut does not lose it either.</summary>
    /// <exception cref="KansformersException">The disk refuses.</exception>
    public void Sync()
    {
        try
        {
            _file.Flush(flushToDisk: true);
        }
        catch (Exception failure) when (SystemFault.Is(failure))
        {
            throw new KansformersException($"cannot write '{Path}': {SystemFault.Reason(failure)}", failure);
        }
    }

    public void Dispose() => _file.Dispose();

    private void TakeBack()
    {
        try
        {
            _file.SetLength(_length);
            _file.Seek(_length, SeekOrigin.Begin);
        }
        catch (Exception failure) when (SystemFault.Is(failure))
        {
            // The reader drops a torn last record anyway.
        }
    }
}
