using Kansformers.Comparisons;

namespace Kansformers.Cli.Compare;

/// <summary>Shows how far a comparison is, on standard error: one line that rewrites itself on a terminal, a line every ten seconds when piped, and one for each run that ends.</summary>
internal sealed class CompareDisplay : IProgress<ComparisonProgress>
{
    private readonly LineRate _rate = new();
    private readonly Lock _lock = new();

    public void Report(ComparisonProgress value)
    {
        lock (_lock)
        {
            if (value.Notice is string notice)
                LiveLine.Say(value.Runs > 0 ? $"{value.RunsDone}/{value.Runs}  {notice}" : notice);
            else
                _rate.Show(() => Fitting(Line(value)));
        }
    }

    public static string Line(ComparisonProgress value)
    {
        return string.Join("  |  ", value.Running.Select(Line).Prepend($"{value.RunsDone}/{value.Runs} runs done{TimeLeft.Words(value.TimeLeft)}"));
    }

    private static string Line(RunningModel run) =>
        FormattableString.Invariant($"{run.Model} seed {run.Seed}: {run.Step}/{run.Steps}{(double.IsNaN(run.Loss) ? "" : FormattableString.Invariant($" loss {run.Loss:0.000}"))}");

    // A line that wraps cannot be rewritten.
    private static string Fitting(string line)
    {
        int width = LiveLine.IsPossible && !Console.IsOutputRedirected && Console.WindowWidth > 1 ? Console.WindowWidth - 1 : int.MaxValue;
        return line.Length <= width ? line : line[..width];
    }
}
