using System.Runtime.InteropServices;

namespace Kansformers.Text;

/// <summary>The tokens of a stretch of a corpus.</summary>
/// <param name="Tokens">The ids as a token file holds them, see <see cref="TokenLayout"/>; valid until the next chunk is asked for.</param>
/// <param name="Utf8Bytes">The bytes of text that they stand for, as far as their ids or lengths tell.</param>
/// <param name="SourceBytes">The bytes of the source that were read for them.</param>
/// <param name="Lost">What of the text has no token.</param>
internal readonly record struct EncodedChunk(ReadOnlyMemory<byte> Tokens, long Utf8Bytes, long SourceBytes, LostText Lost = default);

/// <summary>
/// Encodes a stream of pieces on all cores, in order, with the same result as encoding each document at once: the stream is cut
/// only where the tokenizer says that a cut changes nothing. A word that is longer than a chunk is held whole.
/// </summary>
internal sealed class ParallelEncoder(Tokenizer tokenizer, SpecialTokens special, CancellationToken cancellation, int chunkLength = 1 << 18)
{
    private readonly int[] _textBytes = tokenizer.TextBytesPerToken();
    private readonly TokenLayout _layout = TokenLayout.For(tokenizer);
    private readonly Stack<TextChunk> _free = [];

    /// <summary>Why a text could not be encoded; null while all can.</summary>
    public KansformersException? Fault { get; private set; }

    /// <summary>How many buffers were needed, for tests that memory stays flat.</summary>
    public int ChunksMade { get; private set; }

    public IEnumerable<EncodedChunk> Encode(IEnumerable<TextPiece> pieces)
    {
        int atOnce = Environment.ProcessorCount + 1;
        Queue<(TextChunk Chunk, Task Work)> running = new();
        try
        {
            foreach (TextChunk chunk in Chunks(pieces))
            {
                running.Enqueue((chunk, Task.Run(() => Encode(chunk), cancellation)));
                if (running.Count == atOnce)
                    yield return Finish(running.Dequeue());
            }

            while (running.Count > 0)
                yield return Finish(running.Dequeue());
        }
        finally
        {
            // After a failure nobody may still be working on what we leave.
            foreach ((_, Task work) in running)
                ((IAsyncResult)work).AsyncWaitHandle.WaitOne();
        }
    }

    private EncodedChunk Finish((TextChunk Chunk, Task Work) job)
    {
        try
        {
            job.Work.GetAwaiter().GetResult();
        }
        catch (KansformersException failure)
        {
            Fault = failure;
            throw;
        }

        cancellation.ThrowIfCancellationRequested();
        // The next call reuses what this one gave out; the consumer is done with it by then.
        _free.Push(job.Chunk);
        return new EncodedChunk(job.Chunk.Tokens.AsMemory(0, job.Chunk.TokenBytes), job.Chunk.Utf8Bytes, job.Chunk.SourceBytes, job.Chunk.Tally.Lost);
    }

    private IEnumerable<TextChunk> Chunks(IEnumerable<TextPiece> pieces)
    {
        TextChunk chunk = EmptyChunk();
        int wanted = chunkLength, searched = 0;
        foreach (TextPiece piece in pieces)
        {
            chunk.Append(piece);
            if (chunk.Length < wanted)
                continue;
            int start = chunk.LastSeparator;
            int cut = tokenizer.FindCut(chunk.Text.AsSpan(start, chunk.Length - start), Math.Max(searched - start, 0), special);
            if (cut < 0 && start > 0)
                cut = 0; // before the separator
            if (cut < 0)
            {
                // One word so far. Look again when twice as much is there, and only at what is new.
                searched = chunk.Length - 1;
                wanted = 2 * chunk.Length;
                continue;
            }

            TextChunk rest = EmptyChunk();
            chunk.MoveTail(start + cut, rest);
            yield return chunk;
            (chunk, wanted, searched) = (rest, chunkLength, 0);
        }

        yield return chunk;
    }

    private TextChunk EmptyChunk()
    {
        if (_free.TryPop(out TextChunk? free))
            return free.Reset();
        ChunksMade++;
        return new TextChunk();
    }

