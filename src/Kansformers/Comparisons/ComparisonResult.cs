using Kansformers.Training;

namespace Kansformers.Comparisons;

/// <summary>A point of a model's curve: means over the seeds that have come so far.</summary>
/// <param name="Tokens">The tokens trained on.</param>
/// <param name="Seconds">The seconds that so many steps take alone on the machine.</param>
/// <param name="Loss">The mean validation loss, in nats per token.</param>
/// <param name="Spread">Its standard deviation over the seeds; NaN with fewer than two.</param>
public sealed record CurvePoint(long Tokens, double Seconds, double Loss, double Spread);

/// <summary>What came of one model.</summary>
public sealed record ModelResult
{
    /// <summary>The model as it was trained.</summary>
    public required PlannedModel Model { get; init; }

    /// <summary>The seeds whose runs are done.</summary>
    public required IReadOnlyList<long> Seeds { get; init; }

    /// <summary>The loss on the held-out text after the last step of each of these runs, in nats per token.</summary>
    public required IReadOnlyList<double> ValidationLosses { get; init; }

    /// <summary>Their mean; NaN when no run is done.</summary>
    public required double ValidationLoss { get; init; }

    /// <summary>Their standard deviation; NaN with fewer than two.</summary>
    public required double Spread { get; init; }

    /// <summary>The seconds of a training where nothing else runs: its steps times <see cref="PlannedModel.StepSeconds"/>.</summary>
    public double Seconds => Model.Steps * Model.StepSeconds;

    /// <summary>The mean of the seconds that the runs spent in steps, beside whatever ran at their side; NaN when none is done.</summary>
    public required double RunSeconds { get; init; }

    /// <summary>The most memory that a process of a run held; null when none is done.</summary>
    public required long? PeakMemoryBytes { get; init; }

    /// <summary>The processor threads of the runs: one number, unless they were done on several.</summary>
    public required IReadOnlyList<int> Threads { get; init; }

    /// <summary>The validations on the way.</summary>
    public required IReadOnlyList<CurvePoint> Curve { get; init; }

    /// <summary>How it differs from the baseline; null for that itself, and without a common seed.</summary>
    public PairedDifference? Difference { get; init; }
}

/// <summary>What a comparison came to.</summary>
public sealed record ComparisonResult
{
    /// <summary>What losses are measured in: the same for all models, which learn the same.</summary>
    public string LossUnit => Config.Models[0].Training.Objective.Task(Config.Models[0].Model).LossUnit;

    /// <summary>The comparison.</summary>
    public required ComparisonConfig Config { get; init; }

    /// <summary>The models, in the order in which they were given.</summary>
    public required IReadOnlyList<ModelResult> Models { get; init; }

    /// <summary>The model that the others are measured against; null when there is none.</summary>
    public string? Baseline { get; init; }

    /// <summary>The runs that failed; the models' numbers are without them.</summary>
    public IReadOnlyList<RunFailure> Failures { get; init; } = [];

    /// <summary>The table and what there is to say of it, as Markdown; the best model first.</summary>
    public string ToMarkdown() => ComparisonTable.ToMarkdown(this);

    /// <summary>The validation losses against tokens and against seconds, as a picture: means, and bands of a standard deviation.</summary>
    /// <returns>The SVG document: 960 by 540 units on its own light ground.</returns>
    public string ToSvg() => new ComparisonPicture(this).Paint();

    internal static ComparisonResult Of(ComparisonConfig config, IReadOnlyList<PlannedModel> models, IReadOnlyList<(PlannedRun Run, RunOutcome? Outcome)> runs, IReadOnlyList<RunFailure> failures)
    {
        ModelResult[] results = [.. models.Select(model => Of(model, [.. runs.Where(run => run.Run.Model == model)]))];
        ModelResult? baseline = config.Baseline is string named
            ? results.FirstOrDefault(result => result.Model.Name.Equals(named, StringComparison.OrdinalIgnoreCase))
            : results.Where(result => result.Model.KanParameters == 0 && result.Seeds.Count > 0).MinBy(result => result.ValidationLoss);
        return new ComparisonResult
        {
            Config = config,
            Models = baseline is null ? results : [.. results.Select(result => result with { Difference = Difference(result, baseline) })],
            Baseline = baseline?.Model.Name,
            Failures = failures,
        };
    }

    private static ModelResult Of(PlannedModel model, IReadOnlyList<(PlannedRun Run, RunOutcome? Outcome)> runs)
    {
        (PlannedRun Run, RunOutcome Outcome)[] done = [.. runs.Where(run => run.Outcome is not null).Select(run => (run.Run, run.Outcome!))];
        double[] losses = [.. done.Select(one => one.Outcome.ValidationLoss)];
        (double mean, double deviation) = PairedDifference.Spread(losses);
        return new ModelResult
        {
            Model = model,
            Seeds = [.. done.Select(one => one.Run.Seed)],
            ValidationLosses = losses,
            ValidationLoss = mean,
            Spread = deviation,
            RunSeconds = done.Length == 0 ? double.NaN : done.Average(one => one.Outcome.Seconds),
            PeakMemoryBytes = done.Length == 0 ? null : done.Max(one => one.Outcome.PeakMemoryBytes),
            Threads = [.. done.Select(one => one.Outcome.Threads).Distinct().Order()],
            Curve = Curve(model, [.. done.SelectMany(one => one.Outcome.Curve!)]),
        };
    }

    // The curves of a model's runs have the same steps.
    private static CurvePoint[] Curve(PlannedModel model, ValidationPoint[] all)
    {
        long tokens = TrainingCost.TokensPerStep(model.Config.Model, model.Config.Training);
        return [.. all.GroupBy(record => record.Step).OrderBy(group => group.Key).Select(group =>
        {
            (double mean, double deviation) = PairedDifference.Spread([.. group.Select(record => record.Loss)]);
            return new CurvePoint(group.Key * tokens, group.Key * model.StepSeconds, mean, deviation);
        })];
    }

    private static PairedDifference? Difference(ModelResult result, ModelResult baseline)
    {
        Dictionary<long, double> others = baseline.Seeds.Zip(baseline.ValidationLosses).ToDictionary();
        (double, double)[] pairs = [.. result.Seeds.Zip(result.ValidationLosses).Where(one => others.ContainsKey(one.First)).Select(one => (one.Second, others[one.First]))];
        return ReferenceEquals(result, baseline) || pairs.Length == 0 ? null : PairedDifference.Of(baseline.Model.Name, pairs);
    }
}
