using Kansformers.Numerics;

namespace Kansformers.Inspection;

/// <summary>How a column of a table becomes one that a network takes: (x - shift) / scale.</summary>
/// <param name="Name">The column's name in the table.</param>
/// <param name="Shift">What is taken away.</param>
/// <param name="Scale">What is divided by; not 0.</param>
public sealed record ColumnScaling(string Name, double Shift, double Scale)
{
    /// <summary>A scaling that gives a column mean 0 and deviation 1; a column of one value is moved to 0 alone.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">The column.</param>
    public static ColumnScaling Standard(string name, ReadOnlySpan<double> values)
    {
        (double mean, double deviation) = DoubleVectors.Moments(values);
        return new ColumnScaling(name, mean, deviation > 0 ? deviation : 1);
    }

    /// <summary>A scaling that gives a column -1 to 1; a column of one value is moved to 0 alone.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">The column, at least one number.</param>
    public static ColumnScaling Range(string name, ReadOnlySpan<double> values)
    {
        (double low, double high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (double value in values)
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        double half = high / 2 - low / 2;
        return new ColumnScaling(name, low / 2 + high / 2, half > 0 ? half : 1);
    }

    internal static Samples Apply(IReadOnlyList<ColumnScaling> scalings, Samples samples, bool undo)
    {
        if (scalings.Count == 0)
            return samples;
        if (scalings.Count != samples.Columns)
            throw new ArgumentException($"there are {samples.Columns} columns for {scalings.Count} scalings", nameof(samples));
        Samples scaled = new(samples.Rows, samples.Columns);
        for (int column = 0; column < samples.Columns; column++)
        {
            (double shift, double scale) = (scalings[column].Shift, scalings[column].Scale);
            (double factor, double plus) = undo ? (scale, shift) : (1 / scale, -shift / scale);
            DoubleVectors.Affine(scaled.Column(column), samples.Column(column), factor, plus);
        }

        return scaled;
    }
}
