using CsCheck;
using Kansformers.Evaluation;

namespace Kansformers.Tests.Evaluation;

public class ScoringWindowTests
{
    [Fact]
    public void Sliding_windows_score_every_token_but_the_first_exactly_once()
    {
        Gen.Select(Gen.Int[2, 300], Gen.Int[1, 40], Gen.Int[1, 40]).Where((_, block, stride) => stride <= block).Sample((tokens, block, stride) =>
        {
            int[] scored = new int[tokens];
            int index = 0;
            foreach (ScoringWindow window in ScoringWindow.Sliding(tokens, block, stride))
            {
                Assert.Equal((long)index * stride, window.Start);
                Assert.InRange(window.Length, 1, block);
                Assert.InRange(window.Scored, 1, index == 0 ? block : stride);
                Assert.True(window.Start + window.Length < tokens);
                for (int i = 0; i < window.Scored; i++)
                    scored[window.Start + window.Length - i]++;
                index++;
            }

            Assert.Equal(0, scored[0]);
            Assert.All(scored[1..], times => Assert.Equal(1, times));
        }, iter: 1000, threads: 1);
    }

    [Fact]
    public void Fixed_windows_are_spread_from_the_first_token_to_the_last_without_overlap()
    {
        Gen.Select(Gen.Int[2, 500], Gen.Int[1, 40], Gen.Int[1, 30]).Sample((tokens, block, count) =>
        {
            ScoringWindow[] windows = [.. ScoringWindow.EvenlySpaced(tokens, block, count)];
            Assert.Equal(Math.Clamp((tokens - 1) / block, 1, count), windows.Length);
            Assert.Equal(0, windows[0].Start);
            Assert.All(windows, window => Assert.Equal(Math.Min(block, tokens - 1), window.Length));
            Assert.All(windows, window => Assert.Equal(window.Length, window.Scored));
            Assert.All(windows.Zip(windows.Skip(1)), pair => Assert.True(pair.First.Start + block <= pair.Second.Start));
            if (windows.Length > 1)
                Assert.Equal(tokens - 1, windows[^1].Start + block);
            Assert.True(windows[^1].Start + windows[^1].Length < tokens);
        }, iter: 1000, threads: 1);
    }

    [Fact]
    public void Places_do_not_overflow_in_a_huge_corpus()
    {
        ScoringWindow[] windows = [.. ScoringWindow.EvenlySpaced(long.MaxValue / 2, 1024, 64)];
        Assert.Equal((long.MaxValue / 2) - 1 - 1024, windows[^1].Start);
        Assert.All(windows.Zip(windows.Skip(1)), pair => Assert.True(pair.First.Start < pair.Second.Start));
    }
}
