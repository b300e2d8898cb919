using CsCheck;
using Kansformers.Training;

namespace Kansformers.Tests.Training;

public class LearningRateScheduleTests
{
    private static readonly LearningRateSchedule Cosine = new()
    {
        Kind = LearningRateDecay.Cosine,
        Peak = 1e-3,
        Minimum = 1e-4,
        WarmupSteps = 100,
        TotalSteps = 2000,
    };

    // lr = peak (step + 1) / (warmup + 1); then minimum + 0.5 (1 + cos(pi (step - warmup) / (total - warmup))) (peak - minimum).
    [Theory]
    [InlineData(0, 9.900990099009901e-06)]
    [InlineData(50, 0.000504950495049505)]
    [InlineData(99, 0.0009900990099009901)]
    [InlineData(100, 0.001)]
    [InlineData(575, 0.00086819805153394645)]
    [InlineData(1050, 0.00055)]
    [InlineData(2000, 0.0001)]
    [InlineData(9000, 0.0001)]
    public void The_cosine_schedule_is_nanoGPTs(long step, double expected) =>
        Assert.Equal(expected, Cosine.Validate().At(step), 1e-15);

    [Fact]
    public void The_linear_schedule_falls_in_a_straight_line_to_the_minimum()
    {
        LearningRateSchedule linear = Cosine with { Kind = LearningRateDecay.Linear };
        Assert.Equal(0.001, linear.At(100), 1e-15);
        Assert.Equal(0.000775, linear.At(575), 1e-15);
        Assert.Equal(0.0001, linear.At(2000), 1e-15);
    }

    [Fact]
    public void The_constant_schedule_warms_up_and_stays()
    {
        LearningRateSchedule constant = new() { Peak = 0.5, WarmupSteps = 4 };
        Assert.Equal([0.1, 0.2, 0.3, 0.4, 0.5, 0.5], Enumerable.Range(0, 6).Select(step => Math.Round(constant.At(step), 12)));
        Assert.Equal(0.5, constant.Validate().At(long.MaxValue));
    }

    [Fact]
    public void A_schedule_that_is_all_warm_up_ends_at_its_minimum()
    {
        LearningRateSchedule short_ = Cosine with { WarmupSteps = 10, TotalSteps = 10 };
        Assert.True(short_.Validate().At(9) < short_.Peak);
        Assert.Equal(short_.Minimum, short_.At(10));
    }

    [Fact]
    public void However_often_the_plan_changes_the_rate_goes_on_and_never_rises_after_the_warm_up() =>
        Gen.Select(Gen.Enum<LearningRateDecay>(), Gen.Long[0, 30], Gen.Long[0, 60].Select(Gen.Long[1, 90]).Array[0, 4], Gen.Double[0.1, 1], Gen.Double[0, 0.1]).Sample((kind, warmup, changes, peak, minimum) =>
        {
            LearningRateSchedule schedule = new() { Kind = kind, Peak = peak, Minimum = minimum, WarmupSteps = warmup, TotalSteps = warmup + 20 };
            long step = 0;
            foreach ((long more, long rest) in changes)
            {
                LearningRateSchedule before = schedule;
                step = Math.Min(step + more, schedule.TotalSteps);
                long end = Math.Max(step + rest, warmup + 1);
                schedule = schedule with { TotalSteps = end, EarlierPlans = [.. schedule.EarlierPlans, new EarlierPlan(step, schedule.TotalSteps)] };
                for (long at = 0; at < step; at++)
                    Assert.Equal(before.At(at), schedule.At(at));
                Assert.Equal(before.At(step), schedule.At(step), 1e-12);
            }

            for (long at = warmup + 1; at <= schedule.TotalSteps + 1; at++)
                Assert.True(schedule.At(at) <= schedule.At(at - 1), $"the rate rises at {at}");
            if (kind != LearningRateDecay.Constant)
                Assert.Equal(minimum, schedule.At(schedule.TotalSteps));
        }, iter: 500, seed: "0000000000001", threads: 1);

    [Fact]
    public void Every_rate_lies_between_zero_and_the_peak_and_never_rises_after_the_warm_up() =>
        Gen.Select(Gen.Enum<LearningRateDecay>(), Gen.Long[0, 500], Gen.Long[1, 500], Gen.Double[0, 1], Gen.Double[0, 1]).Sample((kind, warmup, rest, a, b) =>
        {
            LearningRateSchedule schedule = new()
            {
                Kind = kind,
                Peak = Math.Max(a, b),
                Minimum = Math.Min(a, b),
                WarmupSteps = warmup,
                TotalSteps = warmup + rest,
            };
            schedule.Validate();
            for (long step = 0; step < warmup + rest + 5; step++)
            {
                double rate = schedule.At(step), next = schedule.At(step + 1);
                Assert.InRange(rate, 0, schedule.Peak);
                Assert.True(step + 1 <= warmup ? next >= rate : next <= rate * (1 + 1e-12));
            }
        }, iter: 50);

    [Fact]
    public void An_option_out_of_range_is_named()
    {
        Check(Cosine with { Kind = (LearningRateDecay)9 }, "Kind 9");
        Check(Cosine with { Peak = double.NaN }, "Peak");
        Check(Cosine with { Minimum = -1 }, "Minimum");
        Check(Cosine with { Minimum = 0.5 }, "Minimum 0.5 is above Peak 0.001");
        Check(Cosine with { WarmupSteps = -1 }, "WarmupSteps");
        Check(Cosine with { WarmupSteps = 3000 }, "WarmupSteps 3000 is above TotalSteps 2000");
        Check(Cosine with { TotalSteps = 0, WarmupSteps = 0 }, "TotalSteps");
        Assert.Throws<ArgumentOutOfRangeException>(() => Cosine.At(-1));

        static void Check(LearningRateSchedule schedule, string words) =>
            Assert.Contains(words, Assert.Throws<KansformersException>(schedule.Validate).Message, StringComparison.Ordinal);
    }
}
