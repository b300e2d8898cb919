namespace Kansformers.Findings;

/// <summary>The loss when one choice of a setup is made otherwise, for each choice.</summary>
internal abstract class OneAtATime : Experiment
{
    protected abstract string Title { get; }

    protected abstract Setup Base(Scale scale);

    protected abstract IReadOnlyList<Change> All(Scale scale);

    public override Finding Run(Workbench bench)
    {
        Setup start = Base(bench.Scale);
        List<(Setup Setup, IReadOnlyList<Trial> Trials)> all = [(start, bench.Trials(start))];
        foreach (Change change in All(bench.Scale))
        {
            Setup changed = change.Apply(start) with { Name = change.Name };
            all.Add((changed, bench.Trials(changed)));
        }

        double?[] first = [.. all[0].Trials.Select(trial => trial.Loss)];
        List<(Setup Setup, IReadOnlyList<Trial> Trials)> sorted =
            [all[0], .. all.Skip(1).OrderBy(entry => entry.Trials.Average(trial => trial.Loss ?? double.PositiveInfinity))];
        Table table = new("changed", ["loss (nats)", "against the first row", "smallest", "largest", "parameters"], [.. sorted.Select(entry =>
        {
            double[] losses = Losses(entry.Trials), apart = [.. entry.Trials.Zip(first, (trial, other) => trial.Loss - other).OfType<double>()];
            return TableRow.Of(entry.Setup.Name, losses.Length == 0 ? [double.NaN, double.NaN, double.NaN, double.NaN, entry.Trials[0].Parameters]
                : [losses.Average(), apart.Average(), apart.Min(), apart.Max(), entry.Trials[0].Parameters]);
        })]);
        string size = $"{start.Training.MaxIters} steps of {start.Training.BatchSize} x {start.Model.BlockSize} characters";
        DotPicture picture = new(Title, $"{size}; a dot for each seed; dashed: nothing changed", "validation loss (nats per character)")
        {
            Rows = [.. sorted.Select(entry => (entry.Setup.Name, (IReadOnlyList<double>)Losses(entry.Trials)))],
        };
        return new Finding(Name, Summary, [table], [new Picture($"{Name}.svg", picture.ToSvg())]);
    }

    private static double[] Losses(IReadOnlyList<Trial> trials) => [.. trials.Select(trial => trial.Loss).OfType<double>()];
}

/// <summary>From the original's settings.</summary>
internal sealed class FromTheOriginal : OneAtATime
{
    public override string Name => "original";

    public override string Summary => "the original's settings, and one choice at a time made otherwise";

    protected override string Title => "The original's settings, one choice at a time made otherwise";

    protected override Setup Base(Scale scale) => Setup.Original(scale);

    protected override IReadOnlyList<Change> All(Scale scale) => Changes.FromOriginal(scale);
}

/// <summary>From settings under which the model learns.</summary>
internal sealed class FromGoodSettings : OneAtATime
{
    public override string Name => "good";

    public override string Summary => "a rate at which the model learns, and one choice at a time made otherwise";

    protected override string Title => "At a rate of 0.006: one choice at a time made otherwise";

    protected override Setup Base(Scale scale) => Setup.Good(scale);

    protected override IReadOnlyList<Change> All(Scale scale) => Changes.FromGood(scale);
}
