using Kansformers.Scaling;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Findings;

/// <summary>
/// What a token of training costs by the size of the model: the processor time of the quickest of some steps, which other work on the machine
/// lengthens little, where the time of the clock would be doubled by it.
/// </summary>
internal sealed class TimePerToken : Experiment
{
    public override string Name => "time";

    public override string Summary => "the processor time of a token of training, by the size of the model";

    public override Finding Run(Workbench bench)
    {
        // The largest first: while it learns, what this process computes is compiled once more, which takes processor time of its own.
        Timed[] all = [.. bench.Rungs("small").GroupBy(rung => (rung.Group, rung.Size)).Select(group => group.First())
            .OrderByDescending(rung => rung.Model.Parameters).Select(rung => Of(bench, rung)).OrderBy(one => one.Parameters)];
        string[] kinds = [.. all.Select(one => one.Kind).Distinct().OrderDescending()];
        return new Finding(Name, Summary,
        [
            .. kinds.Select(kind => new Table(kind, ["parameters", "microseconds of a token", "operations of a token", "operations a nanosecond"],
                [.. all.Where(one => one.Kind == kind).Select(one => TableRow.Of(one.Size, one.Parameters, one.Microseconds, one.Operations,
                    one.Operations / one.Microseconds / 1000))])),
            new Table("time grows as size to the power of", ["exponent"], [.. kinds.Select(kind => TableRow.Of(kind,
                Slope([.. all.Where(one => one.Kind == kind)])))]),
        ],
        [
            new Picture("time.svg", new LinePicture("The time of a token by the size of the model",
                "training on one thread, processor time of the quickest step; dashed: as the smallest, at time in proportion to size", "parameters",
                "microseconds a token")
            {
                Powers = true,
                PowersAcross = true,
                Curves = [.. kinds.Select((kind, i) => new Curve(kind, [.. all.Where(one => one.Kind == kind).Select(one =>
                    (one.Parameters, one.Microseconds))]) { Colour = i }),
                    new Curve("in proportion", [.. all.Where(one => one.Kind == kinds[0]).Select(one =>
                        (one.Parameters, First(kinds[0]).Microseconds * one.Parameters / First(kinds[0]).Parameters))]) { Colour = 8, Dashed = true }],
            }.ToSvg()),
        ]);

        Timed First(string kind) => all.First(one => one.Kind == kind);
    }

    private static Timed Of(Workbench bench, LadderRung rung)
    {
        RunConfig config = rung.Model.Config;
        int steps = Math.Max(2, bench.Scale.TimedSteps);
        Setup setup = new($"{rung.Group} {rung.Size}", "char", config.Model, config.Training with
        {
            MaxIters = steps, Warmup = 0, EvalInterval = steps, EvalWindows = 1, Seed = 1,
        });
        double tokens = (double)config.Training.BatchSize * config.Model.BlockSize;
        double seconds = bench.Keep($"time, {setup.Name}", new { setup.Model, setup.Training, looks = "time" }, () => Step(bench, setup));
        return new Timed(rung.Group, $"{rung.Size}", rung.Model.Parameters, 1e6 * seconds / tokens, rung.Model.FlopsPerToken);
    }

    // The first step ends with what is made once.
    private static double Step(Workbench bench, Setup setup)
    {
        TokenizedCorpus corpus = bench.Corpus(setup.Tokenizer);
        using CausalModel model = bench.Create(setup, 1);
        using Trainer trainer = new(model, setup.Training, new TrainingData(corpus.Train, corpus.Validation));
        List<double> ends = [];
        trainer.StepEnded += _ => ends.Add(Environment.CpuUsage.TotalTime.TotalSeconds);
        trainer.Run();
        return ends.Skip(1).Zip(ends, (end, before) => end - before).Min();
    }

    // Of the logarithms, by least squares.
    private static double Slope(Timed[] all)
    {
        double x = all.Average(one => Math.Log(one.Parameters)), y = all.Average(one => Math.Log(one.Microseconds));
        return all.Sum(one => (Math.Log(one.Parameters) - x) * (Math.Log(one.Microseconds) - y))
            / all.Sum(one => Math.Pow(Math.Log(one.Parameters) - x, 2));
    }

    private sealed record Timed(string Kind, string Size, double Parameters, double Microseconds, double Operations);
}
