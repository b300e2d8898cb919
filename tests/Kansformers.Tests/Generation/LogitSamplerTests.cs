using System.Diagnostics;
using CsCheck;
using Kansformers.Generation;

namespace Kansformers.Tests.Generation;

public class LogitSamplerTests
{
    [Fact]
    public void Greedy_takes_the_lowest_id_of_the_largest_logit()
    {
        LogitSampler sampler = new(new SamplingOptions { Temperature = 0, TopK = 2, TopP = 0.1 });
        Assert.Equal(1, sampler.Next([-1, 3, 2, 3], []));
        Assert.Equal(3, sampler.Next([float.NegativeInfinity, -9, -8, -7], []));
    }

    [Fact]
    public void The_repetition_penalty_divides_positive_logits_and_multiplies_negative_ones_once()
    {
        LogitSampler sampler = new(new SamplingOptions { Temperature = 0, RepetitionPenalty = 2 });
        Assert.Equal(1, sampler.Next([3, 1.6f, 0], [0, 0]));
        Assert.Equal(0, sampler.Next([3, 1.4f, 0], [0, 0]));
        Assert.Equal(1, sampler.Next([-1, -1.9f], [0]));
        Assert.Equal(0, sampler.Next([-1, -2.1f], [0]));
        Assert.Equal(0, sampler.Next([3, 2], [1, 7, -1]));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Logits_that_are_not_numbers_mean_broken_weights(float broken)
    {
        foreach (int at in (int[])[0, 1, 2])
        {
            float[] logits = [1, 2, 1];
            logits[at] = broken;
            KansformersException failure = Assert.Throws<KansformersException>(() => new LogitSampler(new SamplingOptions()).Next(logits, []));
            Assert.Contains("weights are broken", failure.Message, StringComparison.Ordinal);
        }

        Assert.Throws<KansformersException>(() => new LogitSampler(new SamplingOptions()).Next([float.NegativeInfinity, float.NegativeInfinity], []));
    }

    [Fact]
    public void Every_filter_leaves_exactly_the_tokens_of_the_plain_definition()
    {
        // Quarters make ties likely. Mass targets with odd decimals keep the sums away from them.
        Gen<float[]> rows = Gen.Int[-12, 12].Select(value => value / 4f).Array[1, 40];
        Gen.Select(rows, Gen.Int[0, 12], OneOf(1.0, 0.9173, 0.5031, 0.2017, 0.01), OneOf(0.0, 0.0517, 0.3331, 1.0), OneOf(0.35, 1.0, 2.3), OneOf(1.0, 1.3))
            .Sample((logits, topK, topP, minP, temperature, penalty) =>
            {
                SamplingOptions options = new() { TopK = topK, TopP = topP, MinP = minP, Temperature = temperature, RepetitionPenalty = penalty, Seed = 5 };
                int[] sequence = [0, logits.Length / 2, 0];
                double[] expected = NaiveProbabilities.Of(logits, sequence, options);
                LogitSampler sampler = new(options);
                int[] counts = new int[logits.Length];
                for (int i = 0; i < 200; i++)
                    counts[sampler.Next(logits, sequence)]++;
                for (int id = 0; id < counts.Length; id++)
                {
                    if (expected[id] == 0)
                        Assert.Equal(0, counts[id]);
                    else if (expected[id] > 0.15) // 200 draws miss it with a chance below 1e-14
                        Assert.True(counts[id] > 0, $"token {id} has probability {expected[id]} and was never drawn");
                }
            }, iter: 200, seed: "0000000000001", threads: 1);
    }

    [Theory]
    [InlineData(1, 0, 1, 0)]
    [InlineData(0.7, 20, 1, 0)]
    [InlineData(1.5, 0, 0.8, 0)]
    [InlineData(1.2, 30, 0.93, 0.1)]
    public void Draws_follow_the_probabilities(double temperature, int topK, double topP, double minP)
    {
        Random random = new(7);
        float[] logits = [.. Enumerable.Range(0, 60).Select(_ => (float)(random.NextDouble() * 6 - 3))];
        SamplingOptions options = new() { Temperature = temperature, TopK = topK, TopP = topP, MinP = minP, Seed = 3 };
        double[] expected = NaiveProbabilities.Of(logits, [], options);
        const int Draws = 40_000;
        LogitSampler sampler = new(options);
        int[] counts = new int[logits.Length];
        for (int i = 0; i < Draws; i++)
            counts[sampler.Next(logits, [])]++;

        double chiSquare = 0;
        int cells = 0;
        for (int id = 0; id < counts.Length; id++)
        {
            if (expected[id] == 0)
            {
                Assert.Equal(0, counts[id]);
                continue;
            }

            double mean = expected[id] * Draws;
            chiSquare += (counts[id] - mean) * (counts[id] - mean) / mean;
            cells++;
        }

        // Mean cells - 1, deviation sqrt(2 (cells - 1)); four deviations on either side.
        double deviation = Math.Sqrt(2 * (cells - 1.0));
        Assert.InRange(chiSquare, Math.Max(0, cells - 1 - (4 * deviation)), cells - 1 + (4 * deviation));
    }

    [Fact]
    public void A_seed_repeats_and_samples_differ()
    {
        Assert.Equal(Draw(1, 0), Draw(1, 0));
        Assert.NotEqual(Draw(1, 0), Draw(2, 0));
        Assert.NotEqual(Draw(1, 0), Draw(1, 1));
        Assert.NotEqual(Draw(2, 0), Draw(1, 1));

        static int[] Draw(long seed, int sample)
        {
            LogitSampler sampler = new(new SamplingOptions { Seed = seed }, sample);
            return [.. Enumerable.Range(0, 50).Select(_ => sampler.Next(new float[100], []))];
        }
    }

    [Fact]
    public void The_random_numbers_are_those_of_the_published_generator()
    {
        // Computed with an independent implementation of SplitMix64 and xoshiro256**.
        SampleRandom random = new(1, 2);
        ulong[] drawn = [random.Next(), random.Next(), random.Next(), random.Next()];
        Assert.Equal(GoldenRandom, drawn);
        Assert.InRange(random.NextDouble(), 0, Math.BitDecrement(1.0));
    }

    [Fact]
    public void Extreme_temperatures_neither_overflow_nor_lose_the_largest()
    {
        float[] logits = [1e30f, -1e30f, 0.9e30f];
        Assert.Equal(0, new LogitSampler(new SamplingOptions { Temperature = 1e-300 }).Next(logits, []));
        Assert.Equal(0, new LogitSampler(new SamplingOptions { Temperature = 1, TopP = 0.999, MinP = 0.1 }).Next(logits, []));
        Assert.InRange(new LogitSampler(new SamplingOptions { Temperature = 1e300 }).Next(logits, []), 0, 2);
    }

    [Theory]
    [InlineData(new[] { 0.4, 0.3, 0.2, 0.1 }, 0.7, 2)]
    [InlineData(new[] { 0.4, 0.3, 0.2, 0.1 }, 0.9, 3)]
    [InlineData(new[] { 0.4, 0.3, 0.2, 0.1 }, 0.4, 1)]
    [InlineData(new[] { 0.4, 0.3, 0.2, 0.1 }, 0.4001, 2)]
    [InlineData(new[] { 0.4, 0.3, 0.2, 0.1 }, 0.9001, 4)]
    [InlineData(new[] { 0.4, 0.3, 0.2, 0.1 }, 0.99999, 4)]
    [InlineData(new[] { 0.5, 0.25, 0.125, 0.125 }, 0.875, 3)]
    [InlineData(new[] { 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1 }, 0.3, 3)]
    [InlineData(new[] { 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1 }, 0.7, 7)]
    [InlineData(new[] { 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1 }, 0.71, 8)]
    [InlineData(new[] { 0.05, 0.6, 0.05, 0.3 }, 0.95, 3)]
    [InlineData(new[] { 0.33, 0.33, 0.34 }, 0.67, 2)]
    public void Top_p_at_a_sum_that_the_decimals_reach_takes_no_token_more(double[] probabilities, double topP, int kept)
    {
        foreach (double shift in (double[])[0, 3, -20, 150])
        {
            foreach (double temperature in (double[])[1, 0.5, 3])
                Assert.Equal(kept, Drawn(Logits(probabilities, shift, temperature), new SamplingOptions { TopP = topP, Temperature = temperature }).Count);
        }
    }

    [Theory]
    [InlineData(new[] { 0.4, 0.3, 0.2, 0.1 }, 0.5, 3)]
    [InlineData(new[] { 0.4, 0.3, 0.2, 0.1 }, 0.75, 2)]
    [InlineData(new[] { 0.4, 0.3, 0.2, 0.1 }, 0.25, 4)]
    [InlineData(new[] { 0.4, 0.3, 0.2, 0.1 }, 0.2501, 3)]
    [InlineData(new[] { 0.4, 0.3, 0.2, 0.1 }, 0.7501, 1)]
    [InlineData(new[] { 0.4, 0.3, 0.2, 0.1 }, 1, 1)]
    [InlineData(new[] { 0.3, 0.3, 0.4 }, 0.75, 3)]
    [InlineData(new[] { 0.7, 0.07, 0.23 }, 0.1, 3)]
    [InlineData(new[] { 0.3, 0.3, 0.3, 0.1 }, 1, 3)]
    public void Min_p_at_the_exact_ratio_keeps_the_token(double[] probabilities, double minP, int kept)
    {
        foreach (double shift in (double[])[0, 3, -20, 150])
        {
            foreach (double temperature in (double[])[1, 0.5, 3])
                Assert.Equal(kept, Drawn(Logits(probabilities, shift, temperature), new SamplingOptions { MinP = minP, Temperature = temperature }).Count);
        }
    }

    [Theory]
    [InlineData(1e30)]
    [InlineData(1e38)]
    [InlineData(1e45)]
    [InlineData(1e300)]
    [InlineData(double.MaxValue)]
    public void However_hot_a_forbidden_token_stays_forbidden_and_all_others_are_alike(double temperature)
    {
        const float never = float.NegativeInfinity;
        foreach (SamplingOptions options in (SamplingOptions[])[new(), new() { TopP = 0.999 }, new() { MinP = 0.5 }, new() { TopK = 5 }, new() { RepetitionPenalty = 1.5 }])
        {
            Assert.Equal([0, 2, 3], Drawn([1, never, 2, -3, never], options with { Temperature = temperature }));
            Assert.Equal([1], Drawn([never, 2, never], options with { Temperature = temperature }));
        }

        Assert.Equal([1, 3], Drawn([1, 2, -1, 3], new SamplingOptions { Temperature = temperature, TopK = 2 }));
        if (temperature > 1e40)
            Assert.Equal([0, 1, 2], Drawn([float.MaxValue, -float.MaxValue, 0], new SamplingOptions { Temperature = temperature }));
    }

    [Theory]
    [InlineData(1e300)]
    [InlineData(1e39)]
    [InlineData(double.MaxValue)]
    public void However_large_a_penalty_says_nothing_of_the_weights(double penalty)
    {
        SamplingOptions options = new() { RepetitionPenalty = penalty };
        Assert.Equal([0, 2], Drawn([3, -1, 0, -2], options, 1, 3));   // what was seen and is negative is gone, 3 and 0 stay
        Assert.Equal([0, 1, 2], Drawn([3, 1, 0.5f, -2], options, 0, 1, 2, 3)); // nearly 0, but one
        Assert.Equal([1], Drawn([-3, -1, -2], options, 0, 1, 2));
        Assert.Equal([1], Drawn([-3, -1, float.NegativeInfinity], options with { Temperature = 0 }, 0, 1, 2));
        Assert.Equal([1], Drawn([2, 3, -1], options with { Temperature = 0 }, 0, 1));
        Assert.Equal([1], Drawn([2, 3, -1], options with { TopK = 1 }, 0, 1));
        Assert.Throws<KansformersException>(() => Drawn([2, float.NaN, -1], options, 0, 1));
    }

    [Theory]
    [InlineData(1e-40)]
    [InlineData(1e-300)]
    [InlineData(double.Epsilon)]
    public void However_small_a_penalty_says_nothing_of_the_weights(double penalty)
    {
        SamplingOptions options = new() { RepetitionPenalty = penalty };
        Assert.Equal([1], Drawn([3, 2, 1, -2], options, 1));
        Assert.Equal([1], Drawn([3, 2, 1.5f, -2], options, 1, 2));
        Assert.Equal([0, 1], Drawn([0, -1, -2], options, 1).Where(id => id < 2));
        Assert.Equal([1], Drawn([3, 2, 1, -2], options with { Temperature = 0, TopP = 0.5 }, 1, 3));
        Assert.Equal([1], Drawn([3, 2, 1, -2], options with { MinP = 0.01 }, 1, 3));
        Assert.Contains("weights are broken", Assert.Throws<KansformersException>(() => Drawn([2, float.PositiveInfinity, -1], options, 0)).Message, StringComparison.Ordinal);
    }

    // Logits that give these probabilities at that temperature, as exactly as floats can.
    private static float[] Logits(double[] probabilities, double shift, double temperature) => [.. probabilities.Select(p => (float)((Math.Log(p) * temperature) + shift))];

    // The ids that come in 400 draws.
    private static SortedSet<int> Drawn(float[] logits, SamplingOptions options, params int[] sequence)
    {
        LogitSampler sampler = new(options);
        return [.. Enumerable.Range(0, 400).Select(_ => sampler.Next(logits, sequence))];
    }

    [Fact]
    public void A_vocabulary_of_fifty_thousand_costs_no_memory_per_token_and_little_time()
    {
        Random random = new(1);
        float[] logits = [.. Enumerable.Range(0, 50_257).Select(_ => (float)(random.NextDouble() * 20 - 10))];
        LogitSampler sampler = new(new SamplingOptions { TopK = 40_000, TopP = 0.95, MinP = 0.001, RepetitionPenalty = 1.1 });
        int[] sequence = [.. Enumerable.Range(0, 1024)];
        for (int i = 0; i < 50; i++)
            sampler.Next(logits, sequence);
        long before = GC.GetAllocatedBytesForCurrentThread();
        double best = double.PositiveInfinity;
        for (int i = 0; i < 50; i++)
        {
            long start = Stopwatch.GetTimestamp();
            sampler.Next(logits, sequence);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"{best:0.000} ms a token"));
    }

