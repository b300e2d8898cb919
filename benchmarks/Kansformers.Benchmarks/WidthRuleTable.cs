using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

/// <summary>The validation losses of a ladder's file of results, as a table of models by sizes: what docs/scaling.md shows of the width rule.</summary>
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
        (string Model, string Size, double Loss)[] runs =
        [
            .. from run in document.RootElement.GetProperty("runs").EnumerateObject()
               let name = RunName().Match(run.Name)
               where name.Success
               select (name.Groups[1].Value, name.Groups[2].Value, run.Value.GetProperty("validation_loss").GetDouble()),
        ];
        string[] sizes = [.. runs.Select(run => run.Size).Distinct().OrderBy(Width).ThenBy(size => size, StringComparer.Ordinal)];
        Console.WriteLine($"| layers x heads x width | {string.Join(" | ", sizes)} |\n|---|{string.Concat(sizes.Select(_ => "---|"))}");
        foreach (IGrouping<string, (string Model, string Size, double Loss)> model in runs.GroupBy(run => run.Model).OrderBy(model => model.Key, StringComparer.Ordinal))
        {
            string[] cells = [.. sizes.Select(size => model.Where(run => run.Size == size).Select(run => run.Loss).ToArray())
                .Select(losses => losses.Length == 0 ? "-" : losses.Average().ToString("0.0000", CultureInfo.InvariantCulture) + (losses.Length > 1 ? FormattableString.Invariant($" ({losses.Length} seeds)") : ""))];
            Console.WriteLine($"| {model.Key} | {string.Join(" | ", cells)} |");
        }

        return 0;
    }

    private static int Width(string size) => int.Parse(size.Split('x')[^1], CultureInfo.InvariantCulture);

    // swiglu-matrices-x0.5-2x1x32-196608-seed1-3b3b7e1c
    [GeneratedRegex("^(.+)-([0-9]+x[0-9]+x[0-9]+)-[^-]+-seed[0-9]+-[0-9a-f]+$", RegexOptions.CultureInvariant)]
    private static partial Regex RunName();
}
