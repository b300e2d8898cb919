using System.Buffers.Binary;
using System.Text;

namespace Kansformers.Runtime;

/// <summary>
/// The part of the ELF format that says which symbol versions a shared library needs from others
/// (Linux Standard Base, "Symbol Versioning": <c>Elf64_Verneed</c> and <c>Elf64_Vernaux</c>).
/// </summary>
internal static class ElfSymbolVersions
{
    private const uint SectionVersionNeeds = 0x6ffffffe;
    private const ushort FlagWeak = 0x2;

    /// <summary>
    /// Marks one needed version as weak, so that the loader no longer refuses the library when that version is missing.
    /// Safe only for a version that no relocation uses.
    /// </summary>
    /// <param name="image">A 64-bit little-endian ELF file; changed in place.</param>
    /// <param name="version">The version's name, such as <c>GLIBCXX_3.4.32</c>.</param>
    /// <returns>How many entries were marked; 0 when the file needs no such version.</returns>
    /// <exception cref="InvalidDataException">The image is not a 64-bit little-endian ELF file, or is cut short.</exception>
    public static int MakeWeak(Span<byte> image, string version)
    {
        if (image.Length < 64 || !image.StartsWith("\u007fELF\u0002\u0001"u8))
            throw new InvalidDataException("not a 64-bit little-endian ELF file");
        try
        {
            int marked = 0;
            int sections = checked((int)U64(image, 0x28));
            int size = U16(image, 0x3a), count = U16(image, 0x3c);
            for (int i = 0; i < count; i++)
            {
                Span<byte> section = image.Slice(sections + i * size, size);
                if (U32(section, 4) != SectionVersionNeeds)
                    continue;
                Span<byte> names = image.Slice(sections + checked((int)U32(section, 0x28)) * size, size);
                marked += MarkNeeds(image, checked((int)U64(section, 0x18)), checked((int)U64(names, 0x18)), version);
            }

            return marked;
        }
        catch (Exception failure) when (failure is ArgumentOutOfRangeException or IndexOutOfRangeException or OverflowException)
        {
            throw new InvalidDataException("the ELF file is cut short or damaged", failure);
        }
    }

    private static int MarkNeeds(Span<byte> image, int need, int names, string version)
    {
        byte[] name = Encoding.ASCII.GetBytes(version + '\0');
        int marked = 0;
        for (uint next = 1; next != 0; need += checked((int)next))
        {
            int entry = need + (int)U32(image, need + 8);
            for (uint nextEntry = 1; nextEntry != 0; entry += checked((int)nextEntry))
            {
                if (image[(names + (int)U32(image, entry + 8))..].StartsWith(name))
                {
                    BinaryPrimitives.WriteUInt16LittleEndian(image[(entry + 4)..], (ushort)(U16(image, entry + 4) | FlagWeak));
                    marked++;
                }

                nextEntry = U32(image, entry + 12);
            }

            next = U32(image, need + 12);
        }

        return marked;
    }

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
