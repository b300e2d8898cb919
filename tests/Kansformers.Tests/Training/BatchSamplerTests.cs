using Kansformers.Text;
using Kansformers.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Training;

public class BatchSamplerTests
{
    [Fact]
    public void A_batch_is_text_from_its_start_and_the_targets_lie_one_place_later()
    {
        using TestFolder folder = new();
        using TokenizedCorpus corpus = TinyTraining.Corpus(folder);
        using var scope = NewDisposeScope();
        using BatchSampler sampler = new(corpus.Train, 5, 3);
        (Tensor ids, Tensor targets) = sampler.Draw(7, 11, CPU);
        Assert.Equal([3, 5], ids.shape);
        Assert.Equal([3, 5], targets.shape);
        for (int row = 0; row < 3; row++)
        {
            long[] expected = new long[6];
            corpus.Train.Read(sampler.Start(7, 11, row), expected);
            Assert.Equal(expected[..5], ids[row].data<long>().ToArray());
            Assert.Equal(expected[1..], targets[row].data<long>().ToArray());
        }
    }

    [Fact]
    public void Where_rows_start_follows_from_seed_batch_and_row_alone()
    {
        using TestFolder folder = new();
        using TokenizedCorpus corpus = TinyTraining.Corpus(folder);
        using BatchSampler one = new(corpus.Train, 5, 3), other = new(corpus.Train, 5, 1);
        using (var scope = NewDisposeScope())
            one.Draw(1, 2, CPU);
        (long, long, int)[] places = [.. from seed in new long[] { -3, 1, 2 } from batch in new long[] { 0, 1, 1L << 40 } from row in new[] { 0, 1, 2 } select (seed, batch, row)];
        long[] starts = [.. places.Select(place => one.Start(place.Item1, place.Item2, place.Item3))];
        Assert.Equal(starts, places.Reverse().Select(place => other.Start(place.Item1, place.Item2, place.Item3)).Reverse());
        Assert.True(starts.Distinct().Count() > 24);
    }

    [Fact]
    public void Every_possible_start_is_about_equally_likely_the_first_and_the_last_too()
    {
        using TestFolder folder = new();
        using TokenizedCorpus corpus = TinyTraining.Corpus(folder, new string('a', 8) + "bcdefgh", "byte");
        TokenSpan whole = corpus.Train; // 13 tokens: the last two are held out
        using BatchSampler sampler = new(whole, 4, 1);
        int[] counts = new int[whole.Count - 4];
        for (int batch = 0; batch < 9000; batch++)
            counts[sampler.Start(3, batch, 0)]++;
        Assert.Equal(9, counts.Length);
        Assert.All(counts, count => Assert.InRange(count, 850, 1150));
    }

    [Fact]
    public void A_text_of_one_sequence_is_enough_and_a_shorter_one_is_refused()
    {
        using TestFolder folder = new();
        using TokenizedCorpus corpus = TinyTraining.Corpus(folder, "abcdefghij", "byte");
        Assert.Equal(9, corpus.Train.Count);
        using BatchSampler only = new(corpus.Train, 8, 1);
        Assert.All(Enumerable.Range(0, 20), batch => Assert.Equal(0, only.Start(1, batch, 0)));
        string message = Assert.Throws<KansformersException>(() => new BatchSampler(corpus.Train, 9, 1)).Message;
        Assert.Contains("9 tokens", message, StringComparison.Ordinal);
        Assert.Contains("block of 9 needs 10", message, StringComparison.Ordinal);
    }
}
