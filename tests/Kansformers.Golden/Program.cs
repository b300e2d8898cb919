using System.Text.Json;
using Kansformers;
using Kansformers.Golden;

string[] paths = [.. args.Where(argument => argument != "--json")];
bool json = paths.Length < args.Length;
if (paths.Length == 0 || paths.Any(path => path.StartsWith('-')))
{
    Console.Error.WriteLine("usage: Kansformers.Golden PATH... [--json]   (files and folders of golden outputs, or folders of such)");
    return 2;
}

List<object> entries = [];
bool allOk = true;
foreach (string path in paths.SelectMany(GoldenRunner.Expand))
{
    try
    {
        GoldenReport report = GoldenRunner.Run(path);
        allOk &= report.Ok;
        entries.Add(new { path, kind = report.Kind, tensors = report.Rows.Count, worst_tensor = report.Worst?.Name, worst = Finite(report.Worst?.Absolute), worst_relative = Finite(report.Worst?.Relative), ok = report.Ok, note = report.Note });
        if (!json)
            Print(report);
    }
    catch (KansformersException failure)
    {
        allOk = false;
        entries.Add(new { path, kind = "unknown", tensors = 0, error = failure.Message, worst = (double?)null, worst_relative = (double?)null, ok = false });
        Console.Error.WriteLine($"error: {failure.Message}");
    }
}

if (json)
    Console.WriteLine(JsonSerializer.Serialize(new { paths = entries }));
return allOk ? 0 : 1;

static double? Finite(double? value) => value is double number && double.IsFinite(number) ? number : null;

static void Print(GoldenReport report)
{
    Console.WriteLine($"{report.Path}  ({report.Kind})");
    int width = Math.Max(24, report.Rows.Max(row => row.Name.Length));
    Console.WriteLine($"  {"tensor".PadRight(width)}  {"shape",-18}  {"max abs",9}  {"max rel",9}  {"tolerance",9}");
    foreach (GoldenRow row in report.Rows)
        Console.WriteLine(FormattableString.Invariant($"  {row.Name.PadRight(width)}  {row.Shape,-18}  {row.Absolute,9:0.0e+00}  {row.Relative,9:0.0e+00}  {row.Tolerance,9:0.0e+00}  {(row.Ok ? "ok" : "DIFFERS")}"));
    int bad = report.Rows.Count(row => !row.Ok);
    Console.WriteLine(FormattableString.Invariant($"  {report.Rows.Count} tensors, {(bad == 0 ? "all ok" : $"{bad} differ")}; worst: {report.Worst?.Name} ({report.Worst?.Relative:0.0e+00})"));
    if (report.Note is not null)
        Console.WriteLine($"  note: {report.Note}");
    Console.WriteLine();
}
