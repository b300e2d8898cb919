using System.Buffers;
using System.Buffers.Binary;
using System.Text.Unicode;

namespace Kansformers.Text;

/// <summary>
/// Decodes a text file piece by piece: UTF-8, with or without a byte-order mark, or UTF-16 with one.
/// What is not valid is an error with its place, never silently replaced.
/// </summary>
internal static class TextFileReader
{
    private const int BlockBytes = TextPiece.MaximumLength;

    public static IEnumerable<(ReadOnlyMemory<char> Text, long SourceBytes)> Read(string path)
    {
        using SourceStream stream = SourceStream.Open(path);
        byte[] block = new byte[BlockBytes];
        int held = stream.Read(block);
        RequireText(path, block.AsSpan(0, held));
        Decoding decoding = Decoding.Of(block.AsSpan(0, held));
        int at = decoding.MarkLength;
        long offset = 0; // of the block in the file
        do
        {
            bool final = held < block.Length;
            char[] characters = new char[held];
            int used = decoding.Decode(block.AsSpan(at, held - at), characters, final, out int written, out bool valid);
            if (!valid)
                throw Invalid(path, decoding.Name, offset + at + used);
            yield return (characters.AsMemory(0, written), stream.TakeSourceBytes());

            int left = held - at - used;
            block.AsSpan(at + used, left).CopyTo(block);
            offset += at + used;
            at = 0;
            if (final)
                break;
            held = left + stream.Read(block.AsSpan(left));
        }
        while (held > 0);
    }

    // UTF-16 of Latin letters without a mark passes for UTF-8, with a NUL for every second character.
    private static void RequireText(string path, ReadOnlySpan<byte> start)
    {
        if (start.Length < 64 || start is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
            return;
        int even = 0, odd = 0;
        for (int i = 0; i + 1 < start.Length; i += 2)
        {
            even += start[i] == 0 ? 1 : 0;
            odd += start[i + 1] == 0 ? 1 : 0;
        }

        if (Math.Max(even, odd) > 0.4 * (start.Length / 2) && Math.Min(even, odd) < 0.1 * (start.Length / 2))
            throw new KansformersException($"'{path}' seems to be UTF-16 without a byte-order mark; convert it to UTF-8");
    }

    private static KansformersException Invalid(string path, string encoding, long offset) =>
        new($"'{path}' is not valid {encoding} text at byte {offset}; convert it to UTF-8 (if it is text at all)");

    private abstract class Decoding(string name, int markLength)
    {
        public string Name { get; } = name;

        public int MarkLength { get; } = markLength;

        public static Decoding Of(ReadOnlySpan<byte> start) => start switch
        {
            [0xEF, 0xBB, 0xBF, ..] => new Utf8Decoding(3),
            [0xFF, 0xFE, ..] => new Utf16Decoding(bigEndian: false),
            [0xFE, 0xFF, ..] => new Utf16Decoding(bigEndian: true),
            _ => new Utf8Decoding(0),
        };

        /// <summary>Returns how many bytes were decoded; the rest, when valid so far, waits for the next block.</summary>
        public abstract int Decode(ReadOnlySpan<byte> bytes, Span<char> characters, bool final, out int written, out bool valid);
    }

    private sealed class Utf8Decoding(int markLength) : Decoding("UTF-8", markLength)
    {
        public override int Decode(ReadOnlySpan<byte> bytes, Span<char> characters, bool final, out int written, out bool valid)
        {
            OperationStatus status = Utf8.ToUtf16(bytes, characters, out int read, out written, replaceInvalidSequences: false, isFinalBlock: final);
            valid = status != OperationStatus.InvalidData;
            return read;
        }
    }

    private sealed class Utf16Decoding(bool bigEndian) : Decoding("UTF-16", 2)
    {
        public override int Decode(ReadOnlySpan<byte> bytes, Span<char> characters, bool final, out int written, out bool valid)
        {
            int count = bytes.Length / 2;
            for (int i = 0; i < count; i++)
                characters[i] = (char)(bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes[(2 * i)..]) : BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]));
            written = 0;
            while (written < count)
            {
                bool pair = written + 1 < count && char.IsSurrogatePair(characters[written], characters[written + 1]);
                if (!pair && char.IsSurrogate(characters[written]))
                    break;
                written += pair ? 2 : 1;
            }

            // What is left may be the first half of a pair or of a unit, whose rest is in the next block.
            bool waits = written == count || (written == count - 1 && char.IsHighSurrogate(characters[written]));
            valid = waits && (!final || 2 * written == bytes.Length);
            return 2 * written;
        }
    }
}
