using Kansformers.Kan;
using Kansformers.Transformers;

namespace Kansformers.Findings;

/// <summary>Why text breaks at temperatures just off 1: calibration, entropy, and where the probability lies, of the original, with a linear head,
/// and learned better.</summary>
internal sealed class Temperature : Experiment
{
    public override string Name => "temperature";

    public override string Summary => "where the probability lies at each temperature, and whether the model is calibrated";

    public override Finding Run(Workbench bench)
    {
        Setup original = Setup.Original(bench.Scale).Words(bench.Scale).Trained(training =>
            training with { BatchSize = Math.Max(1, training.BatchSize / 2) });
        Setup linear = original with { Name = "original, linear head",
            Model = original.Model with { Placement = KanPlacement.Attention | KanPlacement.Mlp } };
        Setup faster = Changes.Rate(0.006).Apply(original) with { Name = "original, rate 0.006" };
        Setup good = Setup.Good(bench.Scale).Words(bench.Scale).Trained(training => training with
        {
            MaxIters = 2 * training.MaxIters, Warmup = 2 * training.Warmup, EvalInterval = 2 * training.EvalInterval,
        }) with { Name = "learned better", Model = linear.Model };
        (Setup Setup, TokenClasses Classes, Predictions[] Seeds)[] all = [.. new[] { original, linear, faster, good }.Select(setup =>
        {
            TokenClasses classes = new(bench.Corpus(setup.Tokenizer));
            return (setup, classes, (Predictions[])[.. bench.Seeds.Select(seed =>
                bench.Keep($"temperature, {setup.Name} seed {seed}", new { setup.Model, setup.Training, seed, looks = "temperature" }, () =>
                Of(bench, setup, seed, classes)))]);
        })];
        List<Table> tables = [Summaries(all), Texts(all)];
        tables.AddRange(all.Select(entry => ByTemperature(entry.Setup.Name, entry.Classes, entry.Seeds)));
        Dictionary<string, string> texts = [];
        foreach ((Setup setup, _, Predictions[] seeds) in all)
        {
            foreach (Written written in seeds[0].Texts)
                texts[FormattableString.Invariant($"{setup.Name}, temperature {written.Temperature}")] = written.Text;
        }

        return new Finding(Name, Summary, tables, Draw(all), texts);
    }

    private static Predictions Of(Workbench bench, Setup setup, long seed, TokenClasses classes)
    {
        using CausalModel model = bench.Create(setup, seed);
        PredictionStudy study = new(model, bench.Corpus(setup.Tokenizer), classes, bench.Scale);
        List<Look> never = [new Look(0, study.NeverSeenMass())];
        Trial trial = bench.Train(setup, seed, model, step => never.Add(new Look(step, study.NeverSeenMass())));
        return study.Run(seed) with { Trial = trial, NeverSeen = never };
    }

    private static Table Summaries((Setup Setup, TokenClasses Classes, Predictions[] Seeds)[] all) => new(
        "after training",
        ["loss (nats)", "best temperature", "loss there", "entropy of predictions at 1", "expected calibration error", "deviation of logits",
            "skewness", "excess kurtosis", "logits of ids never seen below the others"],
        [.. all.Select(entry => TableRow.Of(entry.Setup.Name, Measures.Mean([.. entry.Seeds.Select(seed =>
            (double[])[seed.At(1).CrossEntropy, seed.Best.Temperature, seed.Best.CrossEntropy, seed.At(1).Entropy, seed.CalibrationError,
                seed.Logits.Deviation, seed.Logits.Skewness, seed.Logits.Kurtosis, seed.Logits.Gap])])))]);

    private static Table ByTemperature(string name, TokenClasses classes, Predictions[] seeds) => new(
        name + ", by temperature",
        ["loss (nats)", "entropy", "choices (exp of entropy)", "entropy, ids of the text alone", .. TokenClasses.Names],
        [
            new TableRow("the text itself", [null, null, null, null, .. classes.ShareOfText.Select(share => (double?)share)]),
            .. seeds[0].Temperatures.Select((row, i) => TableRow.Of(FormattableString.Invariant($"{row.Temperature}"),
                Measures.Mean([.. seeds.Select(seed => seed.Temperatures[i]).Select(at =>
                (double[])[at.CrossEntropy, at.Entropy, Math.Exp(at.Entropy), at.EntropySeen, .. at.Mass])])))
        ]);

