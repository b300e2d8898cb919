using System.Text.Json;
using Kansformers.Comparisons;

namespace Kansformers.Scaling;

/// <summary>What came of a rung.</summary>
/// <param name="Rung">The rung.</param>
/// <param name="Points">A point for each seed whose run is done.</param>
public sealed record RungResult(LadderRung Rung, IReadOnlyList<ScalingPoint> Points)
{
    /// <summary>The mean of the losses; NaN when no run is done.</summary>
    public double Loss => PairedDifference.Spread([.. Points.Select(point => point.Loss)]).Mean;

    /// <summary>Their standard deviation; NaN with fewer than two.</summary>
    public double Spread => PairedDifference.Spread([.. Points.Select(point => point.Loss)]).Deviation;

    /// <summary>The mean of the seconds that runs spent in steps, beside whatever ran at their side; NaN when none is done.</summary>
    public double Seconds => Points.Count == 0 ? double.NaN : Points.Average(point => point.Seconds);

    internal static RungResult Of(LadderRung rung, IReadOnlyList<(long Seed, RunOutcome? Outcome)> runs)
    {
        double step = TrainingCost.TokensPerStep(rung.Model.Config.Model, rung.Model.Config.Training);
        return new RungResult(rung, [.. runs.Where(run => run.Outcome is not null).Select(run => new ScalingPoint(rung.Group, rung.Model.Parameters, run.Outcome!.Tokens, run.Outcome.ValidationLoss)
        {
            EmbeddingParameters = rung.EmbeddingParameters,
            LiveParameters = rung.LiveParameters,
            Flops = rung.Model.FlopsPerToken * run.Outcome.Tokens,
            Seconds = run.Outcome.Seconds,
            Seed = run.Seed,
            Curve = [.. run.Outcome.Curve!.Select(point => (point.Step * step, point.Loss))],
        })]);
    }
}

/// <summary>What a ladder came to.</summary>
public sealed record LadderResult
{
    private const int Format = 1;

    /// <summary>The ladder.</summary>
    public required LadderConfig Config { get; init; }

    /// <summary>Its rungs, by kind, size and budget.</summary>
    public required IReadOnlyList<RungResult> Rungs { get; init; }

    /// <summary>The runs that failed; there is no point of them.</summary>
    public IReadOnlyList<RunFailure> Failures { get; init; } = [];

    /// <summary>All points.</summary>
    public IReadOnlyList<ScalingPoint> Points => [.. Rungs.SelectMany(rung => rung.Points)];

    /// <summary>Laws fitted to the points, and their page; the largest size is held out, to be predicted.</summary>
    /// <param name="options">What else the report is to say; null for the defaults.</param>
    /// <exception cref="KansformersException">There is no point.</exception>
    public ScalingReport ToReport(ScalingReportOptions? options = null)
    {
        ComparisonConfig kinds = Config.Kinds;
        return ScalingReport.Of(Points, (options ?? new ScalingReportOptions()) with
        {
            Title = $"Scaling on {kinds.TextName}",
            Subject = $"Trained on {kinds.TextName} (tokenizer {kinds.Data.Tokenizer}) in sizes of {string.Join(", ", Config.Sizes)} (layers, heads, width), for budgets of {string.Join(", ", Config.Budgets)}, each by a run of its own; "
                + $"losses are {Rungs[0].Rung.Model.Config.Training.Objective.Task(Rungs[0].Rung.Model.Config.Model).LossUnit} on held-out text.",
        });
    }

    /// <summary>The points, as <c>scale.json</c> holds them.</summary>
    public string ToJson() => JsonSerializer.Serialize(new
    {
        Format,
        Config.Kinds.Data.Data,
        Points = Rungs.SelectMany(rung => rung.Points.Select(point => Fields(rung.Rung, point))),
    }, RunFiles.Json) + "\n";

    private static object Fields(LadderRung rung, ScalingPoint point) => new
    {
        point.Group,
        Size = rung.Size.ToString(),
        Budget = rung.Budget.ToString(),
        point.Seed,
        point.Parameters,
        point.EmbeddingParameters,
        point.LiveParameters,
        point.Tokens,
        point.Flops,
        point.Seconds,
        point.Loss,
        Curve = point.Curve.Select(one => new { one.Tokens, one.Loss }),
    };
}
