namespace Kansformers.Text;

/// <summary>A stretch of a token file, such as its training or its validation part.</summary>
public sealed class TokenSpan
{
    private readonly TokenFile _file;
    private readonly int[] _textBytes;
    private readonly Lazy<long?> _utf8Bytes;

    /// <summary>Makes a view of part of a file.</summary>
    /// <param name="file">The file, which must stay open while the span is used.</param>
    /// <param name="tokenizer">The tokenizer that made the tokens; it tells how much text they stand for.</param>
    /// <param name="start">The place of the first token.</param>
    /// <param name="count">The number of tokens.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is not within the file.</exception>
    /// <exception cref="KansformersException">The tokenizer has another vocabulary than the file.</exception>
    internal TokenSpan(TokenFile file, Tokenizer tokenizer, long start, long count)
        : this(file, BytesPerToken(file, tokenizer), start, count)
    {
    }

    private TokenSpan(TokenFile file, int[] textBytes, long start, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, file.Count - count);
        _file = file;
        _textBytes = textBytes;
        Start = start;
        Count = count;
        _utf8Bytes = new Lazy<long?>(() => Count == file.Count || file.Utf8Bytes is null ? file.Utf8Bytes : file.HasLengths ? file.LengthOf(Start, Count) : CountBytes());
    }

    /// <summary>The place of the first token in the file.</summary>
    public long Start { get; }

    /// <summary>The number of tokens.</summary>
    public long Count { get; }

    /// <summary>The vocabulary size of the tokenizer that made the tokens.</summary>
    public int VocabularySize => _file.VocabularySize;

    /// <summary>
    /// The UTF-8 bytes of the text that the tokens stand for, for bits per byte; null when that is not known, as of some ready tokens.
    /// Counted at the first use, in one pass over the tokens.
    /// </summary>
    public long? Utf8Bytes => _utf8Bytes.Value;

    /// <summary>Reads tokens.</summary>
    /// <param name="offset">The place of the first, from the start of the span.</param>
    /// <param name="destination">Is filled with the ids.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is not within the span.</exception>
    public void Read(long offset, Span<long> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Count - destination.Length);
        _file.Read(Start + offset, destination);
    }

    /// <summary>A part of the span.</summary>
    /// <param name="offset">The place of the first token, from the start of the span.</param>
    /// <param name="count">The number of tokens.</param>
    /// <returns>The part.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The range is not within the span.</exception>
    public TokenSpan Slice(long offset, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Count - count);
        return new TokenSpan(_file, _textBytes, Start + offset, count);
    }

    private static int[] BytesPerToken(TokenFile file, Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(tokenizer);
        if (tokenizer.VocabularySize != file.VocabularySize)
            throw new KansformersException($"the tokens in '{file.Path}' were made with {file.VocabularySize} ids, but the {tokenizer.Kind} tokenizer has {tokenizer.VocabularySize}; use the tokenizer that made them");
        return tokenizer.TextBytesPerToken();
    }

    private long CountBytes()
    {
        long[] buffer = new long[4096];
        long bytes = 0;
        for (long at = 0; at < Count;)
        {
            Span<long> ids = buffer.AsSpan(0, (int)Math.Min(buffer.Length, Count - at));
            Read(at, ids);
            foreach (long id in ids)
                bytes += _textBytes[id];
            at += ids.Length;
        }

        return bytes;
    }
}