    private static Table Texts((Setup Setup, TokenClasses Classes, Predictions[] Seeds)[] all) => new(
        "text that is sampled",
        ["words that the training text has", "different tokens of all", .. TokenClasses.Names],
        [.. all.SelectMany(entry => entry.Seeds[0].Texts.Select((text, i) =>
            TableRow.Of(FormattableString.Invariant($"{entry.Setup.Name}, {text.Temperature}"),
            Measures.Mean([.. entry.Seeds.Select(seed => (double[])[seed.Texts[i].KnownWords, seed.Texts[i].Different,
                .. seed.Texts[i].Shares])]))))]);

    private static Picture[] Draw((Setup Setup, TokenClasses Classes, Predictions[] Seeds)[] all)
    {
        List<Curve> entropies = [], reliability = [new Curve("perfectly calibrated",
            [(0, 0), (all.Max(entry => entry.Seeds.Max(seed => seed.Reliability.Max(bin => bin.Confidence))),
            all.Max(entry => entry.Seeds.Max(seed => seed.Reliability.Max(bin => bin.Confidence))))]) { Colour = 8, Dashed = true }];
        List<Curve> never = [];
        foreach ((Setup setup, int i) in all.Select((entry, i) => (entry.Setup, i)))
        {
            Predictions[] own = all[i].Seeds;
            entropies.Add(new Curve(setup.Name + ": loss", [.. own[0].Temperatures.Select((row, at) =>
                (row.Temperature, own.Average(seed => seed.Temperatures[at].CrossEntropy)))]) { Colour = i });
            entropies.Add(new Curve("entropy of predictions",
                [.. own[0].Temperatures.Select((row, at) => (row.Temperature, own.Average(seed => seed.Temperatures[at].Entropy)))]) {
                Colour = i, Dashed = true });
            reliability.Add(new Curve(setup.Name, [.. own[0].Reliability.Select((_, bin) =>
                (own.Average(seed => seed.Reliability[bin].Confidence), own.Average(seed => seed.Reliability[bin].Accuracy)))]) { Colour = i });
            never.Add(new Curve(setup.Name, [.. own[0].NeverSeen.Select((look, at) =>
                ((double)look.Step, own.Average(seed => seed.NeverSeen[at].Value)))]) { Colour = i });
        }

        return
        [
            DrawMasses("temperature.svg", "Where the original's probability lies, by temperature", all[0]),
            DrawMasses("temperature-better.svg", "Where the probability of a model lies that learned better, by temperature", all[^1]),
            new Picture("temperature-entropy.svg", new LinePicture("Loss on held-out text and entropy of the predictions, by temperature",
                "a calibrated model's entropy is its loss", "temperature", "nats per token") { Curves = entropies }.ToSvg()),
            new Picture("temperature-reliability.svg", new LinePicture("How often the most probable token is right",
                "tenths of the predictions, by their confidence", "probability of the most probable token", "how often it is right") {
                Curves = reliability }.ToSvg()),
            new Picture("temperature-never.svg", new LinePicture("Probability of ids that the training text does not have",
                "at temperature 1, on held-out text", "step", "share of the probability") { Curves = never, Powers = true }.ToSvg()),
        ];
    }

    private static Picture DrawMasses(string file, string title, (Setup Setup, TokenClasses Classes, Predictions[] Seeds) of) =>
        new(file, new LinePicture(
        title, "mean over held-out text; in brackets: the share of the text itself", "temperature", "share of the probability")
    {
        Curves = [.. TokenClasses.Names.Select((name, kind) =>
            new Curve(FormattableString.Invariant($"{name} ({of.Classes.ShareOfText[kind]:0.0%} of the text)"),
            [.. of.Seeds[0].Temperatures.Select((row, i) => (row.Temperature, of.Seeds.Average(seed => seed.Temperatures[i].Mass[kind])))]))],
    }.ToSvg());
}
