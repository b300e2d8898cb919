using System.IO.Hashing;
using Kansformers.Files;

namespace Kansformers.Text;

/// <summary>Encodes corpora into token files.</summary>
internal static class TokenFileWriter
{
    /// <summary>Writes the tokens of a corpus, atomically. Memory stays flat whatever the size of the corpus.</summary>
    /// <param name="path">The token file.</param>
    /// <param name="corpus">What to encode.</param>
    /// <param name="tokenizer">What encodes it.</param>
    /// <param name="special">What to do with special tokens in the text.</param>
    /// <param name="advance">Is told how many bytes of the source were read since the last call.</param>
    /// <param name="beforeCommit">Called when all is encoded; when it throws, the file does not come to be.</param>
    /// <param name="cancellation">Stops the work.</param>
    public static void Write(string path, Corpus corpus, Tokenizer tokenizer, SpecialTokens special, Action<long> advance, Action beforeCommit, CancellationToken cancellation)
    {
        CorpusTally tally = new();
        ParallelEncoder encoder = new(tokenizer, special, cancellation);
        IEnumerable<EncodedChunk> chunks = corpus is TokenBinCorpus ready ? ready.ReadTokens(tokenizer, tally, cancellation) : encoder.Encode(corpus.Read(tally));
        try
        {
            Write(path, chunks, corpus, tokenizer, tally, advance, beforeCommit);
        }
        catch (KansformersException failure) when (ReferenceEquals(failure, encoder.Fault))
        {
            throw new KansformersException($"{CorpusPlace.Find(corpus, text => Fails(tokenizer, text, special))}: {failure.Message}", failure);
        }
    }

    private static bool Fails(Tokenizer tokenizer, string text, SpecialTokens special)
    {
        try
        {
            tokenizer.Encode(text, [], special);
            return false;
        }
        catch (KansformersException)
        {
            return true;
        }
    }

    private static void Write(string path, IEnumerable<EncodedChunk> chunks, Corpus corpus, Tokenizer tokenizer, CorpusTally tally, Action<long> advance, Action beforeCommit)
    {
        AtomicFile.Write(path, stream =>
        {
            // The header is known at the end; until then zeros hold its place, which no reader takes for a token file.
            stream.Write(new byte[TokenFileHeader.Size]);
            XxHash128 hash = new();
            long bytes = 0, utf8Bytes = 0;
            LostText lost = default;
            foreach (EncodedChunk chunk in chunks)
            {
                stream.Write(chunk.Tokens.Span);
                hash.Append(chunk.Tokens.Span);
                bytes += chunk.Tokens.Length;
                utf8Bytes += chunk.Utf8Bytes;
                lost = lost.Plus(chunk.Lost);
                advance(chunk.SourceBytes);
            }

            beforeCommit();
            TokenLayout layout = corpus is TokenBinCorpus ? TokenLayout.OfIds(tokenizer) : TokenLayout.For(tokenizer);
            long? known = layout.HasLengths || tokenizer.CountsById ? utf8Bytes : null;
            stream.Position = 0;
            stream.Write(new TokenFileHeader(layout, bytes / layout.Stride, tokenizer.VocabularySize, known, hash.GetCurrentHashAsUInt128(), tally.Counts, lost).ToBytes());
        });
    }
}
