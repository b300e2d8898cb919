namespace Kansformers.Inspection;

/// <summary>What stands on an edge instead of its curve: c f(a x + b) + d.</summary>
/// <param name="Function">The function f.</param>
/// <param name="A">The factor of the input.</param>
/// <param name="B">What is added to it.</param>
/// <param name="C">The factor of the function.</param>
/// <param name="D">What is added to it.</param>
public sealed record EdgeFormula(EdgeFunction Function, double A, double B, double C, double D)
{
    /// <summary>The formula's value.</summary>
    /// <param name="x">The edge's input.</param>
    public double Evaluate(double x) => C * Function.Value(A * x + B) + D;

    /// <summary>The formula as an expression of the edge's input.</summary>
    /// <param name="input">What enters the edge.</param>
    public Expression Express(Expression input) => C * Function.Express(A * input + B) + D;
}
