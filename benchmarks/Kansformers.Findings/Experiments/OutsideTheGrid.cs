using Kansformers.Kan;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Findings;

/// <summary>Which share of what enters each layer lies outside its grid, where no spline can learn, and how wide the inputs are.</summary>
internal sealed class OutsideTheGrid : Experiment
{
    public override string Name => "outside";

    public override string Summary => "the share of inputs outside the grid, by layer, as training goes on";

    public override Finding Run(Workbench bench)
    {
        List<Seen> original = Of(bench, Setup.Original(bench.Scale)), good = Of(bench, Setup.Good(bench.Scale));
        return new Finding(Name, Summary, [ToTable("original", original), ToTable("good settings", good)],
            [Draw("outside.svg", "The original's settings: inputs outside the grid of -1 to 1", original),
                Draw("outside-good.svg", "The same model at a rate of 0.006: inputs outside the grid of -1 to 1", good)]);
    }

    private static Picture Draw(string file, string title, List<Seen> seen) =>
        new(file, new LinePicture(title, "share of the values that enter a layer, mean of the seeds", "step", "share outside")
    {
        Curves = [.. seen.GroupBy(entry => entry.Layer).Select(layer =>
            new Curve(layer.Key, [.. layer.Select(entry => ((double)entry.Step, entry.Share))]))],
    }.ToSvg());

    private static Table ToTable(string title, List<Seen> seen) =>
        new(title, ["share outside at the start", "at the end", "deviation of inputs at the start", "at the end"],
        [.. seen.GroupBy(entry => entry.Layer).Select(layer =>
            TableRow.Of(layer.Key, layer.First().Share, layer.Last().Share, layer.First().Deviation, layer.Last().Deviation))]);

    // The mean of the seeds.
    private static List<Seen> Of(Workbench bench, Setup setup)
    {
        List<Seen>[] seeds = [.. bench.Seeds.Select(seed =>
            bench.Keep($"outside, {setup.Name} seed {seed}", new { setup.Model, setup.Training, seed, looks = "outside" }, () =>
        {
            List<Seen> seen = [];
            using CausalModel model = bench.Create(setup, seed);
            TokenBatch batch = Measures.Windows(bench.Corpus(setup.Tokenizer).Validation, setup.Model.BlockSize, 32);
            void Look(long step) => Measures.Watch(model, batch.Tokens, (name, layer, x) =>
                seen.Add(new Seen(Measures.Place(name), step, layer.OutsideShare(x), Deviation(x))));
            Look(0);
            bench.Train(setup, seed, model, Look);
            return seen;
        }))];
        return [.. seeds[0].Select((entry, i) => entry with { Share = seeds.Average(seen => seen[i].Share),
            Deviation = seeds.Average(seen => seen[i].Deviation) })];
    }

    private static double Deviation(Tensor x)
    {
        using var scope = NewDisposeScope();
        return x.std().to_type(ScalarType.Float64).item<double>();
    }

    private sealed record Seen(string Layer, long Step, double Share, double Deviation);
}
