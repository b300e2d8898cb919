using CsCheck;
using System.Text;
using Kansformers.Golden;
using Kansformers.Text;

namespace Kansformers.Tests.Text;

public class HuggingFaceTokenizerTests
{
    private static readonly HuggingFaceTokenizer Words = HuggingFaceTokenizer.Parse(Encoding.UTF8.GetBytes(TinyTokenizer.WordPieces));
    private static readonly HuggingFaceTokenizer Pairs = HuggingFaceTokenizer.Parse(Encoding.UTF8.GetBytes(TinyTokenizer.Pairs));

    [Fact]
    public void The_ids_of_forty_texts_by_four_tokenizers_equal_the_peers()
    {
        GoldenReport report = GoldenRunner.Run(SharedFolder.Require("golden", "tokenizers.json"));
        Assert.Equal(160, report.Rows.Count);
        Assert.All(report.Rows, row => Assert.True(row.Ok, row.Name));
    }

    [Theory]
    [InlineData("Playing CAFÉ, plays.", new[] { 3, 4, 6, 7, 3, 5, 8 })]
    [InlineData("the中the", new[] { 9, 12, 9 })]
    [InlineData("playx the", new[] { 0, 9 })]
    [InlineData("playsssss", new[] { 0 })]
    [InlineData("ΣΣ", new[] { 10, 11 })]
    [InlineData("the ab AB playab", new[] { 9, 14, 14, 0 })]
    [InlineData("the [SEP]", new[] { 9, 0, 0, 0 })]
    [InlineData("", new int[0])]
    public void Words_become_pieces(string text, int[] expected) => Assert.Equal(expected, Words.Encode(text));

    [Fact]
    public void Special_tokens_are_found_and_take_white_space_as_they_say()
    {
        List<int> ids = [];
        Words.Encode("the  [MASK] the[SEP]", ids, SpecialTokens.Recognise);
        Assert.Equal([9, 13, 9, 2], ids);
        Assert.Contains("[MASK]", Assert.Throws<KansformersException>(() => Words.Encode("x [MASK]", [], SpecialTokens.Refuse)).Message, StringComparison.Ordinal);
        Assert.Equal(2, Words.EndOfText);
        List<int> pairs = [];
        Pairs.Encode("ab</s>   ab", pairs, SpecialTokens.Recognise);
        Assert.Equal([5, 9, 5], pairs);
    }

    [Fact]
    public void Templates_put_special_tokens_around_a_text_and_a_pair()
    {
        Assert.Equal([1, 9, 2], Words.EncodeForModel("the").Ids);
        ModelInput pair = Words.EncodeForModel("the", "plays.");
        Assert.Equal([1, 9, 2, 3, 5, 8, 2], pair.Ids);
        Assert.Equal([0, 0, 0, 1, 1, 1, 1], pair.TypeIds);
        Assert.Equal([9, 5, 9, 9, 8, 9], Pairs.EncodeForModel("ab", "a").Ids);
        Assert.All(Pairs.EncodeForModel("ab", "a").TypeIds, type => Assert.Equal(0, type));
        Assert.Equal([97, 98], ByteTokenizer.Instance.EncodeForModel("a", "b").Ids);
    }

    [Fact]
    public void Merges_unknown_characters_and_bytes_go_as_the_file_says()
    {
        Assert.Equal([5, 8], Pairs.Encode("ab a"));
        Assert.Equal([8, 6, 7, 3], Pairs.Encode("aéb"));
        Assert.Equal([8, 0, 3], Pairs.Encode("a日本b")); // two unknown characters are fused
        Assert.Equal("ab aéb", Pairs.Decode(Pairs.Encode("ab aéb")));
    }

    [Fact]
    public void Pieces_become_text_with_spaces_where_they_belong_streamed_or_not()
    {
        int[] ids = Words.Encode("the playing, cafe.");
        Assert.Equal("the playing, cafe.", Words.Decode(ids));
        TokenStreamDecoder start = new(Words), goesOn = new(Words, continues: true);
        Assert.Equal("the playing, cafe.", string.Concat(ids.Select(start.Append)));
        Assert.Equal(" the playing, cafe.", string.Concat(ids.Select(goesOn.Append)));
    }

    [Fact]
    public void A_saved_tokenizer_gives_the_same_ids_again()
    {
        using TestFolder folder = new();
        foreach (HuggingFaceTokenizer tokenizer in new[] { Words, Pairs })
        {
            tokenizer.Save(folder.Path);
            Tokenizer loaded = Tokenizer.Load(folder.Path);
            Assert.Equal(tokenizer.Identity, loaded.Identity);
            Assert.Equal(tokenizer.Encode("the ab playing aé"), Tokenizer.Open(folder.Path).Encode("the ab playing aé"));
        }
    }

    [Fact]
    public void A_text_cut_where_it_says_gives_the_ids_of_the_whole()
    {
        // A token that is looked for in normalized text forbids cuts.
        Assert.Equal(-1, Words.FindCut("the cafe", 0, SpecialTokens.AsText));
        HuggingFaceTokenizer words = HuggingFaceTokenizer.Parse(Encoding.UTF8.GetBytes(TinyTokenizer.WordPieces.Replace("\"normalized\":true", "\"normalized\":false", StringComparison.Ordinal)));
        TextGen.Valid.Sample(text =>
        {
            foreach (SpecialTokens special in new[] { SpecialTokens.AsText, SpecialTokens.Recognise })
            {
                int cut = words.FindCut(text, 0, special);
                if (cut < 0)
                    continue;
                List<int> whole = [], parts = [];
                words.Encode(text, whole, special);
                words.Encode(text.AsSpan(0, cut), parts, special);
                words.Encode(text.AsSpan(cut), parts, special);
                Assert.Equal(whole, parts);
            }
        });
        Assert.True(words.FindCut("the cafe", 0, SpecialTokens.AsText) == 3);
        Assert.Equal(-1, Pairs.FindCut("ab ab", 0, SpecialTokens.AsText));
    }
}
