using System.Text.Json;
using Kansformers.Text;

namespace Kansformers.Tests.Text;

public class BytePairTrainerTests
{
    private const string Text = "low lower lowest low low newer newest wide wider widest the lowest the newest — naïve naïve\n";

    [Fact]
    public void The_most_frequent_pairs_are_merged_first_and_of_equals_the_lowest()
    {
        using TestFolder folder = new();
        Corpus corpus = Corpus.Open(folder.Write("text.txt", "aab aab aab bb bb"));
        HuggingFaceTokenizer tokenizer = BytePairTrainer.Train(corpus, 260);
        string[] merges = [.. JsonDocument.Parse(tokenizer.Json.ToArray()).RootElement.GetProperty("model").GetProperty("merges").EnumerateArray().Select(merge => merge.GetString()!)];
        // (a, a) and (a, b) occur three times each, and a comes before b; after that "aa b" does.
        Assert.Equal(["a a", "aa b"], merges[..2]);
        Assert.Equal(260, tokenizer.VocabularySize);
        Assert.Equal(259, tokenizer.EndOfText);
    }

    [Fact]
    public void Progress_through_a_link_goes_by_the_size_of_the_file()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a right there");
        using TestFolder folder = new();
        folder.Write("deep/text.txt", Text);
        File.CreateSymbolicLink(folder["link.txt"], "deep/text.txt");
        Reports reports = new();
        BytePairTrainer.Train(Corpus.Open(folder["link.txt"]), 260, reports);
        long size = new FileInfo(folder["deep/text.txt"]).Length;
        Assert.All(reports.All.Where(report => report.Stage == TokenizerTrainingStage.CountingWords), report => Assert.Equal(size, report.Total));
    }

    [Fact]
    public void A_trained_tokenizer_is_a_standard_file_that_loses_no_text_and_is_always_the_same()
    {
        using TestFolder folder = new();
        Corpus corpus = Corpus.Open(folder.Write("text.txt", string.Concat(Enumerable.Repeat(Text, 50))));
        HuggingFaceTokenizer tokenizer = BytePairTrainer.Train(corpus, 280), again = BytePairTrainer.Train(corpus, 280);
        Assert.Equal(tokenizer.Json.ToArray(), again.Json.ToArray());
        tokenizer.SaveJson(folder["tokenizer.json"]);
        Tokenizer opened = Tokenizer.Open(folder["tokenizer.json"]);
        Assert.Equal(tokenizer.Identity, opened.Identity);
        Assert.Equal(280, opened.VocabularySize);
        foreach (string text in new[] { Text, "日本語 😀 \0", "" })
            Assert.Equal(text, opened.Decode(opened.Encode(text)));
        Assert.True(opened.Encode(Text).Length < Text.Length / 2);
        JsonElement root = JsonDocument.Parse(tokenizer.Json.ToArray()).RootElement;
        Assert.Equal("ByteLevel", root.GetProperty("pre_tokenizer").GetProperty("type").GetString());
        Assert.Equal("BPE", root.GetProperty("model").GetProperty("type").GetString());
        Assert.Equal("<|endoftext|>", root.GetProperty("added_tokens")[0].GetProperty("content").GetString());
    }

    [Fact]
    public void A_vocabulary_ends_where_nothing_occurs_twice_and_a_size_below_the_bytes_is_refused()
    {
        using TestFolder folder = new();
        Corpus corpus = Corpus.Open(folder.Write("text.txt", "abc"));
        Assert.Equal(257, BytePairTrainer.Train(corpus, 1000).VocabularySize);
        Assert.Throws<KansformersException>(() => BytePairTrainer.Train(corpus, 256));
    }

    private sealed class Reports : IProgress<TokenizerTrainingProgress>
    {
        public List<TokenizerTrainingProgress> All { get; } = [];

        public void Report(TokenizerTrainingProgress value) => All.Add(value);
    }
}
