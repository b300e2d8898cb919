using System.Globalization;
using static Kansformers.Scaling.ReportNumbers;

namespace Kansformers.Scaling;

/// <summary>A chart with its heading and what must be said of it.</summary>
internal sealed record Figure(string Title, string Caption, Chart Chart);

/// <summary>The pictures of a report.</summary>
internal sealed class ReportCharts
{
    private const int LinePoints = 60, BandPoints = 24, MostValleys = 7, MostLines = 4, MostLabels = 7;

    // More groups have lines alone in common charts; intervals and dashes would cover them.
    private const int ManyGroups = 4;

    private const string LossName = "loss, nats per token", FlopsName = "training operations C";
    private const string TooFew = "Marks: runs, too few for a law of size and tokens.";

    private readonly ScalingReport _report;
    private readonly IReadOnlyList<GroupFits> _groups;
    private readonly Dictionary<ScalingPoint, int> _numbers = new(ReferenceEqualityComparer.Instance);
    private readonly ScalingPoint[] _all;
    private readonly double[] _losses;

    public ReportCharts(ScalingReport report)
    {
        (_report, _groups) = (report, report.Groups);
        _all = [.. _groups.SelectMany(group => group.Points)];
        foreach (ScalingPoint point in _all)
            _numbers[point] = _numbers.Count;
        _losses = [.. _all.Select(point => point.Loss)];
    }

    /// <summary>What is told of each run, in the order of their numbers.</summary>
    public IEnumerable<string> Readings => _groups.SelectMany(group => group.Points.Select(point =>
    {
        string law = group.Chinchilla is { } fit ? $"; law {Loss(fit.Law.Loss(LawInput.Of(point)))}, {Percent(Off(group, point))}" : "";
        string size = $"{Count(point.Parameters)} parameters, {Count(point.Tokens)} tokens, {Flops(ScalingRuns.Flops(point))} operations";
        return $"{group.Name}, seed {point.Seed}: {size}. Loss {Loss(point.Loss)}{law}";
    }));

    public IEnumerable<Figure> All()
    {
        yield return Compute();
        yield return Against(OneVariable.Size);
        yield return Against(OneVariable.Text);
        for (int g = 0; g < _groups.Count; g++)
        {
            if (_groups[g].IsoFlop is not null)
                yield return Valleys(g);
        }

        if (_groups.Any(group => group.Chinchilla is not null))
        {
            yield return BestSizes();
            yield return Residuals();
        }

        if (_all.Any(point => point.Seconds > 0))
            yield return Times();
        for (int g = 0; g < _groups.Count; g++)
        {
            if (_groups[g].Points.Any(point => point.Curve.Count > 1))
                yield return Curves(g);
        }
    }

    private Figure Compute()
    {
        ChartAxis x = ChartAxis.Log(_all.Select(ScalingRuns.Flops), Flops, after: 10);
        var best = _groups.Where(group => group.Chinchilla is not null).Select(group => group.Chinchilla!.Law.OptimalLoss(x.High, group.FlopsPerParameterToken));
        Chart chart = new("compute", "Loss against training operations, both logarithmic", (x, FlopsName), (Losses([.. _losses, .. best]), LossName), _all.Length);
        Each((int g, GroupFits group) =>
        {
            foreach (ScalingPoint point in group.Points)
                chart.Line(g, "thin faint", point.Curve.Select(step => (ScalingRuns.Flops(point) * step.Tokens / point.Tokens, step.Loss)));
            if (_groups.Count <= ManyGroups && group.Powers.LastOrDefault(power => power.Law.Variable == ScalingVariable.Flops) is { } power)
                chart.Line(g, "dash", Over(x, flops => power.Law.Loss(new LawInput(1, 1, flops))));
            if (group.Chinchilla is { } fit)
            {
                double per = group.FlopsPerParameterToken;
                if (_groups.Count <= ManyGroups)
                    chart.Band(g, Intervals(x, fit, (law, flops) => law.OptimalLoss(flops, per)));
                chart.Line(g, "", Over(x, flops => fit.Law.OptimalLoss(flops, per)));
                chart.Label(g, fit.Law.OptimalLoss(x.High, per), group.Name);
            }
        });
        Marks(chart, ScalingRuns.Flops, point => point.Loss);
        string lines = "Marks: runs, hollow where held out; thin lines: their losses on the way. Lines: the lowest loss that L(N, D) expects of a budget"
            + (_groups.Count > ManyGroups ? "." : ", with its interval; dashed: a power law through the frontier, with an irreducible part where the runs suffice for one.");
        return new Figure("Loss against compute", _groups.All(group => group.Chinchilla is null) ? TooFew : lines, chart);
    }

