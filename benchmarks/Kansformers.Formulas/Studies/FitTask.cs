using Kansformers.Inspection;

namespace Kansformers.Formulas;

/// <summary>A formula with samples to fit and others to test: uniform from -1 to 1, as pykan's.</summary>
internal sealed class FitTask
{
    private readonly Func<double[], double> _formula;

    public FitTask(int variables, int rows, Func<double[], double> formula)
    {
        _formula = formula;
        (Samples x, Samples y) = Draw(rows, variables, 1);
        (TestX, TestY) = Draw(1000, variables, 2);
        Data = new FitData(x, y);
    }

    /// <summary>exp(sin(pi x1) + x2^2) from 1000 samples: pykan's first example.</summary>
    public static FitTask First { get; } = new(2, 1000, x => Math.Exp(Math.Sin(Math.PI * x[0]) + x[1] * x[1]));

    /// <summary>exp((sin(pi (x1^2 + x2^2)) + sin(pi (x3^2 + x4^2))) / 2) from 3000 samples: pykan's example of a deep formula.</summary>
    public static FitTask Deep { get; } = new(4, 3000, x => Math.Exp((Math.Sin(Math.PI * (x[0] * x[0] + x[1] * x[1])) + Math.Sin(Math.PI * (x[2] * x[2] + x[3] * x[3]))) / 2));

    public FitData Data { get; }

    public Samples TestX { get; }

    public Samples TestY { get; }

    public double TestError(KanNetwork network) => Math.Sqrt(network.Loss(TestX, TestY));

    public double TestError(Formula formula) => formula.ErrorOn([.. Enumerable.Range(0, TestX.Columns).Select(column => TestX.Column(column).ToArray())], TestY.Column(0).ToArray()).Rmse;

    private (Samples, Samples) Draw(int rows, int columns, int seed)
    {
        Random random = new(seed);
        (Samples x, Samples y) = (new Samples(rows, columns), new Samples(rows, 1));
        for (int row = 0; row < rows; row++)
        {
            double[] values = [.. Enumerable.Range(0, columns).Select(_ => random.NextDouble() * 2 - 1)];
            for (int column = 0; column < columns; column++)
                x[row, column] = values[column];
            y[row, 0] = _formula(values);
        }

        return (x, y);
    }
}
