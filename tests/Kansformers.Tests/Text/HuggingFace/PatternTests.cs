using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kansformers.Text;

namespace Kansformers.Tests.Text;

/// <summary>Patterns are Oniguruma's, and split where they match nothing too.</summary>
public class PatternTests
{
    [Theory]
    [InlineData(@"(?=\d)", "Isolated", false, "ab12", "ab|1|2")]
    [InlineData(@"(?=\d)", "Removed", false, "ab12", "ab|1|2")]
    [InlineData(@"\d", "Removed", true, "12a3", "1|2|3")]
    [InlineData(@"\d", "Contiguous", true, "12a3", "12|a|3")]
    [InlineData("-", "MergedWithPrevious", false, "the-final--countdown", "the-|final-|-|countdown")]
    [InlineData("-", "MergedWithNext", false, "the-final--countdown", "the|-final|-|-countdown")]
    [InlineData("-", "Contiguous", false, "the-final--countdown", "the|-|final|--|countdown")]
    [InlineData("-", "Removed", false, "the-final--countdown", "the|final|countdown")]
    [InlineData(@" ?[^(\s|[.,!?…。，、।۔،])]+", "Isolated", false, "ab cd(e|f), g…h", "ab| cd|(|e|\\||f|),| g|…|h")]
    [InlineData("[[:digit:]a-c[x-z]]+", "Isolated", false, "7bz-d", "7bz|-d")]
    [InlineData("[a-z&&[^b]]+", "Isolated", false, "abca", "a|b|ca")]
    [InlineData("[^a-z&&[^b]]+", "Removed", false, "aBbC", "a")]
    [InlineData(@"[]\-a]+", "Isolated", false, "x]-ay", "x|]-a|y")]
    [InlineData(@"\w+", "Removed", false, "कि Ⅷ", " ")]
    [InlineData(@"[\w-]+", "Removed", false, "कि-कि!", "!")]
    [InlineData(@"[^\W\d]+", "Isolated", false, "कि12", "कि|12")]
    [InlineData(@"(?m:a.b)", "Isolated", false, "a\nbc", "a\nb|c")]
    [InlineData(@"\h{,2}x", "Isolated", false, "gabx", "g|abx")]
    [InlineData(@"\x{41}\b", "Isolated", false, "AA", "A|A")]
    [InlineData("(?i:'s)", "Isolated", false, "a'\u017Fa'Sſ", "a|'\u017F|a|'S|ſ")]
    [InlineData("(?i)\u017F|[q-t]", "Isolated", false, "SſaT", "S|ſ|a|T")]
    [InlineData("(?i:[^s])", "Removed", false, "aſsS", "ſsS")]
    [InlineData("(?i:a(?-i:s)s)|s", "Isolated", false, "asſ-aſs", "asſ|-aſ|s")]
    [InlineData(@"\p{^Lu}\p{Letter}", "Isolated", false, "AaB", "A|aB")]
    public void Text_is_split(string pattern, string behavior, bool invert, string text, string expected) =>
        Assert.Equal(expected.Replace("\\|", "\u0001", StringComparison.Ordinal).Split('|').Select(part => part.Replace('\u0001', '|')), Split(pattern, behavior, invert, text));

    [Theory]
    [InlineData("[[:alpha:]]+", "the class '[:alpha:]'")]
    [InlineData(@"\p{Han}", "the property 'Han'")]
    [InlineData("(?s:.)", "the options '(?s:'")]
    [InlineData("a(?i)b|c", "the options '(?i)'")]
    [InlineData(@"a\Kb", "'\\K'")]
    [InlineData("(?~a)", "the group '(?~'")]
    [InlineData("[a", "a class without its end")]
    [InlineData("[😀]", "a character beyond U+FFFF")]
    [InlineData("a{2}?", "the repetition '{2}?'")]
    [InlineData("a++", ".NET's regular expressions")]
    [InlineData("a\\", "a backslash at its end")]
    public void What_cannot_be_translated_is_refused_by_name(string pattern, string expected)
    {
        KansformersException failure = Assert.Throws<KansformersException>(() => TextPattern.Oniguruma(pattern, "here"));
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.StartsWith("here: the pattern '", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pattern_is_replaced_character_by_character_and_not_for_ever()
    {
        Assert.Equal("a?b", new PatternReplacer(TextPattern.Oniguruma("[^a-z ]", "here"), "?").Apply("a😀b"));
        Assert.Equal("_a_b_", new PatternReplacer(TextPattern.Oniguruma("x*", "here"), "_").Apply("ab"));
        Assert.Contains("takes too long", Assert.Throws<KansformersException>(() => new PatternReplacer(TextPattern.Oniguruma("(a+)+$", "here"), "?").Apply(new string('a', 60) + "b")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_replaced_space_is_no_place_to_cut()
    {
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Parse("""
            {"normalizer":{"type":"Replace","pattern":{"String":" "},"content":"_"},"pre_tokenizer":{"type":"Whitespace"},
             "model":{"type":"BPE","vocab":{"_":0,"a":1,"b":2,"b_":3},"merges":["b _"]}}
            """u8);
        Assert.Equal([1, 0, 3, 2], tokenizer.Encode("a b b"));
        Assert.Equal(-1, tokenizer.FindCut("a b b", 0, SpecialTokens.AsText));
    }

    private static string[] Split(string pattern, string behavior, bool invert, string text)
    {
        JsonObject split = new() { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = pattern }, ["behavior"] = behavior, ["invert"] = invert };
        using JsonDocument document = JsonDocument.Parse(Encoding.UTF8.GetBytes(split.ToJsonString()));
        List<Piece> pieces = [];
        PipelineReader.PreTokenizer(new JsonField(document.RootElement, "split"), out _)!.Split(new Piece(text.AsMemory(), true), pieces);
        return [.. pieces.Select(piece => piece.Text.ToString())];
    }
}
