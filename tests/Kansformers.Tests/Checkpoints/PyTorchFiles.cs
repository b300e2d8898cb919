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

    /// <summary>An archive whose directory gives all sizes and places in 64 bits, as those of more than 4 GB do.</summary>
    public static byte[] Archive64(byte[] pickle, params (string Name, byte[] Bytes)[] entries)
    {
        using MemoryStream stream = new(), directory = new();
        using BinaryWriter file = new(stream), central = new(directory);
        (string Name, byte[] Bytes)[] all = [("data.pkl", pickle), .. entries];
        foreach ((string name, byte[] bytes) in all)
        {
            byte[] path = System.Text.Encoding.UTF8.GetBytes($"model/{name}");
            uint crc = System.IO.Hashing.Crc32.HashToUInt32(bytes);
            long place = stream.Position;
            Header(file, 0x04034b50, [45, 0, 0, 0, 0x21], crc, (uint)bytes.Length, [(ushort)path.Length, 0]);
            file.Write(path);
            file.Write(bytes);
            Header(central, 0x02014b50, [45, 45, 0, 0, 0, 0x21], crc, uint.MaxValue, [(ushort)path.Length, 28, 0, 0, 0, 0, 0]);
            central.Write(uint.MaxValue);
            central.Write(path);
            central.Write([1, 0, 24, 0]);
            foreach (long value in new[] { bytes.Length, bytes.Length, place })
                central.Write(value);
        }

        long start = stream.Position;
        file.Write(directory.ToArray());
        long end = stream.Position;
        file.Write(0x06064b50);
        file.Write(44L);
        file.Write(new byte[12]);
        foreach (long value in new[] { all.Length, all.Length, directory.Length, start })
            file.Write(value);
        file.Write(0x07064b50);
        file.Write(0);
        file.Write(end);
        file.Write(1);
        file.Write(0x06054b50);
        file.Write([0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0]);
        return stream.ToArray();

        static void Header(BinaryWriter to, uint signature, ushort[] before, uint crc, uint size, ushort[] after)
        {
            to.Write(signature);
            foreach (ushort value in before)
                to.Write(value);
            foreach (uint value in new[] { crc, size, size })
                to.Write(value);
            foreach (ushort value in after)
                to.Write(value);
        }
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
