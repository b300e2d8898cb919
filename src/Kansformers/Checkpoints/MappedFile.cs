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
    private readonly MemoryMappedFile? _map;
    private readonly MemoryMappedViewAccessor? _view;

    private MappedFile(string path)
    {
        Path = path;
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1);
        Length = stream.Length;
        if (Length == 0)
            return;
        _map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _map.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read);
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
            return file.Length > 0 ? file : throw file.Fault("the file is empty");
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
        byte* pointer = Acquire();
        try
        {
            for (long done = 0; done < length;)
            {
                int chunk = (int)Math.Min(length - done, 1 << 24);
                crc.Append(new ReadOnlySpan<byte>(pointer + offset + done, chunk));
                done += chunk;
            }
        }
        finally
        {
            Release();
        }

        return crc.GetCurrentHashAsUInt32();
    }

    public void Dispose()
    {
        _view?.Dispose();
        _map?.Dispose();
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
