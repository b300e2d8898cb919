namespace Kansformers.Inspection;

/// <summary>Text that people type and <see cref="Expression.Parse(string, IReadOnlyList{ScalarFunction}?)"/> reads: <c>2*pi*x^2 + sin(`a name`)</c>.</summary>
internal class PlainWriter : ExpressionWriter
{
    protected override string Number(double value) => Digits(value);

    protected override string Name(string variable) => ExpressionNames.IsPlain(variable) ? variable : $"`{variable.Replace("`", "``", StringComparison.Ordinal)}`";

    protected override string Special(double value) => double.IsNaN(value) ? "nan" : value == Math.PI ? "pi" : value > 0 ? "inf" : "-inf";

    protected override (string Text, int Level) Power(Power power) => power.Exponent == 0.5
        ? ($"sqrt({Write(power.Base)})", AtomLevel) : ($"{At(power.Base, AtomLevel)}^{Digits(power.Exponent)}", PowerLevel);

    protected override (string Text, int Level) FunctionCall(FunctionCall call) => ($"{call.Function.Name}({Write(call.Argument)})", AtomLevel);

    protected override string Times(IReadOnlyList<string> factors) => string.Join('*', factors);

    protected override (string Text, int Level) Quotient(IReadOnlyList<Expression> above, IReadOnlyList<Expression> below)
    {
        string top = above.Count == 0 ? Number(1) : Times([.. above.Select((factor, at) => At(factor, at == 0 ? ProductLevel : PowerLevel))]);
        string bottom = below.Count == 1 ? At(below[0], PowerLevel) : Parenthesized(Times([.. below.Select((factor, at) => At(factor, at == 0 ? ProductLevel : PowerLevel))]));
        return ($"{top}/{bottom}", ProductLevel);
    }
}
