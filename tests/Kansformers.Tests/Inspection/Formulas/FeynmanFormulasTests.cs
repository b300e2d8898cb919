using Kansformers.Formulas;
using Kansformers.Inspection;

namespace Kansformers.Tests.Inspection;

/// <summary>The table of the benchmark says the same twice: as text and in C#, with values on all of its ranges, and its simplified forms too.</summary>
public class FeynmanFormulasTests
{
    private static IEnumerable<FeynmanFormula> All => FeynmanFormulas.WithUnits.Concat(FeynmanFormulas.WithoutUnits).Concat(HeldOutFormulas.All);

    public static TheoryData<string> Names => [.. All.Select(formula => formula.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Text_and_program_agree(string name)
    {
        FeynmanFormula formula = All.Single(formula => formula.Name == name);
        (double[][] columns, double[] values) = formula.Sample(200, seed: 1);
        Assert.All(values, value => Assert.True(double.IsFinite(value)));
        string[] variables = [.. formula.Variables.Select(variable => variable.Name)];
        Expression expression = Expression.Parse(formula.Text), simple = expression.Simplify();
        Assert.Equal(variables.Order(StringComparer.Ordinal), expression.Variables);
        double size = values.Max(Math.Abs);
        Assert.InRange(new Formula(expression, variables).ErrorOn(columns, values).Largest, 0, 1e-12 * size);
        Assert.InRange(new Formula(simple, variables).ErrorOn(columns, values).Largest, 0, 1e-11 * size);
        Assert.True(simple.Complexity <= expression.Complexity + 2, $"{expression} became {simple}");
    }

    [Fact]
    public void There_are_twenty_of_each() => Assert.Equal((20, 20, 20), (FeynmanFormulas.WithUnits.Count, FeynmanFormulas.WithoutUnits.Count, HeldOutFormulas.All.Count));
}