    private Figure Against(OneVariable variable)
    {
        ChartAxis x = ChartAxis.Log(_all.Select(variable.Across), Ticks, after: 1.5);
        Chart chart = new(variable.Id, $"Loss against {variable.Word}, both logarithmic", (x, variable.Name), (Losses(_losses), LossName), _all.Length);
        List<(string Value, string Group)> told = [];
        Each((int g, GroupFits group) =>
        {
            if (group.Chinchilla is not { } fit)
                return;
            double[] values = Picked(ScalingRuns.Clusters(group.Points, variable.Other).Select(cluster => cluster.Max(variable.Other)).ToArray());
            told.Add((Ticks(values[0]), group.Name));
            foreach (double value in values)
            {
                chart.Line(g, "", Over(x, at => fit.Law.Loss(variable.Input(at, value))));
                chart.Label(g, fit.Law.Loss(variable.Input(x.High, value)), _groups.Count > 1 ? group.Name : $"{variable.OtherSymbol} {Ticks(value)}");
            }
        });
        Marks(chart, variable.Across, point => point.Loss);
        string lines = _groups.Count > 1 ? $"Lines: L(N, D) at one number of {variable.OtherName}, the middle one of each group: {List(told)}."
            : $"Lines: L(N, D) at the {variable.OtherName} that stand beside them.";
        return new Figure($"Loss against {variable.Word}", told.Count == 0 ? TooFew : lines, chart);
    }

    // Several lines of one group, from the least to the most; the middle one alone of many groups, which would be a thicket.
    private double[] Picked(double[] values)
    {
        int lines = Math.Min(MostLines, values.Length);
        return _groups.Count > 1 || lines < 2 ? [values[values.Length / 2]] : [.. Enumerable.Range(0, lines).Select(i => values[i * (values.Length - 1) / (lines - 1)])];
    }

    private Figure Valleys(int g)
    {
        GroupFits group = _groups[g];
        var fullest = group.IsoFlop!.Valleys.OrderByDescending(valley => valley.Points.Count).ThenByDescending(valley => valley.Flops).Take(MostValleys);
        IsoFlopValley[] valleys = [.. fullest.OrderBy(valley => valley.Flops)];
        ScalingPoint[] points = [.. valleys.SelectMany(valley => valley.Points)];
        ChartAxis x = ChartAxis.Log(points.Select(point => point.Parameters), Ticks);
        ChartAxis y = Losses(points.Select(point => point.Loss));
        Chart chart = new($"iso{g}", $"Loss against parameters at equal operations, {group.Name}", (x, OneVariable.Size.Name), (y, LossName), points.Length);
        for (int i = 0; i < valleys.Length; i++)
        {
            IsoFlopValley valley = valleys[i];
            IEnumerable<double> sizes = Between(valley.SmallestParameters, valley.LargestParameters, LinePoints);
            chart.Line(g, "", sizes.Select(size => (size, valley.Loss(size))), Shade(i, valleys.Length));
            if (valley.IsWithin)
                chart.Cross(g, (valley.BestParameters, valley.BestLoss));
            chart.Label(g, valley.Loss(valley.LargestParameters), Flops(valley.Flops));
            foreach (ScalingPoint point in valley.Points)
                chart.Mark(g, (point.Parameters, point.Loss), _numbers[point]);
        }

        string left = valleys.Length < group.IsoFlop.Valleys.Count ? $" The {valleys.Length} budgets with most runs, of {group.IsoFlop.Valleys.Count}." : "";
        const string lines = "Parabolas through the runs of the operations that stand beside them; crosses: their lowest points, where these lie within the sizes.";
        return new Figure($"Equal budgets: {group.Name}", lines + left, chart);
    }