    [Theory]
    [InlineData("max new tokens", 0)]
    [InlineData("temperature", -1)]
    [InlineData("temperature", double.NaN)]
    [InlineData("temperature", double.PositiveInfinity)]
    [InlineData("top-k", -1)]
    [InlineData("top-p", 0)]
    [InlineData("top-p", 1.1)]
    [InlineData("min-p", -0.1)]
    [InlineData("min-p", 1.5)]
    [InlineData("repetition penalty", 0)]
    [InlineData("samples", 0)]
    [InlineData("stop string", 0)]
    public void An_invalid_option_is_named(string option, double value)
    {
        SamplingOptions options = option switch
        {
            "max new tokens" => new() { MaxNewTokens = (int)value },
            "temperature" => new() { Temperature = value },
            "top-k" => new() { TopK = (int)value },
            "top-p" => new() { TopP = value },
            "min-p" => new() { MinP = value },
            "repetition penalty" => new() { RepetitionPenalty = value },
            "samples" => new() { Samples = (int)value },
            _ => new() { StopStrings = ["a", ""] },
        };
        Assert.Contains(option, Assert.Throws<KansformersException>(options.Validate).Message, StringComparison.Ordinal);
    }

    private static readonly ulong[] GoldenRandom = [9579208193359609190, 5115929806209566993, 9400772252435387239, 11348209657754131067];

    private static Gen<double> OneOf(params double[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
