using Kansformers.Comparisons;

namespace Kansformers.Tests.Comparisons;

/// <summary>The statistics of a comparison, against published tables and closed forms.</summary>
public class PairedDifferenceTests
{
    // Quantiles of Student's t as in printed tables, to three digits.
    [Theory]
    [InlineData(12.706, 1, 0.05)]
    [InlineData(4.303, 2, 0.05)]
    [InlineData(3.182, 3, 0.05)]
    [InlineData(2.776, 4, 0.05)]
    [InlineData(2.365, 7, 0.05)]
    [InlineData(3.499, 7, 0.01)]
    [InlineData(5.408, 7, 0.001)]
    [InlineData(2.262, 9, 0.05)]
    [InlineData(2.042, 30, 0.05)]
    [InlineData(1.984, 100, 0.05)]
    public void The_two_sided_probability_agrees_with_printed_tables(double t, int degrees, double expected)
    {
        Assert.Equal(expected, StudentT.TwoSided(t, degrees), 2e-3 * expected);
        Assert.Equal(StudentT.TwoSided(t, degrees), StudentT.TwoSided(-t, degrees), 15);
    }

    [Fact]
    public void Closed_forms_of_one_and_two_degrees_are_met_to_rounding()
    {
        foreach (double t in new[] { 0, 0.1, 1, 2.5, 40 })
        {
            Assert.Equal(1 - (2 / Math.PI * Math.Atan(t)), StudentT.TwoSided(t, 1), 14);
            Assert.Equal(1 - (t / Math.Sqrt((t * t) + 2)), StudentT.TwoSided(t, 2), 14);
        }

        Assert.Equal(0, StudentT.TwoSided(double.PositiveInfinity, 5));
        Assert.True(double.IsNaN(StudentT.TwoSided(double.NaN, 5)));
    }

    // The integral of the density by Simpson's rule: any number of degrees, with no formula in common.
    [Theory]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(23)]
    public void The_probability_is_the_integral_of_the_density(int degrees)
    {
        const double t = 1.7, far = 4000;
        double inside = Integral(t), whole = Integral(50) + (2 * Tail());
        Assert.Equal(1 - (inside / whole), StudentT.TwoSided(t, degrees), 6);

        double Density(double x) => Math.Pow(1 + (x * x / degrees), -(degrees + 1) / 2.0);
        double Integral(double to) => 2 * Simpson(0, to, 20_000);
        double Tail() => Simpson(50, far, 20_000);
        double Simpson(double from, double to, int pieces)
        {
            double width = (to - from) / pieces, sum = Density(from) + Density(to);
            for (int i = 1; i < pieces; i++)
                sum += Density(from + (i * width)) * (i % 2 == 1 ? 4 : 2);
            return sum * width / 3;
        }
    }

    [Fact]
    public void Pairs_give_mean_standard_error_and_probability()
    {
        // Differences -0.0184, -0.0110, -0.0082: mean -0.012533, standard deviation 0.005270.
        PairedDifference difference = PairedDifference.Of("swiglu", [(1.5148, 1.5332), (1.5274, 1.5384), (1.5115, 1.5197)]);
        Assert.Equal(("swiglu", 3), (difference.To, difference.Seeds));
        Assert.Equal(-0.0125333, difference.Mean, 6);
        Assert.Equal(0.0030427, difference.StandardError, 6);
        Assert.Equal(0.0542, difference.PValue, 3);
        Assert.False(difference.IsSignificant);
        Assert.True(PairedDifference.Of("a", [(1, 2), (1.1, 2.1001), (1.2, 2.2)]).IsSignificant);
    }

    [Fact]
    public void One_pair_says_nothing_of_chance_and_equal_ones_say_there_is_no_difference()
    {
        PairedDifference one = PairedDifference.Of("a", [(1.5, 1.6)]);
        Assert.True(double.IsNaN(one.StandardError) && double.IsNaN(one.PValue) && !one.IsSignificant);
        Assert.Equal(-0.1, one.Mean, 12);
        PairedDifference equal = PairedDifference.Of("a", [(1.5, 1.5), (1.6, 1.6)]);
        Assert.Equal((0, 0, 1), (equal.Mean, equal.StandardError, equal.PValue));
    }
}
