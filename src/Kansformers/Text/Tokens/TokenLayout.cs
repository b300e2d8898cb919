using System.Buffers.Binary;

namespace Kansformers.Text;

/// <summary>
/// How a token file holds tokens: each as its id, little-endian, in 1, 2 or 4 bytes, and behind it, where that does not follow from the id, the bytes of
/// text that it stands for (int32).
/// </summary>
/// <param name="Width">Bytes per id: the fewest that hold every id.</param>
/// <param name="HasLengths">Whether the bytes of text follow each id.</param>
internal readonly record struct TokenLayout(int Width, bool HasLengths)
{
    /// <summary>From one token to the next.</summary>
    public int Stride => Width + (HasLengths ? sizeof(int) : 0);

    /// <summary>For text that a tokenizer encodes.</summary>
    public static TokenLayout For(Tokenizer tokenizer) => new(TokenFileHeader.WidthFor(tokenizer.VocabularySize), !tokenizer.CountsById);

    /// <summary>For ready tokens, of whose text nothing is known but the ids.</summary>
    public static TokenLayout OfIds(Tokenizer tokenizer) => For(tokenizer) with { HasLengths = false };

    /// <summary>Writes a token.</summary>
    public void Write(Span<byte> tokens, int index, int id, int length)
    {
        Span<byte> at = tokens[(index * Stride)..];
        if (Width == 1)
            at[0] = (byte)id;
        else if (Width == 2)
            BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)id);
        else
            BinaryPrimitives.WriteInt32LittleEndian(at, id);
        if (HasLengths)
            BinaryPrimitives.WriteInt32LittleEndian(at[Width..], length);
    }
}
