using System.Globalization;
using System.Text;
using Kansformers.Training;

namespace Kansformers.Comparisons;

/// <summary>The result of a comparison as a table: for documents in Markdown, cell by cell for a terminal.</summary>
public static class ComparisonTable
{
    /// <summary>The names of the columns.</summary>
    public static IReadOnlyList<string> Columns { get; } =
        ["model", "parameters", "tokens", "step", "seconds", "memory", "seeds", "validation loss", "spread", "difference", "p"];

    /// <summary>The cells of each model, the one with the lowest loss first; models without a finished run last.</summary>
    /// <param name="result">The result.</param>
    public static IReadOnlyList<IReadOnlyList<string>> Rows(ComparisonResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return [.. result.Models.OrderBy(model => double.IsNaN(model.ValidationLoss)).ThenBy(model => model.ValidationLoss).Select(model => Row(result, model))];
    }

    /// <summary>What there is to say under the table, a sentence a line: how to read its columns, and what was found.</summary>
    /// <param name="result">The result.</param>
    public static IReadOnlyList<string> Notes(ComparisonResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        List<string> notes = [$"Matched: {Matched(result)}."];
        if (result.Models.Select(model => model.Model.TimingThreads).Where(threads => threads > 0).Distinct().ToArray() is [.., int threads])
        {
            int[] ran = [.. result.Models.SelectMany(model => model.Threads).Distinct().Order()];
            notes.Add($"Step and seconds: the median step, measured alone on the machine with {Threads([threads])}, times the steps; the runs themselves had {Threads(ran)} each and may have run side by side.");
        }

        notes.Add($"Validation loss: after the last step, on the held-out text, in {result.LossUnit}; spread: standard deviation over the seeds.");
        if (result.Baseline is string baseline && result.Models.Count > 1)
            notes.Add($"Difference: mean loss less that of {baseline} over the seeds of both, with its standard error; p: two-sided paired t test. {Verdict(result, baseline)}");
        foreach (ModelResult model in result.Models)
            notes.Add($"{model.Model.Name}: {model.Model.Words}{(model.Model.IsMatched ? "" : "; its own size and steps")}.");
        notes.AddRange(Planning.Notes([.. result.Models.Select(model => model.Model)]).Select(note => note + "."));
        notes.AddRange(result.Failures.Select(failure => $"{failure.Model}{(failure.Seed is long seed ? FormattableString.Invariant($", seed {seed}") : "")}, failed: {failure.Message}."));
        return notes;
    }

    internal static string ToMarkdown(ComparisonResult result)
    {
        StringBuilder text = new();
        Line(Columns);
        text.Append('|').Append(string.Concat(Columns.Select((_, i) => i == 0 ? "---|" : "---:|"))).Append('\n');
        foreach (IReadOnlyList<string> row in Rows(result))
            Line(row);
        text.Append('\n');
        foreach (string note in Notes(result))
            text.Append("- ").Append(note.ReplaceLineEndings(" ")).Append('\n');
        return text.ToString();

        void Line(IEnumerable<string> cells) => text.Append("| ").Append(string.Join(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))).Append(" |\n");
    }

    private static string[] Row(ComparisonResult result, ModelResult model)
    {
        PlannedModel planned = model.Model;
        PairedDifference? difference = model.Difference;
        return
        [
            planned.Name,
            HumanText.Count(planned.Parameters),
            HumanText.Count(planned.Tokens),
            double.IsNaN(planned.StepSeconds) ? "-" : HumanText.Duration(TimeSpan.FromSeconds(planned.StepSeconds)),
            Number(model.Seconds, model.Seconds < 10 ? "0.0" : "0"),
            model.PeakMemoryBytes is long bytes ? HumanText.Bytes(bytes) : "-",
            $"{model.Seeds.Count}",
            Number(model.ValidationLoss, "0.0000"),
            Number(model.Spread, "0.0000"),
            difference is null ? (planned.Name == result.Baseline ? "baseline" : "-") : Number(difference.Mean, "+0.0000;-0.0000") + (double.IsNaN(difference.StandardError) ? "" : " ± " + Number(difference.StandardError, "0.0000")),
            difference is null ? "-" : difference.PValue < 0.0001 ? "<0.0001" : Number(difference.PValue, "0.0000"),
        ];
    }

    private static string Matched(ComparisonResult result)
    {
        ComparisonMatch match = result.Config.Match;
        string size = match.Sizes ? $"parameters, at most {match.MostParameters?.ToString(CultureInfo.InvariantCulture) ?? "those of the first model"}, by the inner width (by the width where there is none)" : "";
        string steps = match.Steps switch
        {
            StepMatch.Flops => "training operations, by the number of steps",
            StepMatch.Seconds => "seconds of training, by the number of steps",
            _ => "",
        };
        return (size.Length, steps.Length) switch
        {
            (0, 0) => "nothing, each model has its own size and steps",
            (_, 0) => size,
            (0, _) => steps,
            _ => $"{size}; and {steps}",
        };
    }

    // What a reader may conclude of the best model: several were tried, one wins by chance more easily than one of two.
    private static string Verdict(ComparisonResult result, string baseline)
    {
        ModelResult? best = result.Models.Where(model => model.Seeds.Count > 0).MinBy(model => model.ValidationLoss);
        if (best is null)
            return "No run is done.";
        if (best.Model.Name == baseline)
            return $"No model has a lower mean than {baseline}.";
        string told = best.Difference switch
        {
            null => $"has no seed in common with {baseline}",
            { PValue: double.NaN } => "is lower on one seed, which says little",
            { IsSignificant: true } => $"is lower than {baseline} by more than chance (p < 0.05)",
            _ => $"is not lower than {baseline} by more than chance (p >= 0.05)",
        };
        int tried = result.Models.Count(model => model.Difference is not null);
        return $"The lowest mean, that of {best.Model.Name}, {told}{(tried > 1 ? FormattableString.Invariant($"; it is the best of {tried}, so that p should be below {0.05 / tried:0.0000} (Bonferroni) to be sure") : "")}.";
    }

    private static string Threads(int[] threads) => threads.Length == 0 ? "no threads" : $"{string.Join(" or ", threads)} thread{(threads is [1] ? "" : "s")}";

    private static string Number(double value, string format) => double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "-";
}
