using System.IO.Hashing;
using System.IO.MemoryMappedFiles;
using Kansformers.Files;

namespace Kansformers.Checkpoints;

/// <summary>
/// A whole file mapped into memory, read-only. Nothing is read until it is asked for.
/// Replacing the file by a rename is harmless while it is mapped; cutting it short in place is not.
/// </summary>
internal sealed unsafe class MappedFile : IDisposable
{
    // Pages of a mapping that were touched count as memory of the process: what is copied anyway is read past it from this size on, so that loading a model
    // does not hold it twice.
    private const int FewestBytesRead = 1 << 16;
    private const int ChecksumChunk = 1 << 20;

    private readonly FileStream _stream;
    private readonly MemoryMappedFile? _map;
    private readonly MemoryMappedViewAccessor? _view;

    private MappedFile(string path)
    {
        Path = path;
        _stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1);
        try
        {
            Length = _stream.Length;
            if (Length == 0)
                return;
            _map = MemoryMappedFile.CreateFromFile(_stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            _view = _map.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Path { get; }

    public long Length { get; }

    /// <exception cref="KansformersException">The file is missing, a folder, empty, or may not be read.</exception>
    public static MappedFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
            throw new KansformersException($"cannot read '{path}': it is a folder; name the file in it");
        try
        {
            MappedFile file = new(path);
            if (file.Length > 0)
                return file;
            file.Dispose();
            throw file.Fault("the file is empty");
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new KansformersException($"cannot read '{path}': there is no such file", failure);
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new KansformersException($"cannot read '{path}': permission denied", failure);
        }
        catch (IOException failure)
        {
            throw new KansformersException($"cannot read '{path}': {AtomicFile.Reason(failure)}", failure);
        }
    }

    /// <summary>The exception that names this file and the problem.</summary>
    public KansformersException Fault(string problem, Exception? cause = null) => new($"cannot read '{Path}': {problem}", cause);

    /// <summary>Part of the file as bytes of a tensor. The range is inside the file.</summary>
    public TensorBytes Slice(long offset, long length) => new MappedBytes(this, offset, length, null, "");

    /// <summary>As <see cref="Slice"/>, with a CRC-32 that the first read checks.</summary>
    public TensorBytes SliceWithChecksum(long offset, long length, uint checksum, string what) =>
        new MappedBytes(this, offset, length, checksum, what);

    /// <summary>The bytes themselves, for the readers of headers. Valid until the file is disposed.</summary>
    public ReadOnlySpan<byte> Span(long offset, int length)
    {
        CheckRange(offset, length);
        byte* pointer = Acquire();
        try
        {
            return new ReadOnlySpan<byte>(pointer + offset, length);
        }
        finally
        {
            Release();
        }
    }

    public void Read(long offset, Span<byte> destination)
    {
        CheckRange(offset, destination.Length);
        if (destination.Length >= FewestBytesRead)
        {
            ReadPast(offset, destination);
            return;
        }

        byte* pointer = Acquire();
        try
        {
            new ReadOnlySpan<byte>(pointer + offset, destination.Length).CopyTo(destination);
        }
        finally
        {
            Release();
        }
    }

    public void ReadPieces(long offset, long stride, int piece, Span<byte> destination)
    {
        int count = destination.Length / piece;
        if (count == 0)
            return;
        CheckRange(offset, checked(((count - 1) * stride) + piece));
        byte* pointer = Acquire();
        try
        {
            byte* source = pointer + offset;
            for (int i = 0; i < count; i++, source += stride)
                new ReadOnlySpan<byte>(source, piece).CopyTo(destination[(i * piece)..]);
        }
        finally
        {
            Release();
        }
    }

    /// <summary>CRC-32 (as in zip) of a part.</summary>
    public uint Checksum(long offset, long length)
    {
        CheckRange(offset, length);
        Crc32 crc = new();
        byte[] buffer = new byte[(int)Math.Min(length, ChecksumChunk)];
        for (long done = 0; done < length;)
        {
            Span<byte> chunk = buffer.AsSpan(0, (int)Math.Min(length - done, buffer.Length));
            Read(offset + done, chunk);
            crc.Append(chunk);
            done += chunk.Length;
        }

        return crc.GetCurrentHashAsUInt32();
    }

    public void Dispose()
    {
        _view?.Dispose();
        _map?.Dispose();
        _stream.Dispose();
    }

    private void ReadPast(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(_stream.SafeFileHandle, destination, offset);
            if (read == 0)
                throw Fault("it has become shorter while it was open; get the file again");
            offset += read;
            destination = destination[read..];
        }
    }

    private byte* Acquire()
    {
        byte* pointer = null;
        _view!.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        return pointer + _view.PointerOffset;
    }

    private void Release() => _view!.SafeMemoryMappedViewHandle.ReleasePointer();

    private void CheckRange(long offset, long length)
    {
        if (offset < 0 || length < 0 || length > Length - offset)
            throw new ArgumentOutOfRangeException(nameof(offset));
    }

    private sealed class MappedBytes(MappedFile file, long start, long length, uint? checksum, string what) : TensorBytes
    {
        private bool _verified = checksum is null;

        public override long Length => length;

        public override void Read(long offset, Span<byte> destination)
        {
            Verify();
            file.Read(start + offset, destination);
        }

        public override void ReadPieces(long offset, long stride, int piece, Span<byte> destination)
        {
            Verify();
            file.ReadPieces(start + offset, stride, piece, destination);
        }

        public override void Verify()
        {
            if (_verified)
                return;
            if (file.Checksum(start, length) != checksum)
                throw file.Fault($"{what} is corrupted: its CRC-32 is not the one that was written; get the file again");
            _verified = true;
        }
    }
}
