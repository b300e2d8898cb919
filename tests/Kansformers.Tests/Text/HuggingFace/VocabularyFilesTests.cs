using Kansformers.Text;

namespace Kansformers.Tests.Text;

/// <summary>Vocabulary files without a tokenizer.json: what is not of the kinds that are known is refused by name.</summary>
public class VocabularyFilesTests
{
    [Theory]
    [InlineData("{\"a\":0,\"a</w>\":1}", null, "tokens like 'a</w>'")]
    [InlineData("{\"a\":0,\"a@@\":1}", null, "tokens like 'a@@'")]
    [InlineData("{\"a\":0}", "CLIPTokenizer", "a CLIPTokenizer")]
    [InlineData("{\"a\":0}", "CTRLTokenizer", "a CTRLTokenizer")]
    [InlineData("{\"a\":0,\"\u0120\":1,\"a@@\":2}", "GPT2TokenizerFast", null)]
    [InlineData("{\"a\":0}", "BartTokenizer", null)]
    public void Pairs_of_another_kind_are_refused(string vocabulary, string? kind, string? expected)
    {
        using TestFolder folder = new();
        string file = folder.Write("vocab.json", vocabulary);
        folder.Write("merges.txt", "#version: 0.2\n");
        if (kind is not null)
            folder.Write("tokenizer_config.json", $"{{\"tokenizer_class\": \"{kind}\"}}");
        if (expected is null)
            Assert.Equal([0], Tokenizer.Open(file).Encode("a"));
        else
            Assert.Contains(expected, Assert.Throws<KansformersException>(() => Tokenizer.Open(file)).Message, StringComparison.Ordinal);
    }
}
