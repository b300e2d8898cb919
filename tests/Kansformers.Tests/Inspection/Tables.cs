using Kansformers.Inspection;

namespace Kansformers.Tests.Inspection;

/// <summary>Tables for tests.</summary>
internal static class Tables
{
    /// <summary>Uniform random numbers.</summary>
    public static Samples Random(int rows, int columns, int seed, double low = -1, double high = 1)
    {
        Random random = new(seed);
        Samples samples = new(rows, columns);
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
                samples[row, column] = low + random.NextDouble() * (high - low);
        }

        return samples;
    }

    /// <summary>A function of each row.</summary>
    public static Samples Map(Samples samples, Func<double[], double> function)
    {
        Samples values = new(samples.Rows, 1);
        for (int row = 0; row < samples.Rows; row++)
            values[row, 0] = function([.. Enumerable.Range(0, samples.Columns).Select(column => samples[row, column])]);
        return values;
    }

    /// <summary>The largest difference between two tables of one shape.</summary>
    public static double Distance(Samples a, Samples b)
    {
        Assert.Equal((a.Rows, a.Columns), (b.Rows, b.Columns));
        double largest = 0;
        for (int column = 0; column < a.Columns; column++)
        {
            for (int row = 0; row < a.Rows; row++)
                largest = Math.Max(largest, Math.Abs(a[row, column] - b[row, column]));
        }

        return largest;
    }

    public static double Rmse(KanNetwork network, Samples x, Samples y) => Math.Sqrt(network.Loss(x, y));

    public static bool AllFinite(Samples samples) => Enumerable.Range(0, samples.Columns).All(column => samples.Column(column).ToArray().All(double.IsFinite));
}