    private void Encode(TextChunk chunk)
    {
        List<int> ids = chunk.Ids;
        int start = 0;
        foreach (int separator in chunk.Separators)
        {
            Encode(chunk, start, separator);
            if (tokenizer.EndOfText is int endOfText)
            {
                ids.Add(endOfText);
                if (_layout.HasLengths)
                    chunk.Tally.Control(0);
            }
            else
            {
                EncodeBlankLine(chunk);
            }

            start = separator;
        }

        Encode(chunk, start, chunk.Length);
        chunk.Pack(_layout, _textBytes);
    }

    private void Encode(TextChunk chunk, int start, int end)
    {
        ReadOnlySpan<char> text = chunk.Text.AsSpan(start, end - start);
        if (_layout.HasLengths)
            tokenizer.Encode(text, chunk.Ids, chunk.Tally, special);
        else
            tokenizer.Encode(text, chunk.Ids, special);
    }

    // A tokenizer without a line break loses nothing of the text by it.
    private void EncodeBlankLine(TextChunk chunk)
    {
        if (!_layout.HasLengths)
        {
            tokenizer.Encode(TextPiece.BlankLine, chunk.Ids);
            return;
        }

        TextTally blank = new();
        tokenizer.Encode(TextPiece.BlankLine, chunk.Ids, blank, SpecialTokens.AsText);
        chunk.Tally.Bytes.AddRange(blank.Bytes);
    }

    /// <summary>Some text, where in it separators belong, and then its tokens. Reused, so that memory stays flat.</summary>
    private sealed class TextChunk
    {
        public char[] Text { get; private set; } = new char[1 << 15];

        public int Length { get; private set; }

        public List<int> Separators { get; } = [];

        public int LastSeparator => Separators.Count > 0 ? Separators[^1] : 0;

        public long SourceBytes { get; private set; }

        public List<int> Ids { get; } = [];

        public TextTally Tally { get; } = new();

        public byte[] Tokens { get; private set; } = [];

        public int TokenBytes { get; private set; }

        public long Utf8Bytes { get; private set; }

        public TextChunk Reset()
        {
            Length = 0;
            SourceBytes = 0;
            Separators.Clear();
            Tally.Clear();
            return this;
        }

        public void Append(TextPiece piece)
        {
            if (piece.StartsLaterDocument)
                Separators.Add(Length);
            AppendText(piece.Text.Span);
            SourceBytes += piece.SourceBytes;
        }

        /// <summary>Moves the text from a place on, no earlier than the last separator, to an empty chunk.</summary>
        public void MoveTail(int start, TextChunk rest)
        {
            if (Separators.Count > 0 && LastSeparator == start)
            {
                Separators.RemoveAt(Separators.Count - 1);
                rest.Separators.Add(0);
            }

            rest.AppendText(Text.AsSpan(start, Length - start));
            Length = start;
        }

        public void Pack(TokenLayout layout, int[] textBytes)
        {
            int needed = checked(Ids.Count * layout.Stride);
            if (Tokens.Length < needed)
                Tokens = new byte[Math.Max(needed, 2 * Tokens.Length)];
            Span<int> ids = CollectionsMarshal.AsSpan(Ids);
            layout.WriteIds(Tokens, ids);
            Utf8Bytes = 0;
            if (layout.HasLengths)
            {
                layout.WriteLengths(Tokens, CollectionsMarshal.AsSpan(Tally.Bytes));
                foreach (int length in Tally.Bytes)
                    Utf8Bytes += length;
            }
            else
            {
                foreach (int id in ids)
                    Utf8Bytes += textBytes[id];
            }

            Ids.Clear();
            TokenBytes = needed;
        }

        private void AppendText(ReadOnlySpan<char> text)
        {
            if (Text.Length < Length + text.Length)
            {
                char[] larger = new char[Math.Max(checked(Length + text.Length), (int)Math.Min(2L * Text.Length, Array.MaxLength))];
                Text.AsSpan(0, Length).CopyTo(larger);
                Text = larger;
            }

            text.CopyTo(Text.AsSpan(Length));
            Length += text.Length;
        }
    }
}
