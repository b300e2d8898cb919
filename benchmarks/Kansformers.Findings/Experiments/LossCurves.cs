using Kansformers.Scaling;

namespace Kansformers.Findings;

/// <summary>What the loss curves of a ladder have in common: how much of the fall is done at which share of the steps.</summary>
internal sealed class LossCurves : Experiment
{
    private static readonly double[] Shares = [0.25, 0.5, 0.75, 1];

    public override string Name => "curves";

    public override string Summary => "what the loss curves of all runs of a ladder have in common";

    public override Finding Run(Workbench bench)
    {
        Course[] all = [.. bench.Ladder("small").Rungs.SelectMany(rung => rung.Points.Select(point => Course.Of(rung.Rung, point)))];
        IGrouping<int, Course>[] widths = [.. all.GroupBy(course => course.Width).OrderBy(group => group.Key)];
        List<TableRow> rows = [Row("all runs", all)];
        rows.AddRange(widths.Select(group => Row(FormattableString.Invariant($"width {group.Key}"), group)));
        rows.AddRange(all.GroupBy(course => course.Tokens).OrderBy(group => group.Key).Select(group =>
            Row(FormattableString.Invariant($"{group.Key:0} tokens"), group)));
        rows.AddRange(all.GroupBy(course => course.Kind).Select(group => Row(group.Key, group)));
        return new Finding(Name, Summary,
        [
            new Table("mean (and deviation) over runs",
                ["loss at a quarter of the steps, of the last", "deviation", "of the fall behind it, left at half", "deviation",
                    "left at three quarters", "deviation"], rows),
        ],
        [
            new Picture("curves.svg", new LinePicture("One course for all",
                "of the loss that a run loses behind its first quarter, what is left; means over kinds and budgets", "share of the steps",
                "share of the fall that is left")
            {
                Curves = [.. widths.Select(group => new Curve(FormattableString.Invariant($"width {group.Key}"),
                    [.. Shares.Select((share, i) => (share, group.Average(course => course.Left(i))))]))],
            }.ToSvg()),
            new Picture("curves-losses.svg", new LinePicture("The losses themselves",
                "means over kinds and budgets", "share of the steps", "validation loss, nats per character")
            {
                Curves = [.. widths.Select(group => new Curve(FormattableString.Invariant($"width {group.Key}"),
                    [.. Shares.Select((share, i) => (share, group.Average(course => course.Losses[i])))]))],
            }.ToSvg()),
        ]);
    }

    private static TableRow Row(string name, IEnumerable<Course> courses)
    {
        Course[] all = [.. courses];
        double[][] columns = [[.. all.Select(course => course.Losses[0] / course.Losses[^1])], [.. all.Select(course => course.Left(1))],
            [.. all.Select(course => course.Left(2))]];
        return TableRow.Of(name, [.. columns.SelectMany(column => new[] { column.Average(), Deviation(column) })]);
    }

    private static double Deviation(double[] values)
    {
        double mean = values.Average();
        return values.Length < 2 ? double.NaN : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
    }

    /// <summary>A run's validation losses at some shares of its steps.</summary>
    private sealed record Course(string Kind, int Width, double Tokens, double[] Losses)
    {
        public static Course Of(LadderRung rung, ScalingPoint point) =>
            new(rung.Group, rung.Size.Width, rung.Budget.Amount, [.. Shares.Select(share => At(point.Curve, share * point.Tokens))]);

        /// <summary>Of what the loss falls behind the first of the shares, what is left at another.</summary>
        public double Left(int share) => (Losses[share] - Losses[^1]) / (Losses[0] - Losses[^1]);

        // Validations come at about a quarter, half and three quarters: a step beside is a straight line between neighbours.
        private static double At(IReadOnlyList<(double Tokens, double Loss)> curve, double tokens)
        {
            int after = 0;
            while (after < curve.Count - 1 && curve[after].Tokens < tokens)
                after++;
            if (after == 0 || curve[after].Tokens <= tokens)
                return curve[after].Loss;
            ((double from, double low), (double to, double high)) = (curve[after - 1], curve[after]);
            return low + ((high - low) * (tokens - from) / (to - from));
        }
    }
}
