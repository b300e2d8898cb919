using System.Buffers.Binary;
using System.IO.Hashing;
using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;

namespace Kansformers.Text;

/// <summary>
/// The tokens of a corpus in a memory-mapped file: the system loads what is read, so it may be larger than memory.
/// Many threads may read at once.
/// </summary>
internal sealed unsafe class TokenFile : IDisposable
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
    public int TokenWidth => _header.Layout.Width;

    /// <summary>
    /// The UTF-8 bytes of the text that the tokens stand for, as it stood before any normalization; end-of-text tokens count as none, and so do characters
    /// without a token. Null when that is not known: of ready tokens, where an id does not tell its text.
    /// </summary>
    public long? Utf8Bytes => _header.Utf8Bytes;

    /// <summary>What of the text has no token, and was left out.</summary>
    public LostText Lost => _header.Lost;

    /// <summary>Whether the file tells the bytes of text of each token.</summary>
    internal bool HasLengths => _header.Layout.HasLengths;

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
        long expected = TokenFileHeader.Size + (header.Count * header.Layout.Stride);
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
        int stride = _header.Layout.Stride;
        byte* source = _tokens + (offset * stride);
        if (HasLengths)
        {
            for (int i = 0; i < destination.Length; i++)
                destination[i] = Id(source + ((long)i * stride));
            return;
        }

        switch (stride)
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

    /// <summary>The bytes of text of tokens, where the file tells them.</summary>
    internal long LengthOf(long offset, long count)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        TokenLayout layout = _header.Layout;
        long bytes = 0;
        for (long i = offset; i < offset + count; i++)
            bytes += (int)LittleEndian(Unsafe.ReadUnaligned<uint>(_tokens + (i * layout.Stride) + layout.Width));
        return bytes;
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

    private long Id(byte* token) => _header.Layout.Width switch
    {
        1 => *token,
        2 => LittleEndian(Unsafe.ReadUnaligned<ushort>(token)),
        _ => LittleEndian(Unsafe.ReadUnaligned<uint>(token)),
    };

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