    private Figure BestSizes()
    {
        ChartAxis x = ChartAxis.Log([.. _all.Select(ScalingRuns.Flops), .. _report.Budgets], Flops);
        IEnumerable<double> ends = from @group in _groups where @group.Chinchilla is not null from flops in new[] { x.Low, x.High }
            select @group.Chinchilla!.Law.OptimalParameters(flops, @group.FlopsPerParameterToken);
        ChartAxis y = ChartAxis.Log([.. ends, .. _all.Select(point => point.Parameters)], Ticks);
        Chart chart = new("best", "Best size against training operations, both logarithmic", (x, FlopsName), (y, "best size, parameters N"), 0);
        List<(string Value, string Group)> told = [];
        Each((int g, GroupFits group) =>
        {
            if (group.Chinchilla is { } fit)
            {
                double per = group.FlopsPerParameterToken;
                if (_groups.Count <= ManyGroups)
                    chart.Band(g, Intervals(x, fit, (law, flops) => law.OptimalParameters(flops, per)));
                chart.Line(g, "", Over(x, flops => fit.Law.OptimalParameters(flops, per)));
                chart.Label(g, fit.Law.OptimalParameters(x.High, per), group.Name);
                told.Add((FormattableString.Invariant($"C^{fit.Law.ParametersExponent:0.00}"), group.Name));
            }

            if (_groups.Count <= ManyGroups && group.IsoFlop is { } iso && double.IsFinite(iso.Parameters.Exponent))
            {
                chart.Line(g, "dash", Over(x, flops => Math.Exp(iso.Parameters.LogFactor + (iso.Parameters.Exponent * Math.Log(flops)))));
                foreach (IsoFlopValley valley in iso.Valleys.Where(valley => valley.IsWithin))
                    chart.Cross(g, (valley.Flops, valley.BestParameters));
            }
        });
        return new Figure("Best size of a budget", $"Lines: where L(N, D) is lowest: {List(told)}."
            + (_groups.Count <= ManyGroups ? " Bands: their intervals; crosses and dashes: the lowest points of parabolas and the power law through them." : ""), chart);
    }

    private Figure Residuals()
    {
        double[] off =
        [
            .. from @group in _groups where @group.Chinchilla is not null from point in @group.Points
               let apart = Math.Abs(100 * Off(@group, point)) where double.IsFinite(apart) orderby apart select apart,
        ];

        // The few that are far off are not shown; they would press the others together.
        double most = Math.Max(0.01, 1.1 * off.ElementAtOrDefault((int)(0.98 * (off.Length - 1))));
        ChartAxis y = ChartAxis.Linear(-most, most, value => value.ToString("+0.##;−0.##;0", CultureInfo.InvariantCulture) + " %");
        ChartAxis x = ChartAxis.Log(_all.Select(ScalingRuns.Flops), Flops);
        Chart chart = new("residuals", "Measured loss less that of the law, in per cent", (x, FlopsName), (y, "measured less expected loss"), _all.Length);
        int beyond = off.Count(value => value > y.High);
        chart.Line(-1, "", [(_all.Min(ScalingRuns.Flops), 0), (_all.Max(ScalingRuns.Flops), 0)]);
        Each((int g, GroupFits group) =>
        {
            if (group.Chinchilla is null)
                return;
            foreach (ScalingPoint point in group.Points.Where(point => Math.Abs(100 * Off(group, point)) <= y.High))
                chart.Mark(g, (ScalingRuns.Flops(point), 100 * Off(group, point)), _numbers[point], group.IsHeldOut(point));
        });
        string left = beyond > 0 ? $" Beyond the frame: {beyond}." : "";
        return new Figure("What the law leaves", $"Measured loss over that of L(N, D), less 1; hollow: held out.{left} A bend would say that the law has another form.", chart);
    }

    private Figure Times()
    {
        ScalingPoint[] timed = [.. _all.Where(point => point.Seconds > 0)];
        ChartAxis x = ChartAxis.Log(timed.Select(ScalingRuns.Flops), Flops);
        ChartAxis y = ChartAxis.Log(timed.Select(point => point.Seconds), seconds => seconds < 1e4 ? seconds.ToString("0.###", CultureInfo.InvariantCulture) : Flops(seconds));
        Chart chart = new("times", "Training time against training operations, both logarithmic", (x, FlopsName), (y, "training time, seconds"), timed.Length);
        Each((int g, GroupFits group) =>
        {
            ScalingPoint[] own = [.. group.Points.Where(point => point.Seconds > 0)];
            foreach (ScalingPoint point in own)
                chart.Mark(g, (ScalingRuns.Flops(point), point.Seconds), _numbers[point], group.IsHeldOut(point));
            if (own.Length > 0)
                chart.Label(g, own.MaxBy(ScalingRuns.Flops)!.Seconds, group.Name);
        });
        return new Figure("Training time", "What runs took. Along a straight line of slope 1 all run at one speed.", chart);
    }

