using System.Globalization;
using static Kansformers.Scaling.ReportNumbers;

namespace Kansformers.Scaling;

/// <summary>A chart with its heading and what must be said of it.</summary>
internal sealed record Figure(string Title, string Caption, Chart Chart);

/// <summary>The pictures of a report.</summary>
internal sealed class ReportCharts
{
    private const int LinePoints = 60, MostValleys = 7, MostLines = 4, MostLabels = 7;

    // More groups have lines alone in common charts; intervals and dashes would cover them.
    private const int ManyGroups = 4;

    private const string LossName = "loss, nats per token", SizeName = "parameters N", TokensName = "tokens D", FlopsName = "training operations C", TooFew = "Marks: runs, too few for a law of size and tokens.";

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
        string law = group.Chinchilla is { } fit && fit.Law.Loss(LawInput.Of(point)) is double expected ? $"; law {Loss(expected)}, {Percent((point.Loss / expected) - 1)}" : "";
        return $"{group.Name}, seed {point.Seed}: {Count(point.Parameters)} parameters, {Count(point.Tokens)} tokens, {Flops(ScalingRuns.Flops(point))} operations. Loss {Loss(point.Loss)}{law}";
    }));

    public IEnumerable<Figure> All()
    {
        yield return Compute();
        yield return Sizes();
        yield return Texts();
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
                    chart.Band(g, Along(x, 24).Select(flops => (flops, fit.Between(law => law.OptimalLoss(flops, per)))).Select(at => (at.flops, at.Item2.Low, at.Item2.High)));
                chart.Line(g, "", Over(x, flops => fit.Law.OptimalLoss(flops, per)));
                chart.Label(g, fit.Law.OptimalLoss(x.High, per), group.Name);
            }
        });
        Marks(chart, ScalingRuns.Flops, point => point.Loss);
        return new Figure("Loss against compute", _groups.All(group => group.Chinchilla is null) ? TooFew : "Marks: runs, hollow where held out; thin lines: their losses on the way. Lines: the lowest loss that L(N, D) expects of a budget"
            + (_groups.Count <= ManyGroups ? ", with its interval; dashed: a power law through the frontier, with an irreducible part where the runs suffice for one." : "."), chart);
    }

    private Figure Sizes()
    {
        ChartAxis x = ChartAxis.Log(_all.Select(point => point.Parameters), Ticks, after: 1.5);
        return Family("size", "Loss against parameters", (x, SizeName), point => point.Parameters, point => point.Tokens, (size, tokens) => new LawInput(size, tokens), "tokens", "D ");
    }

    private Figure Texts()
    {
        ChartAxis x = ChartAxis.Log(_all.Select(point => point.Tokens), Ticks, after: 1.5);
        return Family("tokens", "Loss against tokens", (x, TokensName), point => point.Tokens, point => point.Parameters, (tokens, size) => new LawInput(size, tokens), "parameters", "N ");
    }

    // Lines of the law for some values of the other variable: several of one group, the middle one alone of many, which would be a thicket.
    private Figure Family(string id, string title, (ChartAxis Axis, string Name) x, Func<ScalingPoint, double> across, Func<ScalingPoint, double> other, Func<double, double, LawInput> input, string what, string symbol)
    {
        Chart chart = new(id, $"{title}, both logarithmic", x, (Losses(_losses), LossName), _all.Length);
        List<(string Value, string Group)> told = [];
        Each((int g, GroupFits group) =>
        {
            if (group.Chinchilla is not { } fit)
                return;
            double[] values = [.. ScalingRuns.Clusters(group.Points, other).Select(cluster => cluster.Max(other))];
            double[] picked = _groups.Count > 1 ? [values[values.Length / 2]] : [.. Enumerable.Range(0, Math.Min(MostLines, values.Length)).Select(i => values[i * (values.Length - 1) / Math.Max(1, Math.Min(MostLines, values.Length) - 1)]).Distinct()];
            told.Add((Ticks(picked[0]), group.Name));
            foreach (double value in picked)
            {
                chart.Line(g, "", Over(x.Axis, at => fit.Law.Loss(input(at, value))));
                chart.Label(g, fit.Law.Loss(input(x.Axis.High, value)), _groups.Count > 1 ? group.Name : symbol + Ticks(value));
            }
        });
        Marks(chart, across, point => point.Loss);
        return new Figure(title, told.Count == 0 ? TooFew : _groups.Count > 1 ? $"Lines: L(N, D) at one number of {what}, the middle one of each group: {List(told)}." : $"Lines: L(N, D) at the {what} that stand beside them.", chart);
    }

    private Figure Valleys(int g)
    {
        GroupFits group = _groups[g];
        IsoFlopValley[] valleys = [.. group.IsoFlop!.Valleys.OrderByDescending(valley => valley.Points.Count).ThenByDescending(valley => valley.Flops).Take(MostValleys).OrderBy(valley => valley.Flops)];
        ScalingPoint[] points = [.. valleys.SelectMany(valley => valley.Points)];
        ChartAxis x = ChartAxis.Log(points.Select(point => point.Parameters), Ticks);
        Chart chart = new(FormattableString.Invariant($"iso{g}"), $"Loss against parameters at equal operations, {group.Name}", (x, SizeName), (Losses(points.Select(point => point.Loss)), LossName), points.Length);
        for (int i = 0; i < valleys.Length; i++)
        {
            IsoFlopValley valley = valleys[i];
            chart.Line(g, "", Between(valley.SmallestParameters, valley.LargestParameters, LinePoints).Select(size => (size, valley.Loss(size))), Shade(i, valleys.Length));
            if (valley.IsWithin)
                chart.Cross(g, (valley.BestParameters, valley.BestLoss));
            chart.Label(g, valley.Loss(valley.LargestParameters), Flops(valley.Flops));
            foreach (ScalingPoint point in valley.Points)
                chart.Mark(g, (point.Parameters, point.Loss), _numbers[point]);
        }

        string left = valleys.Length < group.IsoFlop.Valleys.Count ? $" The {valleys.Length} budgets with most runs, of {group.IsoFlop.Valleys.Count}." : "";
        return new Figure($"Equal budgets: {group.Name}", $"Parabolas through the runs of the operations that stand beside them; crosses: their lowest points, where these lie within the sizes.{left}", chart);
    }

    private Figure BestSizes()
    {
        ChartAxis x = ChartAxis.Log([.. _all.Select(ScalingRuns.Flops), .. _report.Budgets], Flops);
        var ends = _groups.Where(group => group.Chinchilla is not null).SelectMany(group => new[] { x.Low, x.High }.Select(flops => group.Chinchilla!.Law.OptimalParameters(flops, group.FlopsPerParameterToken)));
        Chart chart = new("best", "Best size against training operations, both logarithmic", (x, FlopsName), (ChartAxis.Log([.. ends.Where(double.IsFinite), .. _all.Select(point => point.Parameters)], Ticks), "best size, parameters N"), 0);
        List<(string Value, string Group)> told = [];
        Each((int g, GroupFits group) =>
        {
            if (group.Chinchilla is { } fit)
            {
                double per = group.FlopsPerParameterToken;
                if (_groups.Count <= ManyGroups)
                    chart.Band(g, Along(x, 24).Select(flops => (flops, fit.Between(law => law.OptimalParameters(flops, per)))).Select(at => (at.flops, at.Item2.Low, at.Item2.High)));
                chart.Line(g, "", Over(x, flops => fit.Law.OptimalParameters(flops, per)));
                chart.Label(g, fit.Law.OptimalParameters(x.High, per), group.Name);
                told.Add(($"C^{fit.Law.ParametersExponent:0.00}", group.Name));
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
            .. from @group in _groups where @group.Chinchilla is not null from point in @group.Points let apart = Math.Abs(100 * Off(@group, point)) where double.IsFinite(apart) orderby apart select apart,
        ];

        // The few that are far off are not shown; they would press the others together.
        double most = Math.Max(0.01, 1.1 * off[(int)(0.98 * (off.Length - 1))]);
        ChartAxis y = ChartAxis.Linear(-most, most, value => value.ToString("+0.##;−0.##;0", CultureInfo.InvariantCulture) + " %");
        Chart chart = new("residuals", "Measured loss less that of the law, in per cent", (ChartAxis.Log(_all.Select(ScalingRuns.Flops), Flops), FlopsName), (y, "measured less expected loss"), _all.Length);
        int beyond = off.Count(value => value > y.High);
        chart.Line(-1, "", [(_all.Min(ScalingRuns.Flops), 0), (_all.Max(ScalingRuns.Flops), 0)]);
        Each((int g, GroupFits group) =>
        {
            if (group.Chinchilla is null)
                return;
            foreach (ScalingPoint point in group.Points.Where(point => Math.Abs(100 * Off(group, point)) <= y.High))
                chart.Mark(g, (ScalingRuns.Flops(point), 100 * Off(group, point)), _numbers[point], group.IsHeldOut(point));
        });
        return new Figure("What the law leaves", $"Measured loss over that of L(N, D), less 1; hollow: held out.{(beyond > 0 ? $" Beyond the frame: {beyond}." : "")} A bend would say that the law has another form.", chart);
    }

    private Figure Times()
    {
        ScalingPoint[] timed = [.. _all.Where(point => point.Seconds > 0)];
        Chart chart = new("times", "Training time against training operations, both logarithmic",
            (ChartAxis.Log(timed.Select(ScalingRuns.Flops), Flops), FlopsName), (ChartAxis.Log(timed.Select(point => point.Seconds), seconds => seconds < 1e4 ? seconds.ToString("0.###", CultureInfo.InvariantCulture) : Flops(seconds)), "training time, seconds"), timed.Length);
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
        double high = curved.Max(point => point.Curve.Skip(1).Max(step => step.Loss));
        double[] losses = [.. from point in curved from step in point.Curve where step.Loss > 0 && step.Loss <= high select step.Loss];
        ChartAxis x = ChartAxis.Log(curved.SelectMany(point => point.Curve).Select(step => step.Tokens), Ticks);
        Chart chart = new(FormattableString.Invariant($"curves{g}"), $"Validation loss against tokens seen, {group.Name}", (x, "tokens seen"), (Losses(losses), LossName), curved.Length);
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

        return new Figure($"Loss curves: {group.Name}", "Validation losses of every run on its way; the darker, the larger. Beside them: parameters.", chart);
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
    private static string List(List<(string Value, string Group)> told) => told.Select(one => one.Value).Distinct().Count() == 1 ? told[0].Value
        : told.Count <= ManyGroups ? string.Join(", ", told.Select(one => $"{one.Value} for {one.Group}")) : $"{told.MinBy(one => one.Value).Value} to {told.MaxBy(one => one.Value).Value}";

    private static double Off(GroupFits group, ScalingPoint point) => (point.Loss / group.Chinchilla!.Law.Loss(LawInput.Of(point))) - 1;

    private static int Shade(int i, int of) => of < 2 ? 100 : 45 + (55 * i / (of - 1));

    private static IEnumerable<(double, double)> Over(ChartAxis x, Func<double, double> y) => Along(x, LinePoints).Select(at => (at, y(at)));

    private static IEnumerable<double> Along(ChartAxis x, int count) => Between(x.Low, x.High, count);

    private static IEnumerable<double> Between(double low, double high, int count) => Enumerable.Range(0, count).Select(i => low * Math.Pow(high / low, i / (count - 1.0)));
}
