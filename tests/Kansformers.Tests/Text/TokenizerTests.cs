using System.Text;
using CsCheck;
using Kansformers.Text;

namespace Kansformers.Tests.Text;

public class TokenizerTests
{
    [Fact]
    public void The_characters_of_tinyshakespeare_are_the_usual_65()
    {
        string path = SharedFolder.Require("corpora", "tinyshakespeare.txt");
        CharTokenizer tokenizer = CharTokenizer.FromCorpora([Corpus.Open(path)]);
        Assert.Equal(65, tokenizer.VocabularySize);
        Assert.StartsWith("\n !$&',-.3:;?ABC", tokenizer.Characters, StringComparison.Ordinal);
        Assert.Equal([18, 47, 56, 57, 58], tokenizer.Encode("First"));
    }

    [Fact]
    public void A_file_that_is_too_large_is_refused_behind_a_link_too()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a right there");
        using TestFolder folder = new();
        using (FileStream huge = File.Create(folder["huge"]))
            huge.SetLength((1L << 29) + 1); // A hole, which takes no space.
        File.CreateSymbolicLink(folder["tokenizer.json"], "huge");
        Assert.Contains("larger than any tokenizer", Assert.Throws<KansformersException>(() => Tokenizer.Open(folder["tokenizer.json"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Characters_are_code_points_in_their_order()
    {
        CharTokenizer tokenizer = new("b😀a\uFFFDb");
        Assert.Equal("ab\uFFFD😀", tokenizer.Characters);
        Assert.Equal([3, 0], tokenizer.Encode("😀a"));
        Assert.Equal("😀a", tokenizer.Decode([3, 0]));
    }

    [Fact]
    public void An_unknown_character_is_refused_skipped_or_replaced_as_asked()
    {
        KansformersException refusal = Assert.Throws<KansformersException>(() => new CharTokenizer("ab?").Encode("a€b"));
        Assert.Contains("'€' (U+20AC)", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("U+000A", Assert.Throws<KansformersException>(() => new CharTokenizer("ab").Encode("a\n")).Message, StringComparison.Ordinal);
        Assert.Equal([1, 2], new CharTokenizer("ab?", UnknownCharacters.Skip).Encode("a€b"));
        Assert.Equal([1, 0, 2], new CharTokenizer("ab?", UnknownCharacters.Replace).Encode("a€b"));
        Assert.Throws<KansformersException>(() => new CharTokenizer("ab", UnknownCharacters.Replace));
        Assert.Throws<KansformersException>(() => new CharTokenizer(""));
    }

    [Fact]
    public void Bytes_are_those_of_utf8()
    {
        Assert.Equal([0x61, 0xF0, 0x9F, 0x98, 0x80], ByteTokenizer.Instance.Encode("a😀"));
        TextGen.Valid.Sample(text => Assert.Equal(text, ByteTokenizer.Instance.Decode(ByteTokenizer.Instance.Encode(text))));
    }

    [Fact]
    public void Broken_utf8_decodes_to_replacement_characters() =>
        Assert.Equal("a\uFFFD\uFFFDb", ByteTokenizer.Instance.Decode([0x61, 0xF0, 0x9F, 0xC3, 0x62]));

    [Fact]
    public void A_stream_of_any_ids_gives_the_text_of_the_whole_and_never_half_a_character()
    {
        Gen<int[]> gpt2Ids = Gen.Frequency((3, Gen.Int[0, 255]), (1, Gen.Int[256, 50256])).Array[0, 40];
        gpt2Ids.Sample(ids => Streams(Gpt2Tokenizer.Instance, ids), iter: 5000);
        Gen.OneOf(Gen.Int[0, 255], Gen.Int[0x80, 0xBF], Gen.Int[0xE0, 0xF4]).Array[0, 12].Sample(ids => Streams(ByteTokenizer.Instance, ids), iter: 20000);
        TextGen.Valid.Sample(text => Streams(Gpt2Tokenizer.Instance, Gpt2Tokenizer.Instance.Encode(text)));
    }

    [Fact]
    public void The_rest_of_a_character_is_awaited()
    {
        TokenStreamDecoder decoder = new(ByteTokenizer.Instance);
        Assert.Equal(["", "", "", "😀"], new[] { 0xF0, 0x9F, 0x98, 0x80 }.Select(decoder.Append));
        Assert.Equal("", decoder.Append(0xC3));
        Assert.Equal("\uFFFD", decoder.Flush());
        Assert.Equal("x", decoder.Append('x'));
    }

    [Fact]
    public void Saved_tokenizers_give_the_same_ids_again()
    {
        using TestFolder folder = new();
        CharTokenizer characters = new("ab\n\"\\é😀\u2028", UnknownCharacters.Skip);
        characters.Save(folder["char"]);
        CharTokenizer loaded = Assert.IsType<CharTokenizer>(Tokenizer.Load(folder["char"]));
        Assert.Equal(characters.Identity, loaded.Identity);
        Assert.Equal(characters.Encode("a😀\n\"x"), loaded.Encode("a😀\n\"x"));
        Gpt2Tokenizer.Instance.Save(folder["gpt2"]);
        Assert.Same(Gpt2Tokenizer.Instance, Tokenizer.Load(folder["gpt2"]));
        ByteTokenizer.Instance.Save(folder["byte"]);
        Assert.Equal("byte", Tokenizer.Load(folder["byte"]).Kind);
    }

    [Theory]
    [InlineData("{\"kind\": \"char\", \"characters\": \"ab", "damaged")]
    [InlineData("{\"kind\": \"char\", \"characters\": \"\"}", "no characters")]
    [InlineData("{\"kind\": \"char\", \"characters\": \"ba\"}", "distinct and in order")]
    [InlineData("{\"kind\": \"char\", \"characters\": \"ab\", \"unknown\": \"Guess\"}", "Guess")]
    [InlineData("{\"kind\": \"wordpiece\"}", "wordpiece")]
    [InlineData("[]", "damaged")]
    [InlineData("null", "no known kind")]
    public void A_damaged_tokenizer_file_is_a_clear_error(string content, string expected)
    {
        using TestFolder folder = new();
        folder.Write("tokenizer.kansformers.json", content);
        KansformersException failure = Assert.Throws<KansformersException>(() => Tokenizer.Load(folder.Path));
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.Contains(folder.Path, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_tokenizer_is_a_clear_error()
    {
        using TestFolder folder = new();
        Assert.Contains("no tokenizer in", Assert.Throws<KansformersException>(() => Tokenizer.Load(folder["nothing"])).Message, StringComparison.Ordinal);
    }

    private static void Streams(Tokenizer tokenizer, int[] ids)
    {
        TokenStreamDecoder decoder = new(tokenizer);
        StringBuilder text = new();
        foreach (int id in ids)
        {
            string part = decoder.Append(id);
            Assert.False(part.Length > 0 && (char.IsLowSurrogate(part[0]) || char.IsHighSurrogate(part[^1])));
            text.Append(part);
        }

        text.Append(decoder.Flush());
        Assert.Equal(tokenizer.Decode(ids), text.ToString());
    }
}
