using System.CommandLine;
using System.Globalization;
using Kansformers.Cli.Bench;
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

    public string Text(ParseResult parsed, IReadOnlyList<Formula> formulas, string target)
    {
        return string.Join('\n', formulas.Select((formula, at) => parsed.GetValue(Format) switch
        {
            "latex" => formula.Expression.ToLaTeX(),
            "csharp" => formula.Expression.ToCSharp(Name(at), formula.Expression.Variables),
            "python" => formula.Expression.ToPython(Name(at), formula.Expression.Variables),
            _ => formula.Expression.ToText(),
        }));

        string Name(int at) => (target.Length > 0 ? target : "formula") + (formulas.Count == 1 ? "" : (at + 1).ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Writes the file, where one is named.</summary>
    public string? Write(ParseResult parsed, string text)
    {
        if (parsed.GetValue(File) is not string file)
            return null;
        ResultTable.WriteText(file, text.EndsWith('\n') ? text : text + "\n");
        return file;
    }

    /// <summary>How far a formula is off, for people.</summary>
    public static string Line(FormulaError error, bool held) => $"{(held ? "held out" : "all rows")}: {error.Rows} rows, error (root mean square) {Numbers.Short(error.Rmse)}, " +
        $"largest {Numbers.Short(error.Largest)}, r2 {error.R2.ToString("0.0000000", CultureInfo.InvariantCulture)}";
}
