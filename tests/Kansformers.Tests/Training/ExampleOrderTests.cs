using Kansformers.Training;

namespace Kansformers.Tests.Training;

/// <summary>Which labelled examples make up a batch.</summary>
public class ExampleOrderTests
{
    [Theory]
    [InlineData(1, 4)]
    [InlineData(7, 4)]
    [InlineData(64, 4)]
    [InlineData(403, 16)]
    public void Every_example_comes_once_in_an_epoch(int count, int batchSize)
    {
        int[] lengths = [.. Enumerable.Range(0, count).Select(i => 1 + (i * 37 % 50))];
        ExampleOrder order = new(lengths, batchSize);
        int batches = (count + batchSize - 1) / batchSize;
        for (int epoch = 0; epoch < 3; epoch++)
        {
            int[] seen = [.. Enumerable.Range(0, batches).SelectMany(batch => order.Batch(5, (epoch * batches) + batch).ToArray())];
            Assert.Equal(Enumerable.Range(0, count), seen.Order());
        }
    }

    [Fact]
    public void A_batch_follows_from_seed_and_number_alone_and_is_of_about_one_length()
    {
        int[] lengths = [.. Enumerable.Range(0, 500).Select(i => 1 + (i * 37 % 200))];
        ExampleOrder order = new(lengths, 10), again = new(lengths, 10);
        int[][] batches = [.. Enumerable.Range(0, 100).Select(batch => order.Batch(1, batch).ToArray())];
        foreach (int batch in (int[])[99, 3, 57, 0])
        {
            Assert.Equal(batches[batch], again.Batch(1, batch).ToArray());
            Assert.NotEqual(batches[batch], again.Batch(2, batch).ToArray());
        }

        Assert.NotEqual(batches[0], batches[50]); // another epoch
        double padded = batches.Sum(batch => batch.Max(i => lengths[i]) * batch.Length), bare = batches.Sum(batch => batch.Sum(i => lengths[i]));
        Assert.True(padded < 1.2 * bare, $"{padded / bare}"); // in any order it would be 1.8
    }
}
