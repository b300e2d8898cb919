using Kansformers.Text;

namespace Kansformers.Tests.Text;

/// <summary>Which characters of a text each token stands for.</summary>
public class PlacedTokenTests
{
    private const string Sample = "  Héllo wörld,\tthe 😀 naïve\u0301 fox\n";

    [Fact]
    public void Characters_and_bytes_have_their_own()
    {
        Assert.Equal("a,,😀,b", Shown(new CharTokenizer("a 😀b"), "a 😀b"));
        Assert.Equal("a,é,é,,😀,😀,😀,😀", Shown(Tokenizer.Open("byte"), "aé 😀"));
        Assert.Equal("a,b", Shown(new CharTokenizer("ab", UnknownCharacters.Skip), "axxb"));
    }

    [Fact]
    public void Words_of_bytes_leave_out_the_space_before_them()
    {
        string[] shown = Shown(Tokenizer.Open("gpt2"), "the fox\n jumps 😀").Split(',');
        Assert.Equal(["the", "fox", "", "jumps"], shown[..4]);
        Assert.All(shown[4..], token => Assert.Equal("😀", token));
    }

    [Fact]
    public void Word_pieces_point_into_the_text_before_it_was_normalized()
    {
        using TestFolder folder = new();
        folder.Write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhe\n##llo\nworld\n,\nfox\n##es\n");
        Tokenizer tokenizer = Tokenizer.Open(folder["vocab.txt"]);
        Assert.Equal("Hé,LLO,WÖRLD,,,fox,es,日", Shown(tokenizer, "  HéLLO  WÖRLD,\u0001foxes 日"));
        PlacedTokens placed = PlacedTokens.Of(tokenizer, Sample);
        Assert.Equal(tokenizer.Encode(Sample), placed.Ids);
        Assert.Equal("Hé", Sample[placed.Places[0].Start..placed.Places[0].End]);
    }

    [Theory]
    [InlineData("byte")]
    [InlineData("gpt2")]
    public void Tokens_cover_all_that_is_no_white_space(string name)
    {
        Tokenizer tokenizer = Tokenizer.Open(name);
        PlacedTokens placed = PlacedTokens.Of(tokenizer, Sample + "\ud800");
        Assert.Equal(tokenizer.Encode(Sample + "\ud800"), placed.Ids);
        HashSet<int> covered = [.. placed.Places.SelectMany(place => Enumerable.Range(place.Start, place.End - place.Start))];
        Assert.All(Enumerable.Range(0, Sample.Length + 1), at => Assert.True(covered.Contains(at) || char.IsWhiteSpace(Sample[at])));
    }

    private static string Shown(Tokenizer tokenizer, string text) => string.Join(',', PlacedTokens.Of(tokenizer, text).Places.Select(place => text[place.Start..place.End]));
}
