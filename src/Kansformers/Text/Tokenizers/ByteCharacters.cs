using System.Buffers;
using System.Text;

namespace Kansformers.Text;

/// <summary>Vocabulary files write each byte as a character that prints: itself where it does, else one from U+0100 on.</summary>
internal static class ByteCharacters
{
    private static readonly char[] Characters = Make();
    private static readonly Dictionary<char, byte> Bytes = Characters.Select((character, value) => (character, value)).ToDictionary(pair => pair.character, pair => (byte)pair.value);

    public static char Of(byte value) => Characters[value];

    /// <summary>The bytes that a token stands for; null when it holds a character that stands for none.</summary>
    public static byte[]? TryBytes(string token)
    {
        byte[] bytes = new byte[token.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            if (!Bytes.TryGetValue(token[i], out bytes[i]))
                return null;
        }

        return bytes;
    }

    /// <summary>The UTF-8 bytes of a text, written so.</summary>
    public static string Write(ReadOnlySpan<char> text)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        string written = Write(rented.AsSpan(0, Encoding.UTF8.GetBytes(text, rented)));
        ArrayPool<byte>.Shared.Return(rented);
        return written;
    }

    /// <summary>Bytes, written so.</summary>
    public static string Write(ReadOnlySpan<byte> bytes)
    {
        char[] characters = new char[bytes.Length];
        for (int i = 0; i < characters.Length; i++)
            characters[i] = Characters[bytes[i]];
        return new string(characters);
    }

    private static char[] Make()
    {
        char[] characters = new char[256];
        int next = 0x100;
        for (int value = 0; value < 256; value++)
            characters[value] = (char)(value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? value : next++);
        return characters;
    }
}
