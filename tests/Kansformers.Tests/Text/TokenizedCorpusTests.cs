using System.Text;
using Kansformers.Files;
using Kansformers.Text;

namespace Kansformers.Tests.Text;

public class TokenizedCorpusTests
{
    [Fact]
    public void Tinyshakespeare_by_characters_splits_as_usual()
    {
        string path = SharedFolder.Require("corpora", "tinyshakespeare.txt");
        using TestFolder folder = new();
        using TokenizedCorpus corpus = TokenizedCorpus.Prepare(new PrepareOptions { Corpus = Corpus.Open(path), TokenizerKind = "char", CacheFolder = folder.Path });
        Assert.Equal((1_003_854, 111_540), (corpus.Train.Count, corpus.Validation.Count));
        Assert.Equal(111_540, corpus.Validation.Utf8Bytes);
        Assert.Equal(65, corpus.Train.VocabularySize);
        Assert.Equal("First Citizen:", Text(corpus, corpus.Train.Slice(0, 14)));
    }

    [Fact]
    public void Tokens_are_encoded_once_and_anew_when_the_text_changes()
    {
        using TestFolder folder = new();
        string path = folder.Write("a.txt", "Hello, wörld! Hello again.");
        string fingerprint;
        using (TokenizedCorpus first = Prepare(folder, path))
        {
            Assert.False(first.FromCache);
            Assert.Equal(Gpt2Tokenizer.Instance.Encode("Hello, wörld! Hello again."), Ids(first));
            fingerprint = first.Fingerprint;
        }

        using (TokenizedCorpus second = Prepare(folder, path))
        {
            Assert.True(second.FromCache);
            Assert.Empty(second.Notes);
            Assert.Equal(fingerprint, second.Fingerprint);
            Assert.Equal("Hello, wörld! Hello again.", Text(second, second.Train) + Text(second, second.Validation));
        }

        // The same length, so that only the content tells.
        folder.Write("a.txt", "Hello, wörld! Hello AGAIN.");
        using TokenizedCorpus third = Prepare(folder, path);
        Assert.False(third.FromCache);
        Assert.NotEqual(fingerprint, third.Fingerprint);
        Assert.Equal(Gpt2Tokenizer.Instance.Encode("Hello, wörld! Hello AGAIN."), Ids(third));
    }

