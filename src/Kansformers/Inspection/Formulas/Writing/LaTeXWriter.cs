using System.Text;

namespace Kansformers.Inspection;

/// <summary>LaTeX's mathematics, for which amsmath is enough.</summary>
internal sealed class LaTeXWriter : ExpressionWriter
{
    protected override string Number(double value)
    {
        string[] parts = Digits(value).Split('E');
        string exponent = parts.Length < 2 ? "" : $@" \cdot 10^{{{int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture)}}}";
        return parts[0] == "1" && exponent.Length > 0 ? exponent[7..] : parts[0] + exponent;
    }

    // x, x_{12}, \text{any other name}.
    protected override string Name(string variable)
    {
        string word = variable.TrimEnd("0123456789".ToCharArray()), digits = variable[word.Length..];
        if (word is [>= 'a' and <= 'z' or >= 'A' and <= 'Z'])
            return digits.Length == 0 ? word : $"{word}_{{{digits}}}";
        StringBuilder text = new(@"\text{");
        foreach (char character in variable)
        {
            text.Append(character switch
            {
                '\\' => @"\textbackslash{}",
                '~' => @"\textasciitilde{}",
                '^' => @"\textasciicircum{}",
                '{' or '}' or '$' or '&' or '#' or '%' or '_' => @"\" + character,
                _ when char.IsControl(character) => " ",
                _ => character.ToString(),
            });
        }

        return text.Append('}').ToString();
    }

    protected override string Special(double value) => double.IsNaN(value) ? @"\text{NaN}" : value == Math.PI ? @"\pi" : value > 0 ? @"\infty" : @"-\infty";

    protected override (string Text, int Level) Power(Power power) => power.Exponent == 0.5 ? ($@"\sqrt{{{Write(power.Base)}}}", AtomLevel)
        : ($"{{{At(power.Base, power.Base is Inspection.FunctionCall or Inspection.Power ? AtomLevel + 1 : AtomLevel)}}}^{{{Digits(power.Exponent)}}}", PowerLevel);

    protected override (string Text, int Level) FunctionCall(FunctionCall call) => call.Function.Name switch
    {
        "exp" => ($"e^{{{Write(call.Argument)}}}", PowerLevel),
        "abs" => ($@"\left|{Write(call.Argument)}\right|", AtomLevel),
        _ => (Function(call.Function) + Parenthesized(Write(call.Argument)), AtomLevel),
    };

    protected override string Times(IReadOnlyList<string> factors)
    {
        StringBuilder text = new(factors[0]);
        foreach (string factor in factors.Skip(1))
            text.Append(char.IsAsciiDigit(factor[0]) || factor.StartsWith('{') && factor.Length > 1 && char.IsAsciiDigit(factor[1]) ? @" \cdot " : @" \, ").Append(factor);
        return text.ToString();
    }

    protected override (string Text, int Level) Quotient(IReadOnlyList<Expression> above, IReadOnlyList<Expression> below) =>
        ($@"\frac{{{Side(above)}}}{{{Side(below)}}}", ProductLevel);

    protected override string Parenthesized(string text) => $@"\left({text}\right)";

    private string Side(IReadOnlyList<Expression> factors) => factors.Count switch
    {
        0 => "1",
        1 => Write(factors[0]),
        _ => Times([.. factors.Select(factor => At(factor, factor is Constant ? ProductLevel : PowerLevel))]),
    };

    private static string Function(ScalarFunction function) => function.LaTeX ?? $@"\operatorname{{{function.Name}}}";
}
