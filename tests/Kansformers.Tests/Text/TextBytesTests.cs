using System.Text;
using CsCheck;
using Kansformers.Text;

namespace Kansformers.Tests.Text;

/// <summary>How much text each token stands for, and what has no token.</summary>
public class TextBytesTests
{
    private const string Lossy = """
        {"pre_tokenizer":{"type":"WhitespaceSplit"},"decoder":null,"model":{"type":"BPE","vocab":{"u":0,"g":1,"ug":2,"b":3},"merges":["u g"]}}
        """;

    // Bytes that print are tokens, and nothing writes spaces and the rest as such.
    private const string Unwritten = """
        {"pre_tokenizer":null,"decoder":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"Ġ":3,"Ċ":4},"merges":["a b"]}}
        """;

    private const string HalfBytes = """
        {"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":true},"decoder":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"a":0,"Ġ":1,"Ã":2,"Ġa":3},"merges":["Ġ a"]}}
        """;

    private const string Affixed = """
        {"pre_tokenizer":{"type":"Whitespace"},"decoder":null,"model":{"type":"BPE","continuing_subword_prefix":"##","end_of_word_suffix":"</w>","unk_token":"[U]","vocab":{"[U]":0,"a":1,"##b":2,"##c</w>":3,"ab":4,"a</w>":5,"abc</w>":6,"##bc</w>":7},"merges":["a ##b","##b ##c</w>"]}}
        """;

    [Theory]
    [InlineData("pieces", "the q q q q", "3 2 2 2 2", 0, 0)]
    [InlineData("pieces", "q q", "1 2", 0, 0)]
    [InlineData("pieces", "the  q\t\n q \n", "3 3 4", 0, 0)]
    [InlineData("pieces", "CAFÉ, plays", "5 1 5 1", 0, 0)]
    [InlineData("pieces", "CAFE\u0301 the", "6 4", 0, 0)]
    [InlineData("pieces", "the中中 q", "3 3 3 2", 0, 0)]
    [InlineData("pieces", "playplayplay 😀 the", "12 5 4", 0, 0)]
    [InlineData("pieces", "the ab q", "3 3 2", 0, 0)]
    [InlineData("pieces", "[SEP]", "1 3 1", 0, 0)] // written by the text
    [InlineData("pairs", "ab é€€ a", "2 1 0 2 6 2", 0, 0)]
    [InlineData("pairs", "ﬁ", "0 3", 0, 0)]
    [InlineData("lossy", "bug mug😀", "1 2 3", 2, 5)]
    [InlineData("lossy", "😀 bug b", "2 2 2", 1, 4)]
    [InlineData("lossy", "u😀g", "2", 1, 4)]
    [InlineData("lossy", "xyz é", "", 4, 5)]
    [InlineData("unwritten", "ab ab", "2 2", 1, 1)]
    [InlineData("unwritten", "a\nb é", "2", 3, 4)]
    [InlineData("half", "a é", "1 1 0", 1, 2)]
    [InlineData("half", "a a€", "1 2", 1, 3)]
    [InlineData("affixed", "abc a xay", "2 1 2 2 1 1", 0, 0)]
    [InlineData("skip", "abxa😀", "1 1 1", 2, 5)]
    [InlineData("replace", "ab😀é a", "1 1 4 2 1 1", 0, 0)]
    public void Each_token_stands_for_the_bytes_of_its_text(string kind, string text, string expected, int lostCharacters, int lostBytes)
    {
        Tokenizer tokenizer = Make(kind);
        Assert.False(tokenizer.CountsById);
        (List<int> ids, TextTally tally) = Count(tokenizer, text);
        Assert.Equal(tokenizer.Encode(text), ids);
        Assert.Equal(expected, string.Join(' ', tally.Bytes));
        Assert.Equal((lostCharacters, lostBytes), (tally.Lost.Characters, tally.Lost.Bytes));
        Assert.Equal(tally.Lost, tokenizer.LostIn(text));
        Assert.Equal(lostCharacters > 0, tally.Lost.First is not null);
    }

    [Theory]
    [InlineData("pieces")]
    [InlineData("pairs")]
    [InlineData("lossy")]
    [InlineData("unwritten")]
    [InlineData("half")]
    [InlineData("affixed")]
    [InlineData("skip")]
    [InlineData("replace")]
    [InlineData("gpt2-nfc")]
    [InlineData("gpt2-prefix")]
    [InlineData("metaspace")]
    public void Counting_changes_no_id_and_all_text_is_counted_once(string kind)
    {
        Tokenizer tokenizer = Make(kind);
        Gen.OneOf(TextGen.Valid, Gen.Char["ab cuéug\u0301Å中 \n☺"].Array[0, 40].Select(letters => new string(letters))).Sample(text =>
        {
            (List<int> ids, TextTally tally) = Count(tokenizer, text);
            Assert.Equal(tokenizer.Encode(text), ids);
            Assert.Equal(ids.Count, tally.Bytes.Count);
            Assert.All(tally.Bytes, bytes => Assert.True(bytes >= 0));
            long all = Encoding.UTF8.GetByteCount(text), counted = tally.Bytes.Sum() + tally.Lost.Bytes;
            Assert.InRange(counted, 0, all);
            if (kind is not ("pieces" or "lossy" or "affixed" or "half")) // which end at white space, or within a character
                Assert.Equal(all, counted);
        }, iter: 500, threads: 1);
    }

