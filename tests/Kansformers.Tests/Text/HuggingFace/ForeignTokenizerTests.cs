using System.Text;
using Kansformers.Text;

namespace Kansformers.Tests.Text;

/// <summary>What files of other programs ask for, and .NET or GPT-2 would read as something else.</summary>
public class ForeignTokenizerTests
{
    [Theory]
    [InlineData(@"(?=\d)", "Isolated", "ab12", "ab|1|2")]
    [InlineData(@"\w+", "Removed", "कि x", " ")]
    [InlineData(@"[\w']+", "Isolated", "it's कि!", "it's| |कि|!")]
    [InlineData(@"\W", "Removed", "a b-c", "a|b|c")]
    [InlineData("[a[bc]d]+", "Isolated", "xabcdx", "x|abcd|x")]
    [InlineData("[a[b-]]+", "Isolated", "x-ab-c", "x|-ab-|c")]
    [InlineData("(?m:a.b)", "Isolated", "a\nb", "a\nb")]
    [InlineData(" ?[^(\\s|[.,!?…。，、।۔،])]+", "Isolated", "Hello, big (world)!", "Hello|,| big| (|world|)!")]
    public void Patterns_mean_what_their_own_library_means(string pattern, string behavior, string text, string pieces) =>
        Assert.Equal(pieces, string.Join('|', Split(Pattern(pattern, behavior), text)));

