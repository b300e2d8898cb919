using System.Buffers.Binary;
using System.IO.Hashing;
using System.IO.MemoryMappedFiles;

namespace Kansformers.Text;

/// <summary>
/// The tokens of a corpus in a memory-mapped file: the system loads what is read, so it may be larger than memory.
/// Many threads may read at once.
/// </summary>
public sealed unsafe class TokenFile : IDisposable
{
    private readonly TokenFileHeader _header;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _tokens;
    private bool _disposed;

    private TokenFile(string path, TokenFileHeader header, MemoryMappedFile file)
    {
        Path = path;
        _header = header;
        _file = file;
        _view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _tokens = start + _view.PointerOffset + TokenFileHeader.Size;
    }

    /// <summary>Where the file lies.</summary>
    public string Path { get; }

    /// <summary>The number of tokens.</summary>
    public long Count => _header.Count;

    /// <summary>The vocabulary size of the tokenizer that made the tokens.</summary>
    public int VocabularySize => _header.VocabularySize;

    /// <summary>Bytes per token in the file: 1, 2 or 4, the fewest that hold every id.</summary>
    public int TokenWidth => _header.Width;

    /// <summary>The UTF-8 bytes of the text that the tokens stand for; end-of-text tokens count as none.</summary>
    public long Utf8Bytes => _header.Utf8Bytes;

    /// <summary>What became of the rows of the corpus that the tokens were made of.</summary>
    public CorpusCounts Counts => _header.Counts;

    /// <summary>The XxHash128 of the tokens.</summary>
    public UInt128 ContentHash => _header.Hash;

    /// <summary>Opens a token file and checks it from end to end.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The file, to be disposed.</returns>
    /// <exception cref="KansformersException">It is missing, cannot be read, is no token file, is cut short or is damaged.</exception>
    public static TokenFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        path = System.IO.Path.GetFullPath(path);
        using FileStream stream = SourceFile.Open(path);
        byte[] start = new byte[TokenFileHeader.Size];
        int read = SourceFile.Read(stream, start);
        if (TokenFileHeader.TryRead(start.AsSpan(0, read), out TokenFileHeader header) is { } wrong)
            throw Damaged(path, wrong);
        long expected = TokenFileHeader.Size + (header.Count * header.Width);
        if (stream.Length != expected)
            throw Damaged(path, $"it has {stream.Length} bytes where {expected} belong");
        if (HashOf(stream) != header.Hash)
            throw Damaged(path, "its content does not match its checksum");
        MemoryMappedFile? file = null;
        try
        {
            file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            return new TokenFile(path, header, file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            throw SourceFile.CannotRead(path, failure);
        }
    }

    /// <summary>Reads tokens.</summary>
    /// <param name="offset">The place of the first, from the start of the file.</param>
    /// <param name="destination">Is filled with the ids.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is not within the file.</exception>
    public void Read(long offset, Span<long> destination)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Count - destination.Length);
        byte* source = _tokens + (offset * _header.Width);
        switch (_header.Width)
        {
            case 1:
                for (int i = 0; i < destination.Length; i++)
                    destination[i] = source[i];
                break;
            case 2:
                for (int i = 0; i < destination.Length; i++)
                    destination[i] = LittleEndian(((ushort*)source)[i]);
                break;
            default:
                for (int i = 0; i < destination.Length; i++)
                    destination[i] = LittleEndian(((uint*)source)[i]);
                break;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private static ushort LittleEndian(ushort value) => BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);

    private static uint LittleEndian(uint value) => BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);

    private static UInt128 HashOf(FileStream stream)
    {
        XxHash128 hash = new();
        byte[] buffer = new byte[1 << 16];
        while (SourceFile.Read(stream, buffer) is int read and > 0)
            hash.Append(buffer.AsSpan(0, read));
        return hash.GetCurrentHashAsUInt128();
    }

    private static KansformersException Damaged(string path, string why) =>
        new($"the token file '{path}' cannot be used: {why}; delete it and prepare the corpus again");
}
