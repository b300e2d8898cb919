using Kansformers.Kan;
using Kansformers.Transformers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Findings;

/// <summary>How much of a layer's output comes from its splines, how many of their coefficients never learn, and what the loss is without
/// them.</summary>
internal sealed class WhatSplinesDo : Experiment
{
    private const int Batches = 8;

    public override string Name => "splines";

    public override string Summary => "what splines add to the base branch, which of them are dead, and what the model loses without them";

    public override Finding Run(Workbench bench)
    {
        List<Table> tables = [];
        List<TableRow> losses = [];
        List<(string, IReadOnlyList<double>)> bars = [];
        Setup original = Setup.Original(bench.Scale);
        foreach (Setup setup in new[] { original, original.Trained(training => training with { LearningRate = 3e-3 }) with {
            Name = "original, rate 0.003" }, Setup.Good(bench.Scale) })
        {
            Kept[] seeds = [.. bench.Seeds.Select(seed => bench.Keep($"splines, {setup.Name} seed {seed}",
                new { setup.Model, setup.Training, seed, looks = "splines" }, () => Of(bench, setup, seed)))];
            tables.Add(new Table(setup.Name, ["splines against base branch at the start", "at the end",
                "coefficients without gradient at the start", "at the end", "splines under a tenth of their base weight at the end"],
                [.. seeds[0].Layers.Select((layer, i) => TableRow.Of(layer.Name, Measures.Mean([.. seeds.Select(kept => kept.Layers[i].Values)])))]));
            losses.Add(TableRow.Of(setup.Name, Measures.Mean([.. seeds.Select(kept => kept.Losses)])));
            bars.Add((setup.Name + ": whole", [.. seeds.Select(kept => kept.Losses[0])]));
            bars.Add(("without splines", [.. seeds.Select(kept => kept.Losses[1])]));
            bars.Add(("without base branches", [.. seeds.Select(kept => kept.Losses[2])]));
        }

        tables.Add(new Table("after training", ["loss (nats)", "without splines", "without base branches"], losses));
        DotPicture picture = new("What a trained model loses without its splines",
            "branches taken out after training; a dot for each seed; dashed: the whole model of the original's settings",
            "validation loss (nats per character)") { Rows = bars };
        return new Finding(Name, Summary, tables, [new Picture("splines.svg", picture.ToSvg())]);
    }

    private static Kept Of(Workbench bench, Setup setup, long seed)
    {
        using CausalModel model = bench.Create(setup, seed);
        List<(string Name, double Ratio, double Dead, double Idle)> before = Look(bench, setup, model);
        bench.Train(setup, seed, model);
        List<(string Name, double Ratio, double Dead, double Idle)> after = Look(bench, setup, model);
        double whole = Loss(), withoutSplines = Without(model, layer => layer.Coefficients, Loss),
            withoutBase = Without(model, layer => layer.BaseWeight, Loss);
        return new Kept([.. before.Zip(after, (was, is_) => new LayerValues(was.Name, [was.Ratio, is_.Ratio, was.Dead, is_.Dead, is_.Idle]))],
            [whole, withoutSplines, withoutBase]);

        double Loss() => Measures.ValidationLoss(model, bench.Corpus(setup.Tokenizer), bench.Scale.Validation);
    }

    private static List<(string, double, double, double)> Look(Workbench bench, Setup setup, CausalModel model)
    {
        Dictionary<string, Tensor> alive = [];
        Dictionary<string, double> ratios = [];
        using var scope = NewDisposeScope();
        for (int batch = 0; batch < Batches; batch++)
        {
            TokenBatch tokens = Measures.Windows(bench.Corpus(setup.Tokenizer).Train, setup.Model.BlockSize, setup.Training.BatchSize,
                batch * 1000L % Math.Max(1, bench.Corpus(setup.Tokenizer).Train.Count / 2));
            Measures.Backward(model, tokens);
            foreach ((string name, KanLinear layer) in model.KanLayers())
            {
                Tensor moved = layer.Coefficients.grad!.ne(0);
                alive[name] = alive.TryGetValue(name, out Tensor? earlier) ? earlier.logical_or(moved) : moved;
            }

            if (batch == 0)
            {
                Measures.Watch(model, tokens.Tokens, (name, layer, x) =>
                {
                    (Tensor plain, Tensor splines) = Measures.Branches(layer, x);
                    ratios[name] = Measures.Rms(splines) / Math.Max(1e-12, Measures.Rms(plain));
                });
            }
        }

        return [.. model.KanLayers().Select(entry => (Measures.Place(entry.Name), ratios[entry.Name],
            1 - alive[entry.Name].to_type(ScalarType.Float64).mean().item<double>(), Idle(entry.Layer)))];
    }

    // The share of edges whose largest scaled coefficient, which bounds their spline, is under a tenth of the layer's root mean square base weight.
    private static double Idle(KanLinear layer)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Tensor largest = layer.Coefficients.abs().amax([-1L]);
        if (layer.Scaler is Tensor scaler)
            largest *= scaler.abs();
        return largest.lt(Measures.Rms(layer.BaseWeight!) / 10).to_type(ScalarType.Float64).mean().item<double>();
    }

    private static double Without(CausalModel model, Func<KanLinear, Parameter?> part, Func<double> loss)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        (Parameter Of, Tensor Values)[] kept = [.. model.KanLayers().Select(entry => part(entry.Layer)).OfType<Parameter>().Select(parameter =>
            (parameter, parameter.clone()))];
        foreach ((Parameter of, _) in kept)
            of.zero_();
        double without = loss();
        foreach ((Parameter of, Tensor values) in kept)
            of.copy_(values);
        return without;
    }

    private sealed record LayerValues(string Name, double[] Values);

    private sealed record Kept(IReadOnlyList<LayerValues> Layers, double[] Losses);
}
