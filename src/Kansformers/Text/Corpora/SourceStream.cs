using ICSharpCode.SharpZipLib;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Kansformers.Text;

/// <summary>
/// A file read from its beginning, unpacked when its name ends in <c>.gz</c> or <c>.zst</c>. A packed file that is empty, cut short or
/// damaged, or in which something lies behind a member or frame that is not another one, is an error.
/// </summary>
internal sealed class SourceStream : IDisposable
{
    private readonly FileStream _file;
    private readonly Stream _content;
    private long _told;

    private SourceStream(FileStream file)
    {
        _file = file;
        _content = Path.GetExtension(file.Name).ToLowerInvariant() switch
        {
            ".gz" => new GzipMembers(file),
            ".zst" => new DecompressionStream(file, 1 << 16),
            _ => file,
        };
    }

    public static bool IsPacked(string name) => Path.GetExtension(name).ToLowerInvariant() is ".gz" or ".zst";

    public static SourceStream Open(string path) => new(SourceFile.Open(path));

    /// <summary>Fills as much of the buffer as there still is.</summary>
    public int Read(Span<byte> buffer)
    {
        try
        {
            int read = _content.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return read > 0 || _content == _file || _file is not { CanSeek: true, Length: 0 } ? read : throw new EndOfStreamException("it holds nothing");
        }
        catch (ZstdException failure) when (failure.Code == ZSTD_ErrorCode.ZSTD_error_frameParameter_windowTooLarge)
        {
            // The default limit of the library and of the zstd tool: unpacking keeps the window in memory.
            throw new KansformersException($"'{_file.Name}' was packed with a window of more than 128 MB (zstd --long), or is damaged; pack it again with a smaller one: zstd -d --long=31 -c OLD | zstd -o NEW", failure);
        }
        catch (Exception failure) when (_content != _file && IsDamage(failure))
        {
            long place = _content is GzipMembers members ? members.Place : _file.Position;
            throw new KansformersException($"'{_file.Name}' is cut short or damaged: it cannot be unpacked beyond byte {place} ({failure.Message.ReplaceLineEndings(" ").TrimEnd('.')}); get it again", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw SourceFile.CannotRead(_file.Name, failure);
        }
    }

    /// <summary>The bytes of the file that were read since the last call.</summary>
    public long TakeSourceBytes()
    {
        long at = _file.CanSeek ? _file.Position : _told, fresh = at - _told;
        _told = at;
        return fresh;
    }

    public void Dispose()
    {
        if (_content != _file)
            _content.Dispose();
        _file.Dispose();
    }

    // What the two unpackers throw at bytes that they did not write, the oversights of a library among them.
    private static bool IsDamage(Exception failure) =>
        failure is SharpZipBaseException or ZstdException or EndOfStreamException or InvalidDataException or ArgumentException or IndexOutOfRangeException or OverflowException;
}
