using System.Diagnostics;
using System.Text;
using System.Text.Json;
using CsCheck;
using Kansformers.Text;
using Microsoft.ML.Tokenizers;
using Tokenizer = Kansformers.Text.Tokenizer;

namespace Kansformers.Tests.Text;

public class Gpt2TokenizerTests
{
    private static readonly Gpt2Tokenizer Gpt2 = Gpt2Tokenizer.Instance;

    [Fact]
    public void The_ids_of_forty_texts_of_many_scripts_equal_the_peers()
    {
        string path = Path.Combine(SharedFolder.RepositoryRoot!, "tests", "Kansformers.Tests", "Text", "Fixtures", "tokenizers.json");
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(path));
        int cases = 0;
        foreach (JsonElement item in golden.RootElement.GetProperty("cases").EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;
            int[] expected = [.. item.GetProperty("gpt2").EnumerateArray().Select(id => id.GetInt32())];
            Assert.Equal(expected, Gpt2.Encode(text));
            Assert.Equal(text, Gpt2.Decode(expected));
            cases++;
        }

        Assert.Equal(40, cases);
    }

    [Fact]
    public void Every_token_but_partial_characters_encodes_to_itself_or_to_its_text()
    {
        for (int id = 0; id < 50256; id++)
        {
            byte[] bytes = Gpt2.BytesOf(id).ToArray();
            if (!System.Text.Unicode.Utf8.IsValid(bytes))
                continue;
            string text = Encoding.UTF8.GetString(bytes);
            Assert.Equal(text, Gpt2.Decode(Gpt2.Encode(text)));
        }

        Assert.Equal("<|endoftext|>", Gpt2.Decode([50256]));
    }

    [Fact]
    public void The_bytes_of_the_vocabulary_equal_the_published_files()
    {
        string vocabulary = SharedFolder.Require("vocab", "gpt2-encoder.json");
        Dictionary<char, byte> bytes = PrintableBytes();
        using JsonDocument encoder = JsonDocument.Parse(File.ReadAllBytes(vocabulary));
        int seen = 0;
        foreach (JsonProperty entry in encoder.RootElement.EnumerateObject())
        {
            if (entry.Name == Tokenizer.EndOfTextMark)
                continue;
            Assert.Equal(entry.Name.Select(c => bytes[c]).ToArray(), Gpt2.BytesOf(entry.Value.GetInt32()).ToArray());
            seen++;
        }

        Assert.Equal(50256, seen);
    }

    [Fact]
    public void The_merges_equal_the_published_list()
    {
        string list = SharedFolder.Require("vocab", "gpt2-vocab.bpe");
        Dictionary<char, byte> bytes = PrintableBytes();
        Dictionary<string, int> ids = [];
        for (int id = 0; id < 50256; id++)
            ids.Add(Convert.ToHexString(Gpt2.BytesOf(id)), id);
        int Id(string token) => ids[Convert.ToHexString([.. token.Select(c => bytes[c])])];

        BytePairMerges merges = Gpt2Vocabulary.Load().Merges;
        int expected = 256;
        foreach (string line in File.ReadLines(list).Skip(1).Where(line => line.Length > 0))
        {
            string[] pair = line.Split(' ');
            Assert.Equal(expected++, merges.Find(Id(pair[0]), Id(pair[1])));
        }

        Assert.Equal(50256, expected);
    }

    [Fact]
    public void Random_text_of_the_basic_plane_encodes_as_an_independent_encoder_does()
    {
        TiktokenTokenizer peer = TiktokenTokenizer.CreateForModel("gpt2");
        TextGen.BasicPlane.Sample(text =>
        {
            // The peer always recognises the mark of the end of a text.
            List<int> ids = [];
            Gpt2.Encode(text, ids, SpecialTokens.Recognise);
            Assert.Equal(peer.EncodeToIds(text), ids);
        }, iter: 1500, threads: 1);
    }

    [Fact]
    public void Random_text_survives_the_round_trip_byte_for_byte() =>
        TextGen.Valid.Sample(text => Assert.Equal(text, Gpt2.Decode(Gpt2.Encode(text))), iter: 5000);

    [Fact]
    public void A_lone_surrogate_is_read_as_the_replacement_character() =>
        TextGen.AnyUnits.Sample(
            text => Assert.Equal(Gpt2.Encode(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text))), Gpt2.Encode(text)), iter: 3000);

    [Theory]
    [InlineData("a")]
    [InlineData("ab")]
    [InlineData(" ")]
    [InlineData("=")]
    [InlineData("你")]
    public void A_very_long_word_takes_no_quadratic_time(string unit)
    {
        string word = new StringBuilder().Insert(0, unit, 400_000 / unit.Length).ToString();
        long start = Stopwatch.GetTimestamp();
        int[] ids = Gpt2.Encode(word);
        // Quadratic time would be hours.
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30));
        Assert.Equal(word, Gpt2.Decode(ids));
    }

    [Fact]
    public void The_heap_for_long_words_merges_as_the_scan_for_short_ones_does()
    {
        // A word of 60 letters is scanned, one of 120 goes through the heap; a naive merge judges both.
        BytePairMerges merges = Gpt2Vocabulary.Load().Merges;
        Gen.Char["abehilnorstu"].Array[60, 140].Sample(letters =>
        {
            List<int> naive = [.. Encoding.UTF8.GetBytes(letters).Select(value => merges.ByteIds[value])];
            while (true)
            {
                int best = Enumerable.Range(0, naive.Count - 1).MinBy(i => merges.Find(naive[i], naive[i + 1]));
                int merged = merges.Find(naive[best], naive[best + 1]);
                if (merged == BytePairMerges.None)
                    break;
                naive[best] = merged;
                naive.RemoveAt(best + 1);
            }

            Assert.Equal(naive, Gpt2.Encode(new string(letters)));
        }, iter: 300);
    }

    [Fact]
    public void Special_tokens_are_text_recognised_or_refused_as_asked()
    {
        const string text = "one<|endoftext|> two";
        List<int> asText = [], recognised = [];
        Gpt2.Encode(text, asText);
        Gpt2.Encode(text, recognised, SpecialTokens.Recognise);
        Assert.Equal([505, 27, 91, 437, 1659, 5239, 91, 29, 734], asText);
        Assert.Equal([505, 50256, 734], recognised);
        KansformersException refusal = Assert.Throws<KansformersException>(() => Gpt2.Encode(text, [], SpecialTokens.Refuse));
        Assert.Contains("<|endoftext|>", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(50257)]
    public void An_id_outside_the_vocabulary_is_a_clear_error(int id)
    {
        KansformersException failure = Assert.Throws<KansformersException>(() => Gpt2.Decode([id]));
        Assert.Contains($"token id {id} is outside the gpt2 vocabulary (0 to 50256)", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>GPT-2's files write each byte as a printable character: itself where it is printable, else from U+0100 on.</summary>
    private static Dictionary<char, byte> PrintableBytes()
    {
        Dictionary<char, byte> bytes = [];
        int next = 0x100;
        for (int value = 0; value < 256; value++)
        {
            bool printable = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            bytes.Add((char)(printable ? value : next++), (byte)value);
        }

        return bytes;
    }
}
