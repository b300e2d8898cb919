using System.Buffers.Binary;
using CsCheck;
using Kansformers.Text;

namespace Kansformers.Tests.Text;

public class ParallelEncoderTests
{
    private static readonly Gen<(string[] Documents, int[] Cuts, int Chunk)> Streams = Gen.Select(
        TextGen.Valid.Where(text => text.Length > 0).Array[1, 6], Gen.Int[1, 30].Array[1, 10], Gen.Int[1, 80]);

    [Theory]
    [InlineData(SpecialTokens.AsText)]
    [InlineData(SpecialTokens.Recognise)]
    public void Streaming_in_any_pieces_gives_the_ids_of_whole_documents(SpecialTokens special) => Streams.Sample(stream =>
    {
        List<int> expected = [];
        foreach (string document in stream.Documents)
        {
            if (expected.Count > 0)
                expected.Add(50256);
            Gpt2Tokenizer.Instance.Encode(document, expected, special);
        }

        Assert.Equal(expected, Encode(Gpt2Tokenizer.Instance, special, stream));
    }, iter: 1000, threads: 1);

    [Fact]
    public void Without_an_end_of_text_token_a_blank_line_separates_documents() => Streams.Sample(stream =>
    {
        string text = string.Join("\n\n", stream.Documents);
        Assert.Equal(ByteTokenizer.Instance.Encode(text), Encode(ByteTokenizer.Instance, SpecialTokens.AsText, stream));
        CharTokenizer characters = new(text);
        Assert.Equal(characters.Encode(text), Encode(characters, SpecialTokens.AsText, stream));
    }, iter: 500, threads: 1);

    [Fact]
    public void Every_cut_is_one_where_the_parts_encode_as_the_whole() => TextGen.Valid.Sample(text =>
    {
        int cut = Gpt2Tokenizer.Instance.FindCut(text, 0, SpecialTokens.AsText);
        if (cut >= 0)
            Assert.Equal(Gpt2Tokenizer.Instance.Encode(text), Gpt2Tokenizer.Instance.Encode(text[..cut]).Concat(Gpt2Tokenizer.Instance.Encode(text[cut..])));
    }, iter: 4000);

    [Fact]
    public void A_word_far_longer_than_a_chunk_is_encoded_as_one()
    {
        string text = "x " + new string('a', 20_000) + " y";
        Assert.Equal(Gpt2Tokenizer.Instance.Encode(text), Encode(Gpt2Tokenizer.Instance, SpecialTokens.AsText, ([text], [7], 16)));
    }

    [Fact]
    public void A_failure_in_a_worker_reaches_the_caller()
    {
        ParallelEncoder encoder = new(new CharTokenizer("ab"), SpecialTokens.AsText, default, 4);
        Assert.Throws<KansformersException>(() => encoder.Encode(Pieces([new string('a', 500) + "€" + new string('b', 500)], [3])).Count());
    }

    [Fact]
    public void However_long_the_text_only_a_few_chunks_of_it_are_held()
    {
        const int chunk = 1000, words = 200_000;
        long read = 0, written = 0, most = 0;
        IEnumerable<TextPiece> Endless()
        {
            for (int i = 0; i < words; i++)
            {
                read += 5;
                yield return new TextPiece("word ".AsMemory(), false, 5);
            }
        }

        ParallelEncoder encoder = new(Gpt2Tokenizer.Instance, SpecialTokens.AsText, default, chunk);
        foreach (EncodedChunk part in encoder.Encode(Endless()))
        {
            most = Math.Max(most, read - written);
            written += part.Utf8Bytes;
        }

        Assert.Equal((5 * words, 5 * words), (read, written));
        int chunks = Environment.ProcessorCount + 3;
        Assert.InRange(most, chunk, chunks * 2 * chunk);
        Assert.InRange(encoder.ChunksMade, 1, chunks);
    }

    [Fact]
    public void Cancellation_stops_the_work()
    {
        using CancellationTokenSource source = new();
        ParallelEncoder encoder = new(ByteTokenizer.Instance, SpecialTokens.AsText, source.Token, 4);
        Assert.ThrowsAny<OperationCanceledException>(() =>
        {
            foreach (EncodedChunk chunk in encoder.Encode(Pieces([new string('a', 5000)], [3])))
                source.Cancel();
        });
    }

    private static List<int> Encode(Tokenizer tokenizer, SpecialTokens special, (string[] Documents, int[] Cuts, int Chunk) stream)
    {
        List<int> ids = [];
        int width = TokenFileHeader.WidthFor(tokenizer.VocabularySize);
        long bytes = 0;
        foreach (EncodedChunk chunk in new ParallelEncoder(tokenizer, special, default, stream.Chunk).Encode(Pieces(stream.Documents, stream.Cuts)))
        {
            for (int at = 0; at < chunk.Tokens.Length; at += width)
                ids.Add(width == 1 ? chunk.Tokens.Span[at] : BinaryPrimitives.ReadUInt16LittleEndian(chunk.Tokens.Span[at..]));
            bytes += chunk.Utf8Bytes;
        }

        Assert.Equal(ids.Sum(id => id == tokenizer.EndOfText ? 0 : tokenizer.BytesOf(id).Length), bytes);
        return ids;
    }

    private static IEnumerable<TextPiece> Pieces(string[] documents, int[] cuts)
    {
        int next = 0;
        for (int document = 0; document < documents.Length; document++)
        {
            string text = documents[document];
            for (int at = 0; at < text.Length;)
            {
                int end = Math.Min(text.Length, at + cuts[next++ % cuts.Length]);
                if (end < text.Length && char.IsLowSurrogate(text[end]))
                    end++;
                yield return new TextPiece(text.AsMemory(at, end - at), at == 0 && document > 0, end - at);
                at = end;
            }
        }
    }
}
