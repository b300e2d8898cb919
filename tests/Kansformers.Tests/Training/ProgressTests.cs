using Kansformers.Cli;
using Kansformers.Training;

namespace Kansformers.Tests.Training;

public class ProgressTests
{
    [Fact]
    public void A_steady_loop_has_its_rate_and_its_time_left_from_the_first_step_on()
    {
        ManualClock clock = new();
        ProgressEstimate progress = new(total: 100, done: 20, clock: clock);
        Assert.Null(progress.SecondsPerStep);
        Assert.Null(progress.TimeLeft);
        for (long step = 21; step <= 60; step++)
        {
            clock.Advance(0.5);
            progress.Advance(step);
            Assert.Equal(0.5, progress.SecondsPerStep!.Value, 1e-9);
            Assert.Equal(0.5 * (100 - step), progress.TimeLeft!.Value.TotalSeconds, 1e-5);
        }

        Assert.Equal(2, progress.StepsPerSecond!.Value, 1e-9);
        Assert.Equal(20, progress.Elapsed.TotalSeconds, 1e-6);
        Assert.Equal(0.6, progress.Fraction);
    }

    [Fact]
    public void The_rate_follows_a_machine_that_slows_down()
    {
        ManualClock clock = new();
        ProgressEstimate progress = new(total: 1000, memory: 10, clock: clock);
        Run(progress, clock, 100, 1);
        Run(progress, clock, 10, 3);
        Assert.Equal(3 - (2 * Math.Exp(-1)), progress.SecondsPerStep!.Value, 1e-3);
        Run(progress, clock, 100, 3);
        Assert.Equal(3, progress.SecondsPerStep!.Value, 1e-3);
    }

    [Fact]
    public void Steps_reported_together_count_as_if_reported_one_by_one_and_pauses_do_not_count()
    {
        ManualClock clock = new();
        ProgressEstimate one = new(total: 40, memory: 7, clock: clock), many = new(total: 40, memory: 7, clock: clock);
        Run(one, clock, 12, 0.25);
        many.Advance(12);
        clock.Advance(100);
        one.SkipPause();
        many.SkipPause();
        Run(one, clock, 5, 2);
        many.Advance(17);
        many.Advance(17);
        Assert.Equal(one.SecondsPerStep!.Value, many.SecondsPerStep!.Value, 1e-9);
        Assert.Throws<ArgumentOutOfRangeException>(() => one.Advance(3));
    }

    [Fact]
    public void The_end_and_absurd_rates_give_sensible_answers()
    {
        ManualClock clock = new();
        ProgressEstimate progress = new(total: long.MaxValue, clock: clock);
        clock.Advance(1000);
        progress.Advance(1);
        Assert.Equal(TimeSpan.MaxValue, progress.TimeLeft);
        ProgressEstimate done = new(total: 0, clock: clock);
        Assert.Equal(1, done.Fraction);
        done.Advance(3);
        Assert.Equal(TimeSpan.Zero, done.TimeLeft);
        Assert.Null(done.StepsPerSecond);
    }

    [Theory]
    [InlineData(0, "0 ms")]
    [InlineData(0.00042, "0.4 ms")]
    [InlineData(0.35, "350 ms")]
    [InlineData(0.9996, "1.0 s")]
    [InlineData(4.24, "4.2 s")]
    [InlineData(9.96, "10 s")]
    [InlineData(59.7, "1 min 00 s")]
    [InlineData(65, "1 min 05 s")]
    [InlineData(3599.6, "1 h 00 min")]
    [InlineData(7620, "2 h 07 min")]
    [InlineData(86399, "1 d 00 h")]
    [InlineData(273600, "3 d 04 h")]
    [InlineData(-65, "-1 min 05 s")]
    public void Durations_are_short(double seconds, string expected) => Assert.Equal(expected, HumanText.Duration(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(9_999, "9999")]
    [InlineData(12_345, "12.3 k")]
    [InlineData(99_949, "99.9 k")]
    [InlineData(99_960, "100 k")]
    [InlineData(999_499, "999 k")]
    [InlineData(999_500, "1.0 M")]
    [InlineData(1_234_567, "1.2 M")]
    [InlineData(124_439_808, "124 M")]
    [InlineData(-12_345, "-12.3 k")]
    [InlineData(long.MaxValue, "9.2 E")]
    [InlineData(long.MinValue, "-9.2 E")]
    public void Counts_are_short(long count, string expected) => Assert.Equal(expected, HumanText.Count(count));

    [Theory]
    [InlineData(512, "512 B")]
    [InlineData(1_500, "1.5 kB")]
    [InlineData(999_600, "1.0 MB")]
    [InlineData(3_100_000_000, "3.1 GB")]
    public void Sizes_are_short(long bytes, string expected) => Assert.Equal(expected, HumanText.Bytes(bytes));

    private static void Run(ProgressEstimate progress, ManualClock clock, int steps, double seconds)
    {
        for (int i = 0; i < steps; i++)
        {
            clock.Advance(seconds);
            progress.Advance(progress.Done + 1);
        }
    }

    private sealed class ManualClock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => 1_000_000;

        public override long GetTimestamp() => _now;

        public void Advance(double seconds) => _now += (long)Math.Round(seconds * TimestampFrequency);
    }
}
