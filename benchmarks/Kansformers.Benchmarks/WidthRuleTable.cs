using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

/// <summary>The validation losses of a ladder's file of results, as a table of models by widths: what docs/scaling.md shows of the width rule.</summary>
internal static partial class WidthRuleTable
{
    public const string Verb = "width-rule";

    public static int Run(string[] args)
    {
        if (args is not [string path] || !File.Exists(path))
        {
            Console.Error.WriteLine($"error: '{Verb}' takes a file of results: {Verb} benchmarks/scale/width-rule.results.json");
            return 2;
        }

        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        (string Model, int Width, double Loss)[] runs =
        [
            .. from run in document.RootElement.GetProperty("runs").EnumerateObject()
               let name = RunName().Match(run.Name)
               where name.Success
               select (name.Groups[1].Value, int.Parse(name.Groups[2].Value, CultureInfo.InvariantCulture), run.Value.GetProperty("validation_loss").GetDouble()),
        ];
        int[] widths = [.. runs.Select(run => run.Width).Distinct().Order()];
        Console.WriteLine($"| model | {string.Join(" | ", widths)} |\n|---|{string.Concat(widths.Select(_ => "---|"))}");
        foreach (IGrouping<string, (string Model, int Width, double Loss)> model in runs.GroupBy(run => run.Model).OrderBy(model => model.Key, StringComparer.Ordinal))
        {
            string[] cells = [.. widths.Select(width => model.Where(run => run.Width == width).Select(run => run.Loss).ToArray())
                .Select(losses => losses.Length == 0 ? "-" : losses.Average().ToString("0.0000", CultureInfo.InvariantCulture) + (losses.Length > 1 ? FormattableString.Invariant($" ({losses.Length} seeds)") : ""))];
            Console.WriteLine($"| {model.Key} | {string.Join(" | ", cells)} |");
        }

        return 0;
    }

    // swiglu-matrices-x0.5-2x1x32-196608-seed1-3b3b7e1c
    [GeneratedRegex("^(.+)-[0-9]+x[0-9]+x([0-9]+)-[^-]+-seed[0-9]+-[0-9a-f]+$", RegexOptions.CultureInvariant)]
    private static partial Regex RunName();
}