    [Fact]
    public void Replacements_see_characters_and_do_not_take_for_ever()
    {
        Assert.Equal(["a", "?", "b"], Tokens(Bytes("""{"type":"Replace","pattern":{"Regex":"[^a-z ]"},"content":"?"}""", "null"), "a😀b"));
        HuggingFaceTokenizer slow = Bytes("""{"type":"Replace","pattern":{"Regex":"(a+)+$"},"content":"?"}""", "null");
        Assert.Contains("takes too long", Assert.Throws<KansformersException>(() => slow.Encode(new string('a', 40) + "b")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void White_space_that_is_replaced_is_no_place_to_cut()
    {
        HuggingFaceTokenizer tokenizer = Bytes("""{"type":"Replace","pattern":{"String":" "},"content":"_"}""", """{"type":"Whitespace"}""", "\"b_\"", "\"b _\"");
        string text = "a b" + string.Concat(Enumerable.Repeat(" b", 400_000));
        using TestFolder folder = new();
        string path = folder.Write("a.txt", text);
        using TokenizedCorpus corpus = TokenizedCorpus.Prepare(new PrepareOptions { Corpus = Corpus.Open(path), Tokenizer = tokenizer, ValidationFraction = 0, CacheFolder = folder["cache"] });
        Assert.Equal(tokenizer.Encode(text).Length, corpus.Train.Count);
    }

    [Fact]
    public void Ids_may_have_holes_and_merges_may_be_listed_twice()
    {
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Parse("""{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":7},"merges":["a b","a b"]}}"""u8.ToArray());
        Assert.Equal(8, tokenizer.VocabularySize);
        Assert.Equal([7], tokenizer.Encode("ab"));
        Assert.Equal("", tokenizer.TokenOf(5));
        Assert.Contains("ids up to 16000000", Assert.Throws<KansformersException>(() => HuggingFaceTokenizer.Parse("""{"model":{"type":"BPE","vocab":{"a":0,"b":16000000},"merges":[]}}"""u8.ToArray())).Message, StringComparison.Ordinal);
        Assert.Contains("the unknown token '<unk>' is not", Assert.Throws<KansformersException>(() => HuggingFaceTokenizer.Parse("""{"model":{"type":"BPE","unk_token":"<unk>","vocab":{"a":0},"merges":[]}}"""u8.ToArray())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokens_that_were_added_beside_vocabulary_files_are_known()
    {
        using TestFolder folder = new();
        folder.Write("vocab.json", """{"a":0,"b":1,"ab":2}""");
        folder.Write("merges.txt", "#version: 0.2\na b\n");
        folder.Write("added_tokens.json", """{"<pad>":3,"<|im_start|>":4}""");
        folder.Write("tokenizer_config.json", """{"tokenizer_class":"GPT2TokenizerFast","added_tokens_decoder":{"5":{"content":"<mark>","lstrip":true,"special":true}}}""");
        Tokenizer tokenizer = Tokenizer.Open(folder.Path);
        Assert.Equal(6, tokenizer.VocabularySize);
        List<int> ids = [];
        tokenizer.Encode("<|im_start|>ab<pad>", ids, SpecialTokens.Recognise);
        Assert.Equal([4, 2, 3], ids);
        folder.Write("added_tokens.json", """{"<pad>":"three"}""");
        Assert.Contains("added_tokens.json' cannot be used", Refusal(folder), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"l":0,"o":1,"lo</w>":2}""", "{}", "end in '</w>'")]
    [InlineData("""{"l":0,"o":1,"lo@@":2}""", "{}", "end in '@@'")]
    [InlineData("""{"l":0,"o":1,"lo":2}""", """{"tokenizer_class":"CLIPTokenizer"}""", "the vocabulary of a CLIPTokenizer")]
    public void Vocabularies_of_other_kinds_are_not_read_as_GPT2s(string vocabulary, string config, string message)
    {
        using TestFolder folder = new();
        folder.Write("vocab.json", vocabulary);
        folder.Write("merges.txt", "l o\n");
        folder.Write("tokenizer_config.json", config);
        Assert.Contains(message, Refusal(folder), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"unk_token":"<unk>"}""", "unk_token '<unk>'")]
    [InlineData("""{"cls_token":{"content":"<s>"}}""", "cls_token '<s>'")]
    [InlineData("""{"do_basic_tokenize":false}""", "do_basic_tokenize")]
    [InlineData("""{"never_split":["x"]}""", "never_split")]
    [InlineData("""{"unk_token":"[UNK]","never_split":null,"do_basic_tokenize":true}""", "")]
    public void What_BERTs_files_ask_for_is_done_or_refused(string config, string message)
    {
        using TestFolder folder = new();
        folder.Write("vocab.txt", "[UNK]\n[CLS]\n[SEP]\na\nb\na\n");
        folder.Write("tokenizer_config.json", config);
        if (message.Length > 0)
            Assert.Contains(message, Refusal(folder), StringComparison.Ordinal);
        else
            Assert.Equal([5, 4], Tokenizer.Open(folder.Path).Encode("a b"));
    }

    private static string Refusal(TestFolder folder) => Assert.Throws<KansformersException>(() => Tokenizer.Open(folder.Path)).Message;

    private static HuggingFaceTokenizer Pattern(string pattern, string behavior) =>
        Bytes("null", $$"""{"type":"Split","pattern":{"Regex":{{System.Text.Json.JsonSerializer.Serialize(pattern)}}},"behavior":"{{behavior}}","invert":false}""");

    // Every character that the texts have is a token, and what is split stays apart: two that stand together in a piece are merged.
    private static HuggingFaceTokenizer Bytes(string normalizer, string preTokenizer, string token = "", string merge = "")
    {
        string characters = "abcdxyz?_12 -|'()!,.itsklHeogwrld\nकि";
        string vocabulary = string.Join(',', characters.EnumerateRunes().Distinct().Select((rune, id) => $"{System.Text.Json.JsonSerializer.Serialize(rune.ToString())}:{id}"));
        string more = token.Length > 0 ? $",{token}:{characters.EnumerateRunes().Distinct().Count()}" : "";
        return HuggingFaceTokenizer.Parse(Encoding.UTF8.GetBytes("{\"normalizer\":" + normalizer + ",\"pre_tokenizer\":" + preTokenizer + ",\"model\":{\"type\":\"BPE\",\"vocab\":{" + vocabulary + more + "},\"merges\":[" + merge + "]}}"));
    }

    private static string[] Tokens(HuggingFaceTokenizer tokenizer, string text) => [.. tokenizer.Encode(text).Select(tokenizer.TokenOf)];

    private static List<string> Split(HuggingFaceTokenizer tokenizer, string text)
    {
        List<Piece> pieces = [];
        tokenizer.PreTokenizer!.Split(new Piece(text.AsMemory(), true), pieces);
        return [.. pieces.Select(piece => piece.Text.ToString())];
    }
}
