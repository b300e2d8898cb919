namespace Kansformers.Inspection;

/// <summary>C#: every number a double, whole powers of a variable as products.</summary>
internal sealed class CSharpWriter(IReadOnlyDictionary<string, string> names) : PlainWriter
{
    private const int LongestProduct = 4;

    protected override string Number(double value) => Digits(value) is var digits && digits.All(char.IsAsciiDigit) ? digits + ".0" : digits;

    protected override string Name(string variable) => names[variable];

    protected override string Special(double value) => double.IsNaN(value) ? "double.NaN" : value == Math.PI ? "Math.PI" : value > 0 ? "double.PositiveInfinity" : "double.NegativeInfinity";

    protected override (string Text, int Level) Power(Power power)
    {
        if (power.Exponent == 0.5)
            return ($"Math.Sqrt({Write(power.Base)})", AtomLevel);
        if (power is { Base: Variable variable, IsWhole: true, Exponent: >= 2 and <= LongestProduct })
            return (string.Join('*', Enumerable.Repeat(Name(variable.Name), (int)power.Exponent)), ProductLevel);
        return ($"Math.Pow({Write(power.Base)}, {Digits(power.Exponent)})", AtomLevel);
    }

    protected override (string Text, int Level) FunctionCall(FunctionCall call) => ($"{call.Function.CSharp ?? call.Function.Name}({Write(call.Argument)})", AtomLevel);
}
