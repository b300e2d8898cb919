using System.Buffers.Binary;
using System.Globalization;
using Kansformers.Files;

namespace Kansformers.Text;

/// <summary>Writes token ids and nothing else, as nanoGPT's <c>train.bin</c>; <see cref="Corpus.Open"/> reads such files.</summary>
public static class TokenBin
{
    /// <summary>Writes a file, whole or not at all.</summary>
    /// <param name="path">The file; its folder is made when missing.</param>
    /// <param name="tokens">The tokens.</param>
    /// <param name="format">16 or 32 bits a token; <see cref="TokenFormat.Auto"/> is the fewer that hold the vocabulary.</param>
    /// <param name="cancellation">Stops the writing; nothing is left.</param>
    /// <returns>The format that was written.</returns>
    /// <exception cref="KansformersException">The vocabulary does not fit into 16 bits, or the file cannot be written.</exception>
    public static TokenFormat Write(string path, TokenSpan tokens, TokenFormat format = TokenFormat.Auto, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tokens);
        bool fits = tokens.VocabularySize <= 1 << 16;
        if (format == TokenFormat.UInt16 && !fits)
            throw new KansformersException(string.Create(CultureInfo.InvariantCulture, $"a vocabulary of {tokens.VocabularySize} ids does not fit into uint16 (65536); write int32"));
        if (format == TokenFormat.Auto)
            format = fits ? TokenFormat.UInt16 : TokenFormat.Int32;
        AtomicFile.Write(path, stream => Write(stream, tokens, format.Width(), cancellation));
        return format;
    }

    private static void Write(Stream stream, TokenSpan tokens, int width, CancellationToken cancellation)
    {
        long[] ids = new long[1 << 15];
        byte[] bytes = new byte[ids.Length * width];
        for (long at = 0; at < tokens.Count;)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = (int)Math.Min(ids.Length, tokens.Count - at);
            tokens.Read(at, ids.AsSpan(0, count));
            for (int i = 0; i < count; i++)
            {
                if (width == 2)
                    BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), (ushort)ids[i]);
                else
                    BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4 * i), (int)ids[i]);
            }

            stream.Write(bytes.AsSpan(0, count * width));
            at += count;
        }
    }
}