    [Fact]
    public void Where_an_id_tells_its_text_it_is_so_counted()
    {
        Assert.All(new Tokenizer[] { Gpt2Tokenizer.Instance, ByteTokenizer.Instance, new CharTokenizer("ab"), Gpt2() }, tokenizer => Assert.True(tokenizer.CountsById));
        Assert.Equal(default, Gpt2().LostIn("a😀\0"));
        Assert.Equal(0, Gpt2().TextBytesPerToken()[Gpt2().EndOfText!.Value]);
    }

    [Theory]
    [InlineData("pieces", "the q q q q", "hello", 7)]
    [InlineData("lossy", "bug mug😀", "gu", 5)]
    [InlineData("replace", "ab😀é a", "€", 3)]
    public void Token_files_keep_the_counts_for_any_part(string kind, string first, string second, int chunk)
    {
        Tokenizer tokenizer = Make(kind);
        using TestFolder folder = new();
        string table = folder.Write("a.jsonl", $"{{\"text\":\"{first}\"}}\n{{\"text\":\"{second}\"}}\n");
        (List<int> ids, TextTally tally) = Count(tokenizer, first);
        if (tokenizer.EndOfText is int end)
        {
            ids.Add(end);
            tally.Bytes.Add(0);
        }
        else
        {
            (List<int> blank, TextTally of) = Count(tokenizer, "\n\n");
            ids.AddRange(blank);
            tally.Bytes.AddRange(of.Bytes);
        }

        (List<int> later, TextTally rest) = Count(tokenizer, second);
        int[] all = [.. ids, .. later], bytes = [.. tally.Bytes, .. rest.Bytes];
        for (int again = 0; again < 2; again++)
        {
            using TokenizedCorpus corpus = TokenizedCorpus.Prepare(new PrepareOptions { Corpus = Corpus.Open(table), Tokenizer = tokenizer, ValidationFraction = 0, CacheFolder = folder["cache"] });
            Assert.Equal(again == 1, corpus.FromCache);
            long[] read = new long[corpus.Train.Count];
            corpus.Train.Read(0, read);
            Assert.Equal(all.Select(id => (long)id), read);
            Assert.Equal(tally.Lost.Plus(rest.Lost), corpus.Lost);
            for (int start = 0; start <= all.Length; start++)
            {
                for (int count = 0; count <= all.Length - start; count++)
                    Assert.Equal(bytes.Skip(start).Take(count).Sum(), corpus.Train.Slice(start, count).Utf8Bytes);
            }
        }

        List<long> lengths = [.. new ParallelEncoder(tokenizer, SpecialTokens.AsText, default, chunk).Encode(Corpus.Open(table).Read()).Select(part => part.Utf8Bytes)];
        Assert.Equal(bytes.Sum(), lengths.Sum());
    }

    [Fact]
    public void Ready_tokens_do_not_tell_the_text_of_unknown_ones()
    {
        using TestFolder folder = new();
        File.WriteAllBytes(folder["a.bin"], [3, 0, 4, 0, 9, 0]);
        using TokenizedCorpus corpus = TokenizedCorpus.Prepare(new PrepareOptions { Corpus = Corpus.Open(folder["a.bin"]), Tokenizer = Make("pieces"), ValidationFraction = 0, CacheFolder = folder["cache"] });
        Assert.Equal(3, corpus.Train.Count);
        Assert.Null(corpus.Train.Utf8Bytes);
        Assert.Null(corpus.Train.Slice(1, 2).Utf8Bytes);
    }

    private static (List<int> Ids, TextTally Tally) Count(Tokenizer tokenizer, string text)
    {
        List<int> ids = [];
        TextTally tally = new();
        tokenizer.Encode(text, ids, tally, SpecialTokens.AsText);
        return (ids, tally);
    }

    private static Tokenizer Make(string kind) => kind switch
    {
        "pieces" => Parse(TinyTokenizer.WordPieces),
        "pairs" => Parse(TinyTokenizer.Pairs),
        "lossy" => Parse(Lossy),
        "unwritten" => Parse(Unwritten),
        "half" => Parse(HalfBytes),
        "affixed" => Parse(Affixed),
        "skip" => new CharTokenizer("ab", UnknownCharacters.Skip),
        "replace" => new CharTokenizer("ab ?", UnknownCharacters.Replace),
        "gpt2-nfc" => Parse(Gpt2Json().Replace("\"normalizer\":null", "\"normalizer\":{\"type\":\"NFC\"}", StringComparison.Ordinal)),
        "gpt2-prefix" => Parse(Gpt2Json().Replace("\"add_prefix_space\":false", "\"add_prefix_space\":true", StringComparison.Ordinal)),
        _ => Parse("""
            {"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"},"decoder":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"},
             "model":{"type":"BPE","unk_token":"<unk>","vocab":{"<unk>":0,"▁":1,"a":2,"b":3,"▁a":4,"u":5},"merges":["▁ a"]}}
            """),
    };

    private static HuggingFaceTokenizer Gpt2() => Parse(Gpt2Json());

    private static string Gpt2Json() => Encoding.UTF8.GetString(Gpt2Tokenizer.Instance.StandardJson());

    private static HuggingFaceTokenizer Parse(string json) => HuggingFaceTokenizer.Parse(Encoding.UTF8.GetBytes(json));
}
