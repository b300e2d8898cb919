using Kansformers.Inspection;

namespace Kansformers.Cli.Networks;

/// <summary>Classes of a network's outputs.</summary>
internal static class ClassProbabilities
{
    public static int Best(Samples outputs, int row) => Enumerable.Range(0, outputs.Columns).MaxBy(column => outputs[row, column]);

    /// <summary>The softmax of a row.</summary>
    public static double[] Of(Samples outputs, int row)
    {
        double[] values = [.. Enumerable.Range(0, outputs.Columns).Select(column => outputs[row, column])];
        double largest = values.Max(), sum = values.Sum(value => Math.Exp(value - largest));
        return Array.ConvertAll(values, value => Math.Exp(value - largest) / sum);
    }
}
