using System.IO.Compression;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Kansformers.Tests.Checkpoints;

/// <summary>Puts together files as torch.save writes them.</summary>
internal static class PyTorchFiles
{
    public static byte[] Bytes<T>(params T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    /// <summary>A zip archive of stored entries <c>model/NAME</c>.</summary>
    public static byte[] Archive(byte[] pickle, params (string Name, byte[] Bytes)[] entries) =>
        Zip(CompressionLevel.NoCompression, [("data.pkl", pickle), ("version", "3\n"u8.ToArray()), .. entries]);

    public static byte[] Zip(CompressionLevel level, params (string Name, byte[] Bytes)[] entries)
    {
        using MemoryStream stream = new();
        using (ZipArchive zip = new(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] bytes) in entries)
            {
                using Stream entry = zip.CreateEntry($"model/{name}", level).Open();
                entry.Write(bytes);
            }
        }

        return stream.ToArray();
    }

    /// <summary>The format before PyTorch 1.6: five pickles, then the storages with their element counts.</summary>
    public static byte[] Legacy(byte[] pickle, bool littleEndian, params (string Key, long Count, byte[] Bytes)[] storages)
    {
        using MemoryStream stream = new();
        stream.Write(PickleEmitter.Of(to => to.Number(BigInteger.Parse("119547037146038801333356", System.Globalization.CultureInfo.InvariantCulture))));
        stream.Write(PickleEmitter.Of(to => to.Number(1001)));
        stream.Write(PickleEmitter.Of(to => to.Dictionary(
            ("protocol_version", value => value.Number(1001)),
            ("little_endian", value => value.Raw(littleEndian ? (byte)0x88 : (byte)0x89)))));
        stream.Write(pickle);
        stream.Write(PickleEmitter.Of(to => to.List([.. storages.Select(storage => (Action<PickleEmitter>)(item => item.Text(storage.Key)))])));
        foreach ((_, long count, byte[] bytes) in storages)
        {
            stream.Write(BitConverter.GetBytes(count));
            stream.Write(bytes);
        }

        return stream.ToArray();
    }
}
