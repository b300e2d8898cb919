using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Tests.Transformers;
using Kansformers.Transformers;

namespace Kansformers.Tests.Evaluation;

/// <summary>What noise does to texts, and what follows from its key.</summary>
public class TextNoiseTests
{
    private const string Sentences = "One fox. Two dogs! Who? Nobody knows. The end of it.";

    private static readonly CharTokenizer Tokenizer = new(string.Concat(Sentences.Distinct().Order()));
    private static readonly EncoderTokens Tokens = EncoderTokens.Of(Tokenizer);

    [Theory]
    [InlineData(NoiseKind.Masking, 0.3, 3)]
    [InlineData(NoiseKind.Infilling, 0.3, 3)]
    [InlineData(NoiseKind.Infilling, 0.9, 0.2)]
    [InlineData(NoiseKind.Infilling, 0.01, 9)]
    public void A_share_of_the_tokens_is_hidden_and_the_rest_stays_in_order(NoiseKind kind, double share, double length)
    {
        TextNoise noise = new(new NoiseOptions { Kind = kind, Share = share, SpanLength = length, PermuteShare = 0 }, Tokenizer, Tokens);
        long[] text = [.. Enumerable.Range(0, 100).Select(i => (long)i % Tokenizer.VocabularySize)];
        double hidden = 0, masks = 0;
        const int tries = 400;
        for (ulong key = 0; key < tries; key++)
        {
            List<long> noised = noise.Apply(text, key);
            Assert.Equal(noised, noise.Apply(text, key));
            Assert.InRange(noised.Count, 1, text.Length);
            long[] stays = [.. noised.Where(id => id != Tokens.Mask)];
            int at = 0;
            foreach (long id in text)
                at += at < stays.Length && stays[at] == id ? 1 : 0;
            Assert.Equal(stays.Length, at); // in order
            Assert.Contains(Tokens.Mask!.Value, noised);
            hidden += text.Length - stays.Length;
            masks += noised.Count - stays.Length;
        }

        Assert.Equal(Math.Max(1, share * text.Length), hidden / tries, 0.5);
        if (kind == NoiseKind.Masking)
            Assert.Equal(hidden, masks);
        else if (length == 3 && share == 0.3)
            Assert.InRange(hidden / masks, 2.4, 3.1); // the last span is cut, and so shorter
    }

    [Fact]
    public void Sentences_are_shuffled_as_wholes()
    {
        NoiseOptions options = new() { PermuteShare = 1, Share = 1e-9, Kind = NoiseKind.Masking };
        TextNoise noise = new(options, Tokenizer, Tokens);
        long[] text = [.. Tokenizer.Encode(Sentences).Select(id => (long)id)];
        HashSet<string> orders = [];
        for (ulong key = 0; key < 50; key++)
        {
            string noised = Shown(noise.Apply(text, key));
            Assert.Equal(Sentences.Length, noised.Length);
            string[] parts = [.. noised.Split('.', '!', '?').Where(part => !part.Contains('#', StringComparison.Ordinal) && part.Length > 0)];
            Assert.True(parts.Length >= 3);
            Assert.All(parts, part => Assert.Contains(part, Sentences, StringComparison.Ordinal));
            orders.Add(noised);
        }

        Assert.True(orders.Count > 40);

        static string Shown(List<long> ids) => string.Concat(ids.Select(id => id == Tokens.Mask ? "#" : Tokenizer.Decode([(int)id])));
    }

    [Fact]
    public void A_row_is_the_noised_text_and_the_text_as_it_was()
    {
        using Bart model = BartTests.Make(options => options with { BlockSize = 20, PaddingId = Tokens.Padding!.Value, StartId = Tokens.End!.Value, EndId = Tokens.End!.Value }, Tokens.Vocabulary);
        NoisedRows rows = new(new NoiseOptions(), Tokenizer, model.Options);
        Assert.Equal((20, 18), (rows.Length, rows.TextLength));
        long[] text = [.. Tokenizer.Encode(Sentences)[..36].Select(id => (long)id)];
        RowBatch batch = rows.Make(text, 18, row => (ulong)row);
        Assert.Equal((2, 40), (batch.Rows, batch.Wanted));
        Assert.Equal(text[..18], batch.Targets[1..19]);
        Assert.Equal(Tokens.End, (int)batch.Targets[19]);
        long[] first = [.. batch.Ids[..(batch.Ids.Length / 2)].Where(id => id != Tokens.Padding)];
        Assert.Equal((batch.Targets[0], batch.Targets[19]), (first[0], first[^1]));
        Assert.True(batch.Loss(model, 1).item<float>() > 0);
        Assert.Equal(Sentences[..18], rows.Shown(batch.Targets[..20], Tokenizer));
        Assert.Contains("<mask>", rows.Shown(first, Tokenizer), StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_options_get_a_word()
    {
        foreach ((NoiseOptions options, string message) in ((NoiseOptions, string)[])[(new() { Share = 1 }, "mask share is 1"), (new() { SpanLength = 0 }, "span length is 0"), (new() { PermuteShare = 2 }, "permute share is 2"), (new() { Kind = (NoiseKind)5 }, "noise is 5")])
            Assert.Contains(message, Assert.Throws<KansformersException>(options.Validate).Message, StringComparison.Ordinal);
    }
}
