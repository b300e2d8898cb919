using System.Buffers.Binary;
using Kansformers.Text;

namespace Kansformers.Tests.Text;

public class TokenBinTests
{
    [Theory]
    [InlineData("openwebtext-gpt2-tokens.bin")]
    [InlineData("tinystories-gpt2-tokens-1.bin")]
    public void Files_that_nanogpt_wrote_are_read_and_written_to_the_byte(string name)
    {
        string path = SharedFolder.Require("corpora", name);
        using TestFolder folder = new();
        using TokenizedCorpus corpus = Prepare(folder, path);
        Assert.Contains("(uint16 tokens)", corpus.Description, StringComparison.Ordinal);
        Assert.Equal(new FileInfo(path).Length / 2, corpus.Train.Count);
        Assert.True(corpus.Counts.Documents > 100);
        Assert.Equal(TokenFormat.UInt16, TokenBin.Write(folder["again.bin"], corpus.Train));
        Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(folder["again.bin"]));

        TokenBin.Write(folder["wide.bin"], corpus.Train, TokenFormat.Int32);
        using TokenizedCorpus wide = Prepare(folder, folder["wide.bin"]);
        Assert.Contains("(int32 tokens)", wide.Description, StringComparison.Ordinal);
        Assert.Equal((corpus.Train.Count, corpus.Train.Utf8Bytes, corpus.Counts), (wide.Train.Count, wide.Train.Utf8Bytes, wide.Counts));
        TokenBin.Write(folder["back.bin"], wide.Train);
        Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(folder["back.bin"]));
    }

    [Theory]
    [InlineData(TokenFormat.UInt16)]
    [InlineData(TokenFormat.Int32)]
    public void Text_written_as_ids_reads_as_the_same_ids(TokenFormat format)
    {
        using TestFolder folder = new();
        string text = folder.Write("a.jsonl", "{\"text\": \"one\"}\n{\"text\": \"two é\"}\n");
        using TokenizedCorpus corpus = Prepare(folder, text);
        TokenBin.Write(folder["a.bin"], corpus.Train, format);
        Assert.Equal(format == TokenFormat.UInt16 ? 8 : 16, new FileInfo(folder["a.bin"]).Length);
        using TokenizedCorpus again = Prepare(folder, folder["a.bin"]);
        long[] ids = new long[4];
        again.Train.Read(0, ids);
        Assert.Equal([505, 50256, 11545, 38251], ids);
        Assert.Equal((2, corpus.Train.Utf8Bytes), (again.Counts.Documents, again.Train.Utf8Bytes));
    }

    [Theory]
    [InlineData(70_000, TokenFormat.Int32, "token 2 of")]
    [InlineData(70_000, TokenFormat.Int32, "is 70000: outside the gpt2 vocabulary (0 to 50256)")]
    [InlineData(-1, TokenFormat.Int32, "is -1: outside")]
    [InlineData(50_257, TokenFormat.Auto, "token 2 of")]
    public void Ids_outside_the_vocabulary_are_refused_with_their_place(int id, TokenFormat format, string expected)
    {
        using TestFolder folder = new();
        WriteInts(folder["a.bin"], 1, 2, id, 4);
        Assert.Contains(expected, Assert.Throws<KansformersException>(() => Prepare(folder, folder["a.bin"], format: format)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_file_of_tokens_cannot_be_is_a_clear_error()
    {
        using TestFolder folder = new();
        File.WriteAllBytes(folder["odd.bin"], new byte[7]);
        Assert.Contains("no whole number of uint16 tokens", Error("odd.bin"), StringComparison.Ordinal);
        WriteInts(folder["cut.bin"], 1, 2, 3);
        File.WriteAllBytes(folder["cut.bin"], File.ReadAllBytes(folder["cut.bin"])[..^2]);
        Assert.Contains("looks like int32, but its 10 bytes are no whole number of int32 tokens: it is cut short", Error("cut.bin"), StringComparison.Ordinal);
        Assert.Contains("uint16", Corpus.Open(folder["cut.bin"], new CorpusOptions { TokenFormat = TokenFormat.UInt16 }).Description, StringComparison.Ordinal);
        File.WriteAllBytes(folder["empty.bin"], []);
        Assert.Contains("is empty", Error("empty.bin"), StringComparison.Ordinal);
        WriteInts(folder["a.bin"], 1, 2, 3);
        Assert.Contains("PrepareOptions.TokenizerKind", Error("a.bin", "char"), StringComparison.Ordinal);
        Assert.Contains("leave out [:1%]", Assert.Throws<KansformersException>(() => Corpus.Open(folder["a.bin"] + "[:1%]")).Message, StringComparison.Ordinal);
        Assert.Contains("duplicates", Assert.Throws<KansformersException>(() => Corpus.Open(folder["a.bin"], new CorpusOptions { Deduplicate = true })).Message, StringComparison.Ordinal);
        Prepare(folder, folder["a.bin"]).Dispose();
        File.Copy(Assert.Single(Directory.GetFiles(folder["cache"], "*.tokens")), folder["cached.bin"]);
        Assert.Contains("token file of the cache", Error("cached.bin"), StringComparison.Ordinal);

        string Error(string name, string tokenizer = "gpt2") => Assert.Throws<KansformersException>(() => Prepare(folder, folder[name], tokenizer)).Message;
    }

    [Fact]
    public void A_vocabulary_that_does_not_fit_is_refused_and_nothing_is_written()
    {
        using TestFolder folder = new();
        string text = folder.Write("a.txt", string.Concat(Enumerable.Range(0x10000, 70_000).Select(value => new System.Text.Rune(value).ToString())));
        using TokenizedCorpus corpus = Prepare(folder, text, "char");
        Assert.Contains("70000 ids does not fit into uint16", Assert.Throws<KansformersException>(() => TokenBin.Write(folder["a.bin"], corpus.Train, TokenFormat.UInt16)).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["a.bin"]));
        Assert.Equal(TokenFormat.Int32, TokenBin.Write(folder["a.bin"], corpus.Train));
        Assert.Throws<OperationCanceledException>(() => TokenBin.Write(folder["b.bin"], corpus.Train, cancellation: new CancellationToken(true)));
        Assert.False(File.Exists(folder["b.bin"]));
        Assert.Equal(TokenFormat.Int32, TokenBin.Write(folder["c.bin"], corpus.Train));
        using TokenizedCorpus again = TokenizedCorpus.Prepare(new PrepareOptions { Corpus = Corpus.Open(folder["c.bin"], new CorpusOptions { TokenFormat = TokenFormat.Int32 }), Tokenizer = corpus.Tokenizer, ValidationFraction = 0, CacheFolder = folder["cache"] });
        Assert.Equal((70_000, 280_000), (again.Train.Count, again.Train.Utf8Bytes));
    }

    private static void WriteInts(string path, params int[] ids)
    {
        byte[] bytes = new byte[4 * ids.Length];
        for (int i = 0; i < ids.Length; i++)
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4 * i), ids[i]);
        File.WriteAllBytes(path, bytes);
    }

    private static TokenizedCorpus Prepare(TestFolder folder, string path, string tokenizer = "gpt2", TokenFormat format = TokenFormat.Auto) => TokenizedCorpus.Prepare(
        new PrepareOptions { Corpus = Corpus.Open(path, new CorpusOptions { TokenFormat = format }), TokenizerKind = tokenizer, ValidationFraction = 0, CacheFolder = folder["cache"] });
}
