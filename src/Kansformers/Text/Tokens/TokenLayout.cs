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

    /// <summary>Writes the ids of tokens.</summary>
    public void WriteIds(Span<byte> tokens, ReadOnlySpan<int> ids)
    {
        int stride = Stride;
        switch (Width)
        {
            case 1:
                for (int i = 0; i < ids.Length; i++)
                    tokens[i * stride] = (byte)ids[i];
                break;
            case 2:
                for (int i = 0; i < ids.Length; i++)
                    BinaryPrimitives.WriteUInt16LittleEndian(tokens[(i * stride)..], (ushort)ids[i]);
                break;
            default:
                for (int i = 0; i < ids.Length; i++)
                    BinaryPrimitives.WriteInt32LittleEndian(tokens[(i * stride)..], ids[i]);
                break;
        }
    }

    /// <summary>Writes the bytes of text of tokens, behind their ids.</summary>
    public void WriteLengths(Span<byte> tokens, ReadOnlySpan<int> lengths)
    {
        for (int i = 0; i < lengths.Length; i++)
            BinaryPrimitives.WriteInt32LittleEndian(tokens[((i * Stride) + Width)..], lengths[i]);
    }
}
