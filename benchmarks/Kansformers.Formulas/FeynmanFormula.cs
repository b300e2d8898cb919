using Kansformers.Inspection;

namespace Kansformers.Formulas;

/// <summary>A formula to be found again from samples of it.</summary>
/// <param name="Name">Its number in the Feynman Lectures, as the Feynman Symbolic Regression Database writes it, with "dimensionless" behind it where its units were taken out.</param>
/// <param name="Text">The formula as <see cref="Expression.Parse"/> reads it.</param>
/// <param name="Compute">The same in C#, of the variables in their order: what makes samples owes nothing to the library.</param>
/// <param name="Variables">The variables, each with the range that it is drawn from.</param>
internal sealed record FeynmanFormula(string Name, string Text, Func<double[], double> Compute, params FeynmanVariable[] Variables)
{
    /// <summary>Draws samples, each variable uniformly from its range.</summary>
    /// <param name="rows">Their number.</param>
    /// <param name="seed">Draws with the same seed are the same.</param>
    /// <returns>A column for each variable, and the formula's values.</returns>
    public (double[][] Columns, double[] Values) Sample(int rows, int seed)
    {
        Random random = new(seed);
        double[][] columns = [.. Variables.Select(_ => new double[rows])];
        double[] values = new double[rows], row = new double[Variables.Length];
        for (int at = 0; at < rows; at++)
        {
            for (int variable = 0; variable < row.Length; variable++)
            {
                FeynmanVariable own = Variables[variable];
                row[variable] = columns[variable][at] = own.Low + (own.High - own.Low) * random.NextDouble();
            }

            values[at] = Compute(row);
        }

        return (columns, values);
    }
}

/// <summary>A variable of a <see cref="FeynmanFormula"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Low">The lower end of its range.</param>
/// <param name="High">The upper end.</param>
internal sealed record FeynmanVariable(string Name, double Low, double High)
{
    public static implicit operator FeynmanVariable((string Name, double Low, double High) variable) => new(variable.Name, variable.Low, variable.High);
}
