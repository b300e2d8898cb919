using Kansformers.Text;
using Kansformers.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Training;

public class ShuffledOrderTests
{
    // Texts of less than two blocks, of whole blocks, and with every remainder; batches that end within an epoch.
    [Theory]
    [InlineData(6, 5, 3)]
    [InlineData(9, 5, 1)]
    [InlineData(10, 5, 2)]
    [InlineData(11, 5, 4)]
    [InlineData(103, 5, 7)]
    [InlineData(104, 5, 7)]
    [InlineData(2000, 8, 16)]
    [InlineData(50, 1, 3)]
    public void Each_epoch_covers_every_block_once_from_another_offset_than_the_one_before(int tokens, int block, int batch)
    {
        ShuffledOrder order = new(tokens, block, batch);
        int blocks = (int)order.Blocks;
        Assert.InRange(blocks, Math.Max(1, (tokens - 1) / block - 1), (tokens - 1) / block);
        long[] starts = [.. Enumerable.Range(0, 6 * blocks).Select(place => order.Start(3, place / batch, place % batch))];
        for (int epoch = 0; epoch < 6; epoch++)
        {
            long[] covered = [.. starts.Skip(epoch * blocks).Take(blocks).Order()];
            Assert.Equal(Enumerable.Range(0, blocks).Select(at => order.Offset(3, epoch) + at * block), covered.Select(start => start));
            Assert.InRange(covered[0], 0, tokens - 1);
            Assert.True(covered[^1] + block < tokens);
            if (tokens - blocks * block > 1)
                Assert.NotEqual(order.Offset(3, epoch), order.Offset(3, epoch + 1));
        }
    }

    [Fact]
    public void Every_place_of_the_text_is_reached_and_epochs_have_orders_of_their_own()
    {
        ShuffledOrder order = new(104, 5, 1);
        HashSet<long> seen = [];
        for (long place = 0; place < 20 * order.Blocks; place++)
        {
            long start = order.Start(1, place, 0);
            seen.UnionWith(Enumerable.Range(0, 6).Select(at => start + at));
        }

        Assert.Equal(Enumerable.Range(0, 104).Select(at => (long)at), seen.Order());
        string[] orders = [.. from seed in new long[] { 1, 2 } from epoch in Enumerable.Range(0, 3) select string.Join(' ', Enumerable.Range(0, (int)order.Blocks)
            .Select(place => (order.Start(seed, epoch * order.Blocks + place, 0) - order.Offset(seed, epoch)) / 5))];
        Assert.Equal(6, orders.Distinct().Count());
        Assert.DoesNotContain(string.Join(' ', Enumerable.Range(0, (int)order.Blocks)), orders);
    }

    [Fact]
    public void Batches_that_add_up_draw_what_one_large_batch_draws()
    {
        ShuffledOrder large = new(5000, 8, 12), small = new(5000, 8, 4);
        for (int batch = 0; batch < 200; batch++)
        {
            for (int row = 0; row < 12; row++)
                Assert.Equal(large.Start(7, batch, row), small.Start(7, batch * 3 + row / 4, row % 4));
        }

        Assert.InRange(large.Start(7, 1L << 40, 3), 0, 5000 - 9);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(1000)]
    public void A_permutation_takes_each_number_once_and_about_all_of_them_evenly(int count)
    {
        int[] first = new int[count];
        for (ulong key = 0; key < 200; key++)
        {
            KeyedPermutation permutation = new(count, key * 0x1234567);
            long[] all = [.. Enumerable.Range(0, count).Select(index => permutation[index])];
            Assert.Equal(Enumerable.Range(0, count).Select(index => (long)index), all.Order());
            first[all[0]]++;
        }

        Assert.True(first.Max() <= 200.0 / count + 6 * Math.Sqrt(200.0 / count) + 3, $"{first.Max()} of 200");
    }

    [Fact]
    public void A_sampler_draws_in_the_order_and_the_option_reaches_it()
    {
        using TestFolder folder = new();
        using TokenizedCorpus corpus = TinyTraining.Corpus(folder);
        using var scope = NewDisposeScope();
        using BatchSampler sampler = new(corpus.Train, 5, 3, BatchOrder.Shuffled);
        ShuffledOrder order = new(corpus.Train.Count, 5, 3);
        (Tensor ids, Tensor _) = sampler.Draw(7, 11, CPU);
        for (int row = 0; row < 3; row++)
        {
            long[] expected = new long[5];
            corpus.Train.Read(order.Start(7, 11, row), expected);
            Assert.Equal(expected, ids[row].data<long>().ToArray());
        }

        Assert.Equal(BatchOrder.Shuffled, ((NextTokenOptions)new NextTokenOptions().Words().Single().With("shuffled")).Order);
    }

    [Fact]
    public void A_run_in_the_order_resumes_to_the_same_bits() =>
        ListTrials.ResumesExactly(TinyTraining.Options with { Objective = new NextTokenOptions { Order = BatchOrder.Shuffled } });
}
