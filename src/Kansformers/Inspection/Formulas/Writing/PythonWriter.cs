namespace Kansformers.Inspection;

/// <summary>Python, with its module math alone.</summary>
internal sealed class PythonWriter(IReadOnlyDictionary<string, string> names) : PlainWriter
{
    protected override string Name(string variable) => names[variable];

    protected override string Special(double value) => double.IsNaN(value) ? "math.nan" : value == Math.PI ? "math.pi" : value > 0 ? "math.inf" : "-math.inf";

    // A root by ** of what is negative would be a complex number.
    protected override (string Text, int Level) Power(Power power) => power.Exponent == 0.5 ? ($"math.sqrt({Write(power.Base)})", AtomLevel)
        : power.IsWhole ? ($"{At(power.Base, AtomLevel)}**{Digits(power.Exponent)}", PowerLevel)
        : ($"math.pow({Write(power.Base)}, {Digits(power.Exponent)})", AtomLevel);

    protected override (string Text, int Level) FunctionCall(FunctionCall call) => ($"{call.Function.Python ?? call.Function.Name}({Write(call.Argument)})", AtomLevel);
}