    private Figure Curves(int g)
    {
        GroupFits group = _groups[g];
        ScalingPoint[] curved = [.. group.Points.Where(point => point.Curve.Count > 1)];
        IReadOnlyList<IReadOnlyList<ScalingPoint>> sizes = ScalingRuns.Clusters(curved, point => point.Parameters);

        // Beginnings are high and alike; from the second validation on curves are told apart.
        double high = curved.SelectMany(point => point.Curve.Skip(1)).Max(step => step.Loss);
        double[] losses = [.. from point in curved from step in point.Curve where step.Loss > 0 && step.Loss <= high select step.Loss];
        ChartAxis x = ChartAxis.Log(curved.SelectMany(point => point.Curve).Select(step => step.Tokens), Ticks);
        Chart chart = new($"curves{g}", $"Validation loss against tokens seen, {group.Name}", (x, "tokens seen"), (Losses(losses), LossName), curved.Length);
        for (int i = 0; i < sizes.Count; i++)
        {
            foreach (ScalingPoint point in sizes[i])
            {
                chart.Line(g, "thin", point.Curve.Where(step => step.Loss > 0), Shade(i, sizes.Count));
                chart.Mark(g, point.Curve[^1], _numbers[point], group.IsHeldOut(point));
            }

            if (sizes.Count > MostLabels && i % ((sizes.Count + MostLabels - 1) / MostLabels) != 0 && i < sizes.Count - 1)
                continue;
            ScalingPoint longest = sizes[i].MaxBy(point => point.Tokens)!;
            chart.Label(g, longest.Curve[^1].Loss, Ticks(longest.Parameters));
        }

        return new Figure($"Loss curves: {group.Name}", "Validation losses of every run on its way; the fuller the colour, the larger. Beside them: parameters.", chart);
    }

    private void Each(Action<int, GroupFits> draw)
    {
        for (int g = 0; g < _groups.Count; g++)
            draw(g, _groups[g]);
    }

    private void Marks(Chart chart, Func<ScalingPoint, double> x, Func<ScalingPoint, double> y) => Each((int g, GroupFits group) =>
    {
        foreach (ScalingPoint point in group.Points)
            chart.Mark(g, (x(point), y(point)), _numbers[point], group.IsHeldOut(point));
    });

    private static ChartAxis Losses(IEnumerable<double> losses) => ChartAxis.Log(losses, loss => loss.ToString("0.###", CultureInfo.InvariantCulture));

    // Without the zero that a column of numbers wants.
    private static string Ticks(double value) => Count(value).Replace(".0 ", " ", StringComparison.Ordinal);

    // Of many groups the names alone would be a paragraph.
    private static string List(List<(string Value, string Group)> told)
    {
        string[] values = [.. told.Select(one => one.Value).Distinct().Order(StringComparer.Ordinal)];
        return values.Length == 1 ? values[0]
            : told.Count <= ManyGroups ? string.Join(", ", told.Select(one => $"{one.Value} for {one.Group}")) : $"{string.Join(", ", values)}, by group";
    }

    private static double Off(GroupFits group, ScalingPoint point) => (point.Loss / group.Chinchilla!.Law.Loss(LawInput.Of(point))) - 1;

    private static int Shade(int i, int of) => of < 2 ? 100 : 45 + (55 * i / (of - 1));

    private static IEnumerable<(double X, double Low, double High)> Intervals(ChartAxis x, LawFit<ChinchillaLaw> fit, Func<ChinchillaLaw, double, double> read)
    {
        foreach (double at in Along(x, BandPoints))
        {
            Interval interval = fit.Between(law => read(law, at));
            yield return (at, interval.Low, interval.High);
        }
    }

    private static IEnumerable<(double, double)> Over(ChartAxis x, Func<double, double> y) => Along(x, LinePoints).Select(at => (at, y(at)));

    private static IEnumerable<double> Along(ChartAxis x, int count) => Between(x.Low, x.High, count);

    private static IEnumerable<double> Between(double low, double high, int count) =>
        Enumerable.Range(0, count).Select(i => low * Math.Pow(high / low, i / (count - 1.0)));
}
