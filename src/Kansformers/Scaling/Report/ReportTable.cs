using Kansformers.Training;
using static Kansformers.Scaling.ReportNumbers;

namespace Kansformers.Scaling;

/// <summary>A table of the report, for the page and for Markdown.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Columns">The names of its columns; all but the first <paramref name="Words"/> hold numbers.</param>
/// <param name="Rows">The cells.</param>
/// <param name="Words">How many columns hold words.</param>
internal sealed record ReportTable(string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows, int Words = 1)
{
    /// <summary>What the laws came to.</summary>
    public static IEnumerable<ReportTable> Fits(ScalingReport report)
    {
        foreach (GroupFits group in report.Groups.Where(group => group.Chinchilla is not null))
        {
            LawFit<ChinchillaLaw>[] fits = [group.Chinchilla!, .. group.OtherCounts];
            yield return new ReportTable($"{group.Name}: L = E + A/N^α + B/D^β", ["coefficient", .. fits.Select(fit => GroupFits.NameOf(fit.Options.Parameters))],
                [.. Enumerable.Range(0, fits[0].Coefficients.Count).Select(i => (string[])[fits[0].Coefficients[i].Name, .. fits.Select(fit => Cell(fit.Coefficients[i]))])]);
        }

        IReadOnlyList<string>[] others = [.. report.Groups.SelectMany(Others)];
        if (others.Length > 0)
            yield return new ReportTable("Other laws", ["group", "law", "coefficients", "runs"], others, 3);
    }

    /// <summary>The runs that were held out.</summary>
    public static ReportTable? HeldOut(ScalingReport report)
    {
        IReadOnlyList<string>[] rows =
        [
            .. from @group in report.Groups from run in @group.HeldOut
               select (string[])
               [
                   @group.Name, Count(run.Point.Parameters), Count(run.Point.Tokens),
                   Loss(run.Prediction.Loss), Range(run.Prediction.Run, Loss), Loss(run.Point.Loss), Percent(run.Difference),
               ],
        ];
        string[] columns = ["group", "parameters", "tokens", "predicted loss", "interval of a run", "measured loss", "difference"];
        return rows.Length == 0 ? null : new ReportTable("The largest size, held out: predicted and measured", columns, rows);
    }

    /// <summary>What budgets are best spent on.</summary>
    public static ReportTable? Budgets(ScalingReport report)
    {
        IReadOnlyList<string>[] rows = [.. from flops in report.Budgets from @group in report.Groups where @group.Chinchilla is not null select Budget(flops, @group)];
        string[] columns = ["group", "operations", "parameters", "tokens", "tokens per parameter", "loss"];
        return rows.Length == 0 ? null : new ReportTable("What a budget is best spent on", columns, rows);
    }

    /// <summary>All runs.</summary>
    public static ReportTable Runs(ScalingReport report) => new(
        "All runs", ["group", "parameters", "tokens", "operations", "seconds", "seed", "loss"],
        [
            .. from @group in report.Groups from point in @group.Points.OrderBy(point => point.Parameters).ThenBy(point => point.Tokens)
               select (string[])
               [
                   @group.Name, Count(point.Parameters), Count(point.Tokens), Flops(ScalingRuns.Flops(point)),
                   Seconds(point.Seconds), $"{point.Seed}", Loss(point.Loss),
               ],
        ]);

    private static string Seconds(double seconds) => seconds > 0 ? HumanText.Duration(TimeSpan.FromSeconds(Math.Min(seconds, 1e9))) : "–";

    private static string Cell(LawCoefficient one) => With(one.Value, one.Interval, Short);

    private static IEnumerable<IReadOnlyList<string>> Others(GroupFits group)
    {
        if (group.Kaplan is { } kaplan)
            yield return [group.Name, $"{kaplan.Law.Formula}, {GroupFits.NameOf(kaplan.Options.Parameters)}", Join(kaplan.Coefficients), $"{kaplan.Points.Count}"];
        foreach (LawFit<PowerLaw> power in group.Powers)
        {
            string of = power.Law.Variable switch
            {
                ScalingVariable.Parameters => $"frontier of sizes, {GroupFits.NameOf(power.Options.Parameters)}",
                ScalingVariable.Tokens => "frontier of tokens",
                _ => "frontier of operations",
            };
            yield return [group.Name, $"{power.Law.Formula}, {of}", Join(power.Coefficients), $"{power.Points.Count}"];
        }

        if (group.IsoFlop is { } iso && double.IsFinite(iso.Parameters.Exponent))
        {
            yield return
            [
                group.Name, "best size N ∝ C^a and tokens D ∝ C^b, by parabolas at equal budgets",
                $"a {With(iso.Parameters.Exponent, iso.ParametersInterval, Short)}; b {With(iso.Tokens.Exponent, iso.TokensInterval, Short)}",
                $"{iso.Valleys.Sum(valley => valley.Points.Count)}",
            ];
        }
    }

    private static string Join(IReadOnlyList<LawCoefficient> coefficients) => string.Join("; ", coefficients.Select(one => $"{one.Name} {Cell(one)}"));

    private static string[] Budget(double flops, GroupFits group)
    {
        (LawFit<ChinchillaLaw> fit, double per) = (group.Chinchilla!, group.FlopsPerParameterToken);
        ChinchillaLaw law = fit.Law;
        double size = law.OptimalParameters(flops, per), tokens = law.OptimalTokens(flops, per);
        return
        [
            group.Name, Flops(flops),
            With(size, fit.Between(one => one.OptimalParameters(flops, per)), Count),
            With(tokens, fit.Between(one => one.OptimalTokens(flops, per)), Count),
            Short(tokens / size),
            With(law.OptimalLoss(flops, per), fit.Between(one => one.OptimalLoss(flops, per)), Loss),
        ];
    }
}