    [Fact]
    public void A_file_behind_a_link_is_known_by_its_own_size_and_time()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a right there");
        using TestFolder folder = new();
        DateTime old = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        string path = folder.Write("deep/one.txt", "some text that is old"), link = folder["link.txt"];
        File.SetLastWriteTimeUtc(path, old);
        File.CreateSymbolicLink(link, "deep/one.txt");
        Reports reports = new();
        TokenizedCorpus.Prepare(Options(folder, link, "gpt2"), reports).Dispose();
        Assert.All(reports.All, report => Assert.Equal(21, report.BytesTotal));
        folder.Write("deep/one.txt", "some text that is new");
        using TokenizedCorpus again = Prepare(folder, link);
        Assert.False(again.FromCache);
        Assert.Equal("some text that is new", Text(again, again.Train) + Text(again, again.Validation));
    }

    [Theory]
    [InlineData("byte", 10, " more")]
    [InlineData("byte", 10, "")]
    [InlineData("byte", 300_000, " more")]
    [InlineData("byte", 300_000, "")]
    [InlineData("char", 10, "")]
    public void A_file_that_changes_while_it_is_read_is_an_error(string tokenizer, int length, string more)
    {
        using TestFolder folder = new();
        DateTime old = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        string path = folder.Write("a.txt", new string('a', length));
        File.SetLastWriteTimeUtc(path, old);
        Meddler meddler = new(tokenizer == "char" ? PrepareStage.CollectingCharacters : PrepareStage.Encoding, () =>
        {
            folder.Write("a.txt", new string('b', length) + more);
            File.SetLastWriteTimeUtc(path, old);
        });
        KansformersException failure = Assert.Throws<KansformersException>(() => TokenizedCorpus.Prepare(Options(folder, path, tokenizer), meddler));
        Assert.Contains("changed while it was read", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder["cache"]));
    }

    [Fact]
    public void The_note_on_another_column_of_the_validation_text_is_told()
    {
        using TestFolder folder = new();
        string train = folder.Write("a.jsonl", "{\"text\": \"one\"}\n"), validation = folder.Write("v.jsonl", "{\"body\": \"two\"}\n");
        using TokenizedCorpus other = TokenizedCorpus.Prepare(Options(folder, train, "byte") with { ValidationCorpus = Corpus.Open(validation) });
        Assert.Contains("the text to validate on is the column 'body' of '" + validation, Assert.Single(other.Notes), StringComparison.Ordinal);
        using TokenizedCorpus same = TokenizedCorpus.Prepare(Options(folder, train, "byte") with { ValidationCorpus = Corpus.Open(train) });
        Assert.Empty(same.Notes);
    }

    [Fact]
    public void Character_tokenizers_come_from_the_cache_too()
    {
        using TestFolder folder = new();
        string path = folder.Write("a.txt", "abcabc");
        using TokenizedCorpus first = Prepare(folder, path, "char");
        using TokenizedCorpus second = Prepare(folder, path, "char");
        Assert.True(second.FromCache);
        Assert.Equal("abc", Assert.IsType<CharTokenizer>(second.Tokenizer).Characters);
        Assert.Equal([0, 1, 2, 0, 1, 2], Ids(second));
    }

    [Theory]
    [InlineData("truncated")]
    [InlineData("header cut")]
    [InlineData("empty")]
    [InlineData("bit flipped")]
    [InlineData("foreign")]
    [InlineData("longer")]
    [InlineData("other version")]
    public void A_damaged_cache_is_made_again_and_reported(string damage)
    {
        using TestFolder folder = new();
        string path = folder.Write("a.txt", "To be, or not to be, that is the question.");
        Prepare(folder, path).Dispose();
        string tokens = Assert.Single(Directory.GetFiles(folder["cache"], "*.tokens"));
        byte[] bytes = File.ReadAllBytes(tokens);
        File.WriteAllBytes(tokens, damage switch
        {
            "truncated" => bytes[..^3],
            "header cut" => bytes[..40],
            "empty" => [],
            "bit flipped" => [.. bytes[..^5], (byte)(bytes[^5] ^ 1), .. bytes[^4..]],
            "foreign" => Encoding.UTF8.GetBytes(new string('x', 200)),
            "longer" => [.. bytes, 0],
            _ => [.. bytes[..8], 9, .. bytes[9..]],
        });
        Assert.Contains(tokens, Assert.Throws<KansformersException>(() => TokenFile.Open(tokens)).Message, StringComparison.Ordinal);

        using TokenizedCorpus again = Prepare(folder, path);
        Assert.False(again.FromCache);
        Assert.Contains(tokens, Assert.Single(again.Notes), StringComparison.Ordinal);
        Assert.Equal(bytes, File.ReadAllBytes(tokens));
    }

    [Fact]
    public void A_damaged_cached_tokenizer_is_made_again_and_reported()
    {
        using TestFolder folder = new();
        string path = folder.Write("a.txt", "abcabc");
        Prepare(folder, path, "char").Dispose();
        File.WriteAllText(Path.Combine(Assert.Single(Directory.GetDirectories(folder["cache"], "*.char")), "tokenizer.kansformers.json"), "{");
        using TokenizedCorpus again = Prepare(folder, path, "char");
        Assert.Single(again.Notes);
        Assert.Equal(3, again.Tokenizer.VocabularySize);
    }

    [Fact]
    public void Several_at_once_make_the_same_tokens()
    {
        using TestFolder folder = new();
        string path = folder.Write("a.txt", string.Concat(Enumerable.Range(0, 5000).Select(i => $"line {i}\n")));
        Parallel.For(0, 6, _ =>
        {
            using TokenizedCorpus corpus = Prepare(folder, path, "char");
            Assert.Equal(File.ReadAllText(path), Text(corpus, corpus.Train) + Text(corpus, corpus.Validation));
        });
        Assert.Empty(Directory.GetFiles(folder["cache"], "*.tmp"));
    }

    [Fact]
    public void A_full_disk_and_a_cancelled_run_leave_nothing_behind()
    {
        using TestFolder folder = new();
        string path = folder.Write("a.txt", new string('a', 100_000));
        using (FileFault.DiskFullAfter(1000))
            Assert.Contains("disk is full", Assert.Throws<KansformersException>(() => Prepare(folder, path, "byte")).Message, StringComparison.Ordinal);
        Assert.Throws<OperationCanceledException>(() => TokenizedCorpus.Prepare(Options(folder, path, "byte"), null, new CancellationToken(true)));
        Assert.Empty(Directory.GetFiles(folder["cache"]));
    }

    [Fact]
    public void A_second_corpus_may_be_for_validation()
    {
        using TestFolder folder = new();
        string train = folder.Write("train.txt", "abab"), validation = folder.Write("validation.txt", "bac");
        PrepareOptions options = Options(folder, train, "char") with { ValidationCorpus = Corpus.Open(validation) };
        using TokenizedCorpus corpus = TokenizedCorpus.Prepare(options);
        Assert.Equal("abab", Text(corpus, corpus.Train));
        Assert.Equal("bac", Text(corpus, corpus.Validation));
    }

    [Fact]
    public void Documents_are_separated_by_the_end_of_text_token_which_counts_as_no_text()
    {
        using TestFolder folder = new();
        string path = folder.Write("a.jsonl", "{\"text\": \"one\"}\n{\"text\": \"two é\"}\n");
        using TokenizedCorpus corpus = TokenizedCorpus.Prepare(Options(folder, path, "gpt2") with { ValidationFraction = 0 });
        Assert.Equal([505, 50256, 11545, 38251], Ids(corpus));
        Assert.Equal(9, corpus.Train.Utf8Bytes);
        Assert.Equal(6, corpus.Train.Slice(1, 3).Utf8Bytes);
        Assert.Equal(0, corpus.Validation.Count);
        Assert.Equal(0, corpus.Validation.Utf8Bytes);
        using TokenizedCorpus characters = Prepare(folder, path, "char");
        Assert.Equal("one\n\ntwo é", Text(characters, characters.Train) + Text(characters, characters.Validation));
    }

    [Fact]
    public void Progress_reaches_the_size_of_the_files_in_every_stage()
    {
        using TestFolder folder = new();
        string path = folder.Write("a.txt", new string('a', 700_000));
        Reports reports = new();
        using TokenizedCorpus corpus = TokenizedCorpus.Prepare(Options(folder, path, "char"), reports);
        foreach (PrepareStage stage in (PrepareStage[])[PrepareStage.Hashing, PrepareStage.CollectingCharacters, PrepareStage.Encoding])
        {
            EncodeProgress[] own = [.. reports.All.Where(report => report.Stage == stage)];
            Assert.True(own.Length > 1);
            Assert.All(own, report => Assert.Equal(700_000, report.BytesTotal));
            Assert.Equal(700_000, own[^1].BytesDone);
            Assert.True(own.Zip(own.Skip(1)).All(pair => pair.First.BytesDone <= pair.Second.BytesDone));
        }
    }

    [Fact]
    public void Wrong_options_are_clear_errors()
    {
        using TestFolder folder = new();
        string path = folder.Write("a.txt", "abc");
        Assert.Contains("no tokenizer 'wordpiece'; choose gpt2, char, byte", Assert.Throws<KansformersException>(() => Prepare(folder, path, "wordpiece")).Message, StringComparison.Ordinal);
        foreach (double fraction in new[] { -0.1, 1, double.NaN })
            Assert.Contains("validation fraction", Assert.Throws<KansformersException>(() => TokenizedCorpus.Prepare(Options(folder, path, "byte") with { ValidationFraction = fraction })).Message, StringComparison.Ordinal);
        folder.Write("file", "");
        Assert.Contains("KANSFORMERS_CACHE", Assert.Throws<KansformersException>(() => TokenizedCorpus.Prepare(Options(folder, path, "byte") with { CacheFolder = folder["file"] })).Message, StringComparison.Ordinal);
        using TokenizedCorpus own = TokenizedCorpus.Prepare(Options(folder, path, "") with { Tokenizer = new CharTokenizer("cba") });
        Assert.Equal([0, 1, 2], Ids(own));
        Assert.Throws<ArgumentOutOfRangeException>(() => own.Train.Read(1, new long[own.Train.Count]));
        Assert.Throws<ArgumentOutOfRangeException>(() => own.Train.Read(-1, new long[1]));
    }

    [Fact]
    public void Ids_beyond_two_bytes_are_stored_in_four()
    {
        using TestFolder folder = new();
        StringBuilder text = new();
        for (int value = 0x10000; value < 0x10000 + 70_000; value++)
            text.Append(new Rune(value));
        string path = folder.Write("a.txt", text.ToString());
        using TokenizedCorpus corpus = Prepare(folder, path, "char");
        Assert.Equal(70_000, corpus.Tokenizer.VocabularySize);
        Assert.Equal(Enumerable.Range(0, 70_000).Select(id => (long)id), Ids(corpus).Select(id => (long)id));
        Assert.Equal(280_000, corpus.Train.Utf8Bytes + corpus.Validation.Utf8Bytes);
    }

    private static PrepareOptions Options(TestFolder folder, string path, string tokenizer) =>
        new() { Corpus = Corpus.Open(path), TokenizerKind = tokenizer, CacheFolder = folder["cache"] };

    private static TokenizedCorpus Prepare(TestFolder folder, string path, string tokenizer = "gpt2") =>
        TokenizedCorpus.Prepare(Options(folder, path, tokenizer));

    private static int[] Ids(TokenizedCorpus corpus) => [.. Ids(corpus.Train), .. Ids(corpus.Validation)];

    private static int[] Ids(TokenSpan span)
    {
        long[] ids = new long[span.Count];
        span.Read(0, ids);
        return [.. ids.Select(id => (int)id)];
    }

    private static string Text(TokenizedCorpus corpus, TokenSpan span) => corpus.Tokenizer.Decode(Ids(span));

    /// <summary>Does something once a stage has begun.</summary>
    private sealed class Meddler(PrepareStage stage, Action meddle) : IProgress<EncodeProgress>
    {
        public void Report(EncodeProgress value)
        {
            if (value.Stage == stage)
                meddle();
        }
    }

    private sealed class Reports : IProgress<EncodeProgress>
    {
        public List<EncodeProgress> All { get; } = [];

        public void Report(EncodeProgress value) => All.Add(value);
    }
}
