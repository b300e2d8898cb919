using System.CommandLine;
using System.Globalization;
using Kansformers.Files;
using Kansformers.Inspection;

namespace Kansformers.Cli.Networks;

/// <summary>How verbs write formulas: <c>--format</c>, and <c>--formula</c> for a file.</summary>
internal sealed class FormulaOutput
{
    private static readonly string[] Formats = ["text", "latex", "csharp", "python"];

    public readonly Option<string> Format = new("--format") { Description = "how the formula is written: text, latex, csharp or python", DefaultValueFactory = _ => Formats[0] };
    public readonly Option<string?> File = new("--formula") { Description = "a file for the formula" };

    public void AddTo(Command command)
    {
        command.Add(Format);
        command.Add(File);
        Format.AcceptOnlyFromAmong(Formats);
        OptionRules.NotEmpty(File);
    }

    /// <summary>Formulas in the language that is asked for: one, or that of each class's score.</summary>
    public string Text(ParseResult parsed, IReadOnlyList<Formula> formulas, TableSource source)
    {
        string format = parsed.GetValue(Format)!, target = source.Target.Length > 0 ? source.Target : "formula";
        string[] names = [.. source.Classes.Count == 0 ? [target] : source.Classes.Select(name => $"{target}_{name}")];
        // Two classes may differ by signs alone that no program takes in a name.
        if (names.Select(name => string.Concat(name.Where(char.IsLetterOrDigit))).Distinct().Count() < names.Length)
            names = [.. names.Select((name, at) => string.Create(CultureInfo.InvariantCulture, $"{name}_{at + 1}"))];
        return string.Join('\n', formulas.Select((formula, at) => format switch
        {
            "latex" => Of(at) + formula.Expression.ToLaTeX(),
            "csharp" => formula.Expression.ToCSharp(names[at], Parameters(formula)),
            "python" => formula.Expression.ToPython(names[at], Parameters(formula)),
            _ => Of(at) + formula.Expression.ToText(),
        }));

        // All scores take the same values; a formula alone takes what is in it.
        IReadOnlyList<string> Parameters(Formula formula) => source.Classes.Count == 0 ? formula.Expression.Variables : formula.Variables;

        string Of(int at) => source.Classes.Count == 0 ? "" : $"{source.Classes[at]}: ";
    }

    /// <summary>Writes the file, where one is named.</summary>
    public string? Write(ParseResult parsed, string text)
    {
        if (parsed.GetValue(File) is not string file)
            return null;
        OutputFile.WriteText(file, text.EndsWith('\n') ? text : text + "\n");
        return file;
    }

    /// <summary>How far a formula is off, for people.</summary>
    public static string Line(FormulaError error, bool held) => $"{(held ? "held out" : "all rows")}: {error.Rows} rows, error (root mean square) {Numbers.Short(error.Rmse)}, " +
        $"largest {Numbers.Short(error.Largest)}, r2 {error.R2.ToString("0.0000000", CultureInfo.InvariantCulture)}";
}
