using Kansformers.Scaling;

namespace Kansformers.Findings;

/// <summary>Whether learned functions scale otherwise than fixed ones: the coefficients of both laws, and their differences with intervals.</summary>
internal sealed class ScalingExponents : Experiment
{
    public override string Name => "exponents";

    public override string Summary => "the exponents of models with learned functions and of those without, and what tells them apart";

    public override Finding Run(Workbench bench)
    {
        LadderResult result = bench.Ladder("small");
        (string Name, LawFit<ChinchillaLaw> Fit)[] kinds = [.. result.Points.GroupBy(point => point.Group).Select(group =>
            (group.Key, ChinchillaLaw.Fit([.. group])))];
        double flops = kinds.Min(kind => kind.Fit.Points.Max(point => point.Flops)), per = result.Points.Average(point =>
            point.Flops / (point.Parameters * point.Tokens));
        (string Name, Func<ChinchillaLaw, double> Read)[] numbers =
        [
            ("E", law => law.E), ("α, of the size", law => law.Alpha), ("β, of the tokens", law => law.Beta),
            ("a, the best size grows as C^a", law => law.ParametersExponent),
            (FormattableString.Invariant($"loss of {flops:0.0e0} operations, best spent"), law => law.OptimalLoss(flops, per)),
        ];
        List<string> columns = [.. kinds.SelectMany(kind => new[] { kind.Name, "from", "to" })];
        columns.AddRange([FormattableString.Invariant($"{kinds[1].Name} less {kinds[0].Name}"), "from", "to"]);
        Table coefficients = new("all runs, 95 % intervals", columns,
            [.. numbers.Select(number => TableRow.Of(number.Name, [.. kinds.SelectMany(kind => Of(kind.Fit, number.Read)),
                .. Difference(kinds[1].Fit, kinds[0].Fit, number.Read)]))]);
        Table paired = new("loss of one less that of the other, size by size", [.. Budgets(result).Select(budget => $"{budget} tokens")],
            [.. result.Rungs.GroupBy(rung => rung.Rung.Size).Select(size => TableRow.Of($"{size.Key}", [.. Budgets(result).Select(budget =>
                Loss(size, kinds[1].Name, budget) - Loss(size, kinds[0].Name, budget))]))]);
        return new Finding(Name, Summary, [coefficients, paired],
        [
            new Picture("exponents.svg", new LinePicture("Learned functions and fixed ones, by size",
                "each line a budget of tokens, the lower the more; dashed: learned", "parameters", "validation loss, nats per character")
            {
                PowersAcross = true,
                Curves = [.. Budgets(result).SelectMany((budget, colour) => kinds.Select((kind, i) => new Curve($"{kind.Name}, {budget} tokens",
                    [.. result.Rungs.Where(rung => rung.Rung.Group == kind.Name && $"{rung.Rung.Budget}" == budget).Select(rung =>
                        ((double)rung.Rung.Model.Parameters, rung.Loss)).OrderBy(point => point.Item1)]) { Colour = colour, Dashed = i > 0 }))],
            }.ToSvg()),
        ]);
    }

    private static string[] Budgets(LadderResult result) => [.. result.Rungs.Select(rung => rung.Rung.Budget).Distinct().OrderBy(budget =>
        budget.Amount).Select(budget => $"{budget}")];

    private static double Loss(IEnumerable<RungResult> rungs, string group, string budget) =>
        rungs.FirstOrDefault(rung => rung.Rung.Group == group && $"{rung.Rung.Budget}" == budget)?.Loss ?? double.NaN;

    private static double[] Of(LawFit<ChinchillaLaw> fit, Func<ChinchillaLaw, double> read)
    {
        Interval interval = fit.Between(read);
        return [read(fit.Law), interval.Low, interval.High];
    }

    // A replicate beside the next one of the other: those of one number were drawn alike, so that some of their scatter would cancel.
    private static double[] Difference(LawFit<ChinchillaLaw> first, LawFit<ChinchillaLaw> second, Func<ChinchillaLaw, double> read)
    {
        IReadOnlyList<ChinchillaLaw> others = second.Replicates;
        double[] draws = [.. first.Replicates.Take(others.Count).Select((law, i) => read(law) - read(others[(i + 1) % others.Count]))
            .Where(double.IsFinite).Order()];
        return draws.Length == 0 ? [read(first.Law) - read(second.Law), double.NaN, double.NaN]
            : [read(first.Law) - read(second.Law), draws[(int)(0.025 * (draws.Length - 1))], draws[(int)Math.Ceiling(0.975 * (draws.Length - 1))]];
    }
}
