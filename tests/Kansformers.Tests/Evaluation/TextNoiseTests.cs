using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Tests.Transformers;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

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
    [InlineData(NoiseKind.Infilling, 0.305, 1)]
    [InlineData(NoiseKind.Infilling, 0.9, 0.2)]
    [InlineData(NoiseKind.Infilling, 0.01, 9)]
    public void A_share_of_the_tokens_is_hidden_and_the_rest_stays_in_order(NoiseKind kind, double share, double length)
    {
        TextNoise noise = new(new NoiseOptions { Kind = kind, Share = share, SpanLength = length, PermuteShare = 0 }, Tokenizer, Tokens);
        long[] text = [.. Enumerable.Range(0, 100).Select(i => (long)i % Tokenizer.VocabularySize)];
        double hidden = 0, masks = 0, wanted = share * text.Length;
        const int tries = 400;
        for (ulong key = 0; key < tries; key++)
        {
            List<long> noised = noise.Apply(text, key);
            Assert.Equal(noised, noise.Apply(text, key));
            long[] stays = [.. noised.Where(id => id != Tokens.Mask)];
            int at = 0;
            foreach (long id in text)
                at += at < stays.Length && stays[at] == id ? 1 : 0;
            Assert.Equal(stays.Length, at); // in order
            Assert.InRange(text.Length - stays.Length, Math.Floor(wanted), Math.Ceiling(wanted));
            Assert.InRange(noised.Count - stays.Length, 1, text.Length - stays.Length); // no more masks than hidden tokens, so that no text becomes longer
            hidden += text.Length - stays.Length;
            masks += noised.Count - stays.Length;
        }

        Assert.Equal(wanted, hidden / tries, 0.1); // three standard deviations
        if (kind == NoiseKind.Masking)
            Assert.Equal(hidden, masks);
        else if (length > 1)
            Assert.Equal(wanted < 2 ? 1 : Spans(wanted, length), masks / tries, 0.3);

        // Spans of mean λ until n tokens are hidden: by Wald's identity their number is (n + the mean overshoot) / λ, which for a Poisson distribution overshoots by λ / 2.
        static double Spans(double tokens, double mean) => (tokens + (mean / 2)) / mean;
    }

    [Fact]
    public void Sentences_are_shuffled_as_wholes()
    {
        string[] sentences = ["One fox.", " Two dogs!", " Who?", " Nobody knows.", " The end of it."];
        Dictionary<string, int[]> orders = Orders([0, 1, 2, 3, 4]).ToDictionary(order => string.Concat(order.Select(i => sentences[i])));
        long[] text = [.. Tokenizer.Encode(Sentences).Select(id => (long)id)];
        foreach (double share in (double[])[0, 0.5, 1])
        {
            TextNoise noise = new(new NoiseOptions { PermuteShare = share, Share = 1e-9, Kind = NoiseKind.Masking }, Tokenizer, Tokens);
            const int tries = 2000;
            Dictionary<string, int> found = orders.Keys.ToDictionary(order => order, _ => 0);
            double[,] places = new double[5, 5];
            for (ulong key = 0; key < tries; key++)
            {
                string noised = string.Concat(noise.Apply(text, key).Select(id => id == Tokens.Mask ? "#" : Tokenizer.Decode([(int)id])));
                string order = Assert.Single(orders.Keys, whole => whole.Length == noised.Length && whole.Zip(noised).Count(pair => pair.First != pair.Second) == 1); // one token is hidden
                found[order]++;
                for (int place = 0; place < 5; place++)
                    places[orders[order][place], place] += 1.0 / tries;
            }

            Assert.Equal(1 - share + (share / 120), found[Sentences] / (double)tries, 0.035); // three standard deviations
            if (share < 1)
                continue;
            Assert.All(found.Values, count => Assert.InRange(count, 4, 34)); // 16.7 on average
            Assert.All(places.Cast<double>(), frequency => Assert.Equal(0.2, frequency, 0.03));
        }

        static IEnumerable<int[]> Orders(int[] of) => of.Length == 1 ? [of] : of.SelectMany(first => Orders([.. of.Where(i => i != first)]).Select(rest => (int[])[first, .. rest]));
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
        using (NewDisposeScope())
        {
            TokenBatch taken = batch.On(CPU);
            Tensor logits = model.forward(taken.Tokens, model.ShiftRight(taken.Targets), taken.Mask).log_softmax(-1); // (2, 20, V)
            Assert.Equal(-logits.gather(2, taken.Targets.unsqueeze(-1)).mean().item<float>() / 4, batch.Loss(model, 0.25).item<float>(), 1e-5);
        }

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
