using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Kansformers.Runtime;

/// <summary>
/// An empty Linux shared library that has a name and nothing else. Once it is loaded, the system's loader takes any request for that
/// name as met, and looks no further for a file.
/// </summary>
internal static class ElfAlias
{
    // File and memory layout are the same: header, two program headers, dynamic section, strings, one empty symbol.
    private const int HeaderSize = 64, ProgramHeaderSize = 56, DynamicAt = HeaderSize + 2 * ProgramHeaderSize, DynamicEntries = 6, EntrySize = 16;
    private const int StringsAt = DynamicAt + DynamicEntries * EntrySize, SymbolSize = 24;

    /// <summary>The bytes of a 64-bit little-endian library for this machine.</summary>
    /// <param name="name">Its name (<c>DT_SONAME</c>), such as <c>torch_cpu.so</c>.</param>
    public static byte[] Create(string name)
    {
        byte[] strings = [0, .. Encoding.ASCII.GetBytes(name), 0];
        int symbolsAt = (StringsAt + strings.Length + 7) / 8 * 8, size = symbolsAt + SymbolSize;
        byte[] image = new byte[size];
        Span<byte> bytes = image;
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(bytes);
        U16(bytes, 16, 3); // a shared object
        U16(bytes, 18, (ushort)(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 183 : 62)); // AArch64 or x86-64
        U32(bytes, 20, 1);
        U64(bytes, 32, HeaderSize); // program headers
        U16(bytes, 52, HeaderSize);
        U16(bytes, 54, ProgramHeaderSize);
        U16(bytes, 56, 2);
        Segment(bytes, HeaderSize, type: 1, flags: 6, at: 0, size, align: 0x10000); // loaded, readable and writable
        Segment(bytes, HeaderSize + ProgramHeaderSize, type: 2, flags: 6, DynamicAt, DynamicEntries * EntrySize, align: 8);
        (long Tag, long Value)[] dynamic = [(5, StringsAt), (6, symbolsAt), (10, strings.Length), (11, SymbolSize), (14, 1), (0, 0)]; // STRTAB SYMTAB STRSZ SYMENT SONAME NULL
        for (int i = 0; i < dynamic.Length; i++)
        {
            U64(bytes, DynamicAt + i * EntrySize, dynamic[i].Tag);
            U64(bytes, DynamicAt + i * EntrySize + 8, dynamic[i].Value);
        }

        strings.CopyTo(bytes[StringsAt..]);
        return image;
    }

    private static void Segment(Span<byte> bytes, int header, uint type, uint flags, long at, long size, long align)
    {
        U32(bytes, header, type);
        U32(bytes, header + 4, flags);
        foreach (int field in (ReadOnlySpan<int>)[8, 16, 24]) // in the file, in memory, physical
            U64(bytes, header + field, at);
        U64(bytes, header + 32, size);
        U64(bytes, header + 40, size);
        U64(bytes, header + 48, align);
    }

    private static void U16(Span<byte> bytes, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes[at..], value);

    private static void U32(Span<byte> bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], value);

    private static void U64(Span<byte> bytes, int at, long value) => BinaryPrimitives.WriteInt64LittleEndian(bytes[at..], value);
}
