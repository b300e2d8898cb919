using System.Globalization;
using static Kansformers.Scaling.ReportNumbers;

namespace Kansformers.Scaling;

/// <summary>What the report says in sentences.</summary>
internal static class ReportWords
{
    private const double Hardly = 1e-3;

    public static string Headline(ScalingReport report)
    {
        GroupFits[] fitted = [.. report.Groups.Where(group => group.Chinchilla is not null)];
        if (fitted.Length == 0)
        {
            GroupFits best = report.Groups.MinBy(group => group.Points.Min(point => point.Loss))!;
            return $"The runs do not suffice for a law of size and tokens; the lowest loss is {Loss(best.Points.Min(point => point.Loss))}, of {best.Name}.";
        }

        return fitted.Length == 1 ? One(fitted[0]) : Several(fitted);
    }

    /// <summary>What a reader must know.</summary>
    public static IEnumerable<string> Notes(IReadOnlyList<GroupFits> groups, ScalingReportOptions options)
    {
        FitOptions fit = options.Fit;
        if (fit.Bootstraps > 0 && groups.Any(group => group.Chinchilla is not null || group.Kaplan is not null || group.Powers.Count > 0 || group.IsoFlop is not null))
        {
            string drawn = fit.Resampling == Resampling.Runs ? "runs" : "residuals";
            yield return $"Numbers in brackets: intervals of {Confidence(fit)} (percentiles of {fit.Bootstraps} fits to {drawn} drawn anew, seed {fit.Seed}). "
                + "They tell how runs scatter, not whether the law holds beyond them.";
        }

        if (fit.LeaveOutHighest > 0)
            yield return $"Runs of the highest losses left out of L(N, D) and Kaplan's law: {fit.LeaveOutHighest} of each group.";
        foreach (GroupFits group in groups)
        {
            if (group.Chinchilla is not null && group.OptimizersDiffer > 1e-4)
                yield return $"{group.Name}: the two optimizers end {Percent(group.OptimizersDiffer)} apart; the runs leave the coefficients open.";
            if (Level(group) is string level)
                yield return $"{group.Name}: the loss does not fall with {level} in these runs; best sizes mean nothing.";
            if (group.IsoFlopBias is { } bias && double.IsFinite(bias.ParametersExponent))
            {
                double[] off = [.. bias.SizeRatios.Where(double.IsFinite).Select(ratio => ratio - 1)];
                if (off.Length > 0)
                {
                    yield return $"{group.Name}: parabolas of equal budgets are biased, for valleys are not symmetric. "
                        + $"If its L(N, D) holds, they put the best sizes {Percent(off.Min())} to {Percent(off.Max())} off and the exponent a by {bias.ParametersExponent.ToString("+0.0000;−0.0000", CultureInfo.InvariantCulture)}.";
                }
            }

            if (group.Dropped.Count > 0)
                yield return $"{group.Name}: fits to runs drawn anew that came to no law, and are in no interval: {string.Join("; ", group.Dropped.Select(one => FormattableString.Invariant($"{one.Dropped} of {fit.Bootstraps} of {one.Law}")))}.";
            foreach (string missing in group.Missing)
                yield return $"{group.Name}: {missing}";
        }
    }

    /// <summary>What the law hardly falls with from one end of its runs to the other: size or tokens; null where it falls with both.</summary>
    private static string? Level(GroupFits group)
    {
        if (group.Chinchilla is not { } fit)
            return null;
        (double smallest, double largest) = (fit.Points.Min(point => point.Parameters), fit.Points.Max(point => point.Parameters));
        (double fewest, double all) = (fit.Points.Min(point => point.Tokens), fit.Points.Max(point => point.Tokens));
        double lowest = fit.Law.Loss(new LawInput(largest, all));
        return fit.Law.Loss(new LawInput(smallest, all)) < lowest * (1 + Hardly) ? "size"
            : fit.Law.Loss(new LawInput(largest, fewest)) < lowest * (1 + Hardly) ? "tokens" : null;
    }

    private static string One(GroupFits group)
    {
        LawFit<ChinchillaLaw> fit = group.Chinchilla!;
        if (Level(group) is string level)
            return $"In these runs the loss does not fall with {level}, so that no best size can be told; the lowest loss is {Loss(group.Points.Min(point => point.Loss))}.";
        string exponent = With(fit.Law.ParametersExponent, fit.Between(law => law.ParametersExponent), value => value.ToString("0.00", CultureInfo.InvariantCulture));
        return $"The loss follows {Equation(fit.Law)}: the best size grows as C^{exponent}.{Held([group])}";
    }

    // Compared where all were measured: at the largest budget that each of them reached.
    private static string Several(GroupFits[] groups)
    {
        double flops = groups.Min(group => group.Points.Max(ScalingRuns.Flops));
        GroupFits[] order = [.. groups.OrderBy(group => Expected(group, group.Chinchilla!.Law))];
        string[] losses = [.. order.Select((group, i) => $"{group.Name} {(i == 0 ? "is expected to reach a loss of " : "")}{Thousandths(Expected(group, group.Chinchilla!.Law))}")];
        (GroupFits first, GroupFits second) = (order[0], order[1]);
        FitOptions options = first.Chinchilla!.Options;

        // Replicate i beside i + 1 of the other group: those of one number were drawn alike, so that some of their scatter would cancel.
        IReadOnlyList<ChinchillaLaw> others = first.Chinchilla.Replicates;
        Interval gap = Interval.Middle(
            second.Chinchilla!.Replicates.Take(others.Count).Select((law, i) => Expected(second, law) - Expected(first, others[(i + 1) % others.Count])), options.Confidence);
        string verdict = double.IsNaN(gap.Low) ? ""
            : gap.Low > 0 ? $"; {first.Name} is lower than {second.Name} by {Range(gap, Thousandths)} ({Confidence(options)} interval)"
            : $"; {first.Name} and {second.Name} are not told apart ({Confidence(options)} interval of their difference: {Range(gap, Thousandths)})";
        return $"With {Flops(flops)} operations, spent on the best size, {string.Join(", ", losses)}{verdict}.{Held(groups)}";

        double Expected(GroupFits group, ChinchillaLaw law) => law.OptimalLoss(flops, group.FlopsPerParameterToken);
    }

    private static string Thousandths(double value) => value.ToString("0.000;−0.000", CultureInfo.InvariantCulture);

    private static string Held(GroupFits[] groups)
    {
        HeldOutRun[] held = [.. groups.SelectMany(group => group.HeldOut)];
        if (held.Length == 0)
            return "";
        double worst = held.MaxBy(run => Math.Abs(run.Difference))!.Difference;
        string within = double.IsNaN(held[0].Prediction.Run.Low) ? "" : $", {held.Count(run => run.IsWithin)} of {held.Length} within the interval of a run";
        string runs = $"{(held.Length == 1 ? "run" : $"{held.Length} runs")} of the largest size{(groups.Length > 1 ? "s" : "")}";
        return $" The {runs}, held out, came within {Percent(Math.Abs(worst)).TrimStart('+')} of the prediction{within}.";
    }

    private static string Equation(ChinchillaLaw law) => FormattableString.Invariant($"{law.E:0.000} + {Short(law.A)}/N^{law.Alpha:0.000} + {Short(law.B)}/D^{law.Beta:0.000}");
}
