using System.Text;
using System.Text.Json;

namespace Kansformers.Inspection;

// The notations.
public abstract partial record Expression
{
    /// <summary>Text that <see cref="Parse"/> reads back to a tree of the same values: <c>2*pi*x^2 + sin(`a name`)</c>.</summary>
    public string ToText() => new PlainWriter().Write(this);

    /// <summary>LaTeX's mathematics, without dollar signs; needs amsmath's <c>\text</c> where a name is longer than a letter.</summary>
    public string ToLaTeX() => new LaTeXWriter().Write(this);

    /// <summary>A method in C# that computes it, of System.Math alone.</summary>
    /// <param name="method">The method's name.</param>
    /// <param name="variables">The parameters, in order; null for <see cref="Variables"/>. Names that C# cannot have are changed, and told above the method.</param>
    /// <exception cref="KansformersException">A variable of the formula is not among them.</exception>
    public string ToCSharp(string method = "Formula", IReadOnlyList<string>? variables = null)
    {
        variables = Parameters(variables);
        IReadOnlyDictionary<string, string> names = ExpressionNames.ForCSharp(variables);
        string parameters = string.Join(", ", variables.Select(variable => "double " + names[variable]));
        return $"{Renamed("//", variables, names)}public static double {ExpressionNames.Identifier(method)}({parameters}) =>\n    {new CSharpWriter(names).Write(this)};\n";
    }

    /// <summary>A function in Python that computes it, of the module math alone.</summary>
    /// <param name="function">The function's name.</param>
    /// <param name="variables">The parameters, in order; null for <see cref="Variables"/>. Names that Python cannot have are changed, and told above the function.</param>
    /// <exception cref="KansformersException">A variable of the formula is not among them.</exception>
    public string ToPython(string function = "formula", IReadOnlyList<string>? variables = null)
    {
        variables = Parameters(variables);
        IReadOnlyDictionary<string, string> names = ExpressionNames.ForPython(variables);
        string parameters = string.Join(", ", variables.Select(variable => names[variable]));
        return $"import math\n\n\n{Renamed("#", variables, names)}def {ExpressionNames.Identifier(function)}({parameters}):\n    return {new PythonWriter(names).Write(this)}\n";
    }

    /// <summary>Reads a formula as people type it: <c>2*pi*x^2 + sin(`a name`)</c>, with +, -, *, /, ^ or **, parentheses, pi, sqrt, ln, and the functions of <see cref="ScalarFunction.All"/>.</summary>
    /// <param name="text">The formula.</param>
    /// <param name="functions">Functions besides those; null for none.</param>
    /// <exception cref="KansformersException">It is no formula; the message says where.</exception>
    public static Expression Parse(string text, IReadOnlyList<ScalarFunction>? functions = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new ExpressionParser(text, functions ?? []).Parse();
    }

    private IReadOnlyList<string> Parameters(IReadOnlyList<string>? variables)
    {
        IReadOnlyList<string> own = Variables;
        if (variables is not null && own.FirstOrDefault(name => !variables.Contains(name)) is string missing)
            throw new KansformersException($"the formula's variable '{missing}' is not among the {variables.Count} that were named");
        return variables ?? own;
    }

    // JSON's escapes keep any name within its comment's line.
    private static string Renamed(string comment, IReadOnlyList<string> variables, IReadOnlyDictionary<string, string> names)
    {
        StringBuilder lines = new();
        foreach (string variable in variables.Where(variable => names[variable] != variable).Distinct())
            lines.Append(comment).Append(' ').Append(names[variable]).Append(": ").Append(JsonSerializer.Serialize(variable)).Append('\n');
        return lines.ToString();
    }
}
