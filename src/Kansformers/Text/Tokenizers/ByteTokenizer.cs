using System.Text;

namespace Kansformers.Text;

/// <summary>One token per byte of UTF-8: 256 ids, no text is foreign to it.</summary>
public sealed class ByteTokenizer : Tokenizer
{
    private static readonly byte[] Bytes = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];

    /// <summary>The one instance that anybody needs.</summary>
    public static ByteTokenizer Instance { get; } = new();

    /// <inheritdoc/>
    public override string Kind => "byte";

    /// <inheritdoc/>
    public override int VocabularySize => 256;

    internal override string Identity => "byte";

    private protected override void EncodeText(ReadOnlySpan<char> text, List<int> destination)
    {
        Span<byte> utf8 = stackalloc byte[4];
        foreach (Rune rune in text.EnumerateRunes())
        {
            int length = rune.EncodeToUtf8(utf8);
            for (int i = 0; i < length; i++)
                destination.Add(utf8[i]);
        }
    }

    private protected override ReadOnlySpan<byte> BytesOfKnown(int id) => Bytes.AsSpan(id, 1);
}
