using Kansformers.Kan;
using Kansformers.Training;
using Kansformers.Transformers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Findings;

/// <summary>How large the residual stream and the gradients are, block by block, in a deeper model: at the start and after training.</summary>
internal sealed class ScaleByDepth : Experiment
{
    public override string Name => "depth";

    public override string Summary => "the scale of activations and gradients by depth, at the start and after training";

    public override Finding Run(Workbench bench)
    {
        Scale scale = bench.Scale;
        Setup Deep(Setup setup) => setup with
        {
            Model = setup.Model with { Layers = scale.Depth, Width = scale.WordWidth, Heads = 2 },
            Training = setup.Training with { MaxIters = Math.Max(2, scale.Steps / 2), Warmup = setup.Training.Warmup / 2,
                EvalInterval = scale.Steps },
        };
        Setup original = Deep(Setup.Original(scale)),
            preserving = original.With(kan => kan with { Initialization = KanInitialization.VariancePreserving }) with { Name = "variance-preserving start" };
        List<Table> tables = [];
        List<Curve> streams = [], gradients = [];
        foreach ((Setup setup, int colour) in new[] { (original, 0), (preserving, 1), (Deep(Setup.Good(scale)), 2) })
        {
            Kept[] seeds = [.. bench.Seeds.Select(seed => bench.Keep($"depth, {setup.Name} seed {seed}",
                new { setup.Model, setup.Training, seed, looks = "depth" }, () => Of(bench, setup, seed)))];
            double[][] start = Mean(seeds, kept => kept.Start), end = Mean(seeds, kept => kept.End);
            tables.Add(new Table(setup.Name, ["residual stream at the start", "at the end", "gradient of base weights at the start",
                "at the end", "gradient of coefficients at the start", "at the end"],
                [.. start.Select((row, i) => TableRow.Of(FormattableString.Invariant($"block {i + 1}"), row[0], end[i][0], row[1], end[i][1],
                    row[2], end[i][2]))]));
            Add(streams, 0);
            Add(gradients, 2);

            void Add(List<Curve> curves, int value)
            {
                curves.Add(new Curve(setup.Name + ", start", [.. start.Select((row, i) => (i + 1.0, row[value]))]) { Colour = colour });
                curves.Add(new Curve("trained", [.. end.Select((row, i) => (i + 1.0, row[value]))]) { Colour = colour, Dashed = true });
            }
        }

        return new Finding(Name, Summary, tables,
        [
            new Picture("depth.svg", new LinePicture("The residual stream by depth",
                $"{scale.Depth} blocks of width {scale.WordWidth}; root mean square after each block", "block", "root mean square") {
                Curves = streams, Powers = true }.ToSvg()),
            new Picture("depth-gradients.svg", new LinePicture("Gradients of spline coefficients by depth",
                "root mean square over a block's coefficients, of a batch's loss", "block", "root mean square") { Curves = gradients,
                Powers = true }.ToSvg()),
        ]);
    }

    private static double[][] Mean(Kept[] seeds, Func<Kept, double[][]> part) =>
        [.. Enumerable.Range(0, part(seeds[0]).Length).Select(block => Measures.Mean([.. seeds.Select(kept => part(kept)[block])]))];

    private static Kept Of(Workbench bench, Setup setup, long seed)
    {
        using CausalModel model = bench.Create(setup, seed);
        TokenBatch batch = Measures.Windows(bench.Corpus(setup.Tokenizer).Train, setup.Model.BlockSize, setup.Training.BatchSize);
        double[][] start = Look(model, batch);
        bench.Train(setup, seed, model);
        return new Kept(start, Look(model, batch));
    }

    // A row for each block: the residual stream behind it, gradients of base weights and of coefficients.
    private static double[][] Look(CausalModel model, TokenBatch batch)
    {
        using var scope = NewDisposeScope();
        double[] streams = Streams(model, batch.Tokens);
        Measures.Backward(model, batch);
        return [.. streams.Select((stream, block) => new[] { stream, Gradient(model, block, layer => layer.BaseWeight),
            Gradient(model, block, layer => layer.Coefficients) })];
    }

    // Without dropout the stream is what was embedded, and the outputs of all attention and feed-forward parts until there.
    private static double[] Streams(CausalModel model, Tensor tokens)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        Dictionary<string, Parameter> parameters = model.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter);
        Tensor embedded = parameters["transformer.wte.weight"][tokens.flatten()].view(tokens.shape[0], tokens.shape[1], -1)
            + parameters["transformer.wpe.weight"][..(int)tokens.shape[1]];
        Tensor stream = embedded.flatten(0, 1).DetachFromDisposeScope(); // the model's own scopes are open where it grows
        List<double> scales = [];
        Measures.Watch(model, tokens, (name, layer, x) =>
        {
            string place = Measures.Place(name);
            if (!place.EndsWith(" out", StringComparison.Ordinal))
                return;
            using Tensor before = stream;
            stream = (before + layer.forward(x)).DetachFromDisposeScope();
            if (place.EndsWith("feed-forward out", StringComparison.Ordinal))
                scales.Add(Measures.Rms(stream));
        });
        stream.Dispose();
        return [.. scales];
    }

    private static double Gradient(CausalModel model, int block, Func<KanLinear, Parameter?> part)
    {
        using var scope = NewDisposeScope();
        Tensor[] all = [.. model.KanLayers().Where(entry => entry.Name.Contains($".h.{block}.", StringComparison.Ordinal)).Select(entry =>
            part(entry.Layer)?.grad?.flatten()).OfType<Tensor>()];
        return all.Length == 0 ? 0 : Measures.Rms(cat(all));
    }

    private sealed record Kept(double[][] Start, double[][] End);
}
