using Kansformers.Inspection;
using Kansformers.Kan;
using Kansformers.Tests.Training;
using Kansformers.Training;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Tests.Inspection;

/// <summary>Edges are pruned in the order that was asked for, and stay so.</summary>
public class ModelPruningTests
{
    public static TheoryData<string> EdgeKinds() => [.. KanKinds.All.Where(kind => !kind.IsFunction).Select(kind => kind.Kind)];

    [Theory]
    [MemberData(nameof(EdgeKinds))]
    public void A_pruned_run_keeps_its_mask_through_files_and_training(string kind)
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder);
        config = config with { Model = config.Model with { Placement = KanPlacement.Mlp, Kan = KanSettings.Parse($"{kind}:sharing=edge") } };
        using (TrainingRun run = TrainingRun.Start(config, folder["run"]))
            run.Run();
        RunFolder source = RunFolder.Open(folder["run"]);
        byte[] before = File.ReadAllBytes(source.ModelFile);
        using TransformerModel model = source.LoadModel();
        ModelReading reading = FunctionReader.Read(source, model, new ReadingOptions { Tokens = 64 });
        using ModelPruning pruning = new(model, reading);
        IReadOnlyList<PrunedLayer> layers = pruning.Prune(new PruningOptions { Share = 0.25 });
        Assert.Equal(pruning.Edges / 4, layers.Sum(layer => layer.Pruned));
        DerivedRun.Write(source, folder["pruned"], pruning.Model);

        RunFolder made = RunFolder.Open(folder["pruned"]);
        Assert.Equal(source.Folder, made.Config.MadeFrom);
        using (TransformerModel opened = made.LoadModel())
            Assert.Equal(layers.Select(layer => layer.Pruned), FunctionLayer.Of(opened).Select(layer => layer.PrunedEdges));
        Assert.Equal(before, File.ReadAllBytes(source.ModelFile));

        RunConfig more = config with { Model = made.Config.Model, InitialWeights = made.ModelFile, Training = config.Training with { Optimizer = new MuonOptions(), KanPenalty = 1e-4 } };
        using (TrainingRun run = TrainingRun.Start(more, folder["more"]))
            run.Run();
        using TransformerModel trained = RunFolder.Open(folder["more"]).LoadModel(RunWeights.Last);
        Assert.Equal(layers.Select(layer => layer.Pruned), FunctionLayer.Of(trained).Select(layer => layer.PrunedEdges));
        Assert.False(trained.KanLayers().First().Layer.Coefficients.Equals(pruning.Model.KanLayers().First().Layer.Coefficients));
    }

    [Fact]
    public void What_is_pruned_leaves_its_mean_behind_and_scores_least()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder);
        using (TrainingRun run = TrainingRun.Start(config with { Model = config.Model with { Placement = KanPlacement.Mlp } }, folder["run"]))
            run.Run();
        RunFolder source = RunFolder.Open(folder["run"]);
        using TransformerModel model = source.LoadModel();
        ModelReading reading = FunctionReader.Read(source, model, new ReadingOptions { Tokens = 512 });
        using ModelPruning pruning = new(model, reading);
        foreach (PruningOrder order in Enum.GetValues<PruningOrder>())
        {
            pruning.Prune(new PruningOptions { Share = 0.5, Order = order });
            FunctionLayer[] pruned = [.. FunctionLayer.Of(pruning.Model)];
            double worstGone = 0, bestKept = double.PositiveInfinity;
            for (int i = 0; i < pruned.Length; i++)
            {
                KanLinear layer = pruning.Model.KanLayers().ElementAt(i).Layer;
                double[] bias = ((KanLinear)pruned[i].Module).Tensors[KanRole.Bias].to_type(ScalarType.Float64).data<double>().ToArray(), means = new double[bias.Length];
                for (int output = 0; output < pruned[i].Outputs; output++)
                {
                    foreach (FunctionPlace place in pruned[i].Places(output))
                    {
                        FunctionReading was = reading.Layers[i].Of(place);
                        if (order == PruningOrder.Attribution && !pruned[i].IsPruned(place))
                            bestKept = Math.Min(bestKept, was.Attribution);
                        if (!pruned[i].IsPruned(place))
                            continue;
                        means[output] += was.Mean;
                        worstGone = Math.Max(worstGone, was.Attribution);
                    }
                }

                Assert.All(bias.Zip(means), pair => Assert.Equal(pair.Second, pair.First, 5));
            }

            if (order == PruningOrder.Attribution)
                Assert.True(worstGone <= bestKept * 1.0001, $"{worstGone} {bestKept}");
        }
    }

    [Fact]
    public void Nothing_to_prune_and_wrong_options_are_told()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder);
        using (TrainingRun run = TrainingRun.Start(config with { Model = config.Model with { Kan = KanSettings.Parse("bspline:sharing=channel") } }, folder["run"]))
            run.Run();
        RunFolder source = RunFolder.Open(folder["run"]);
        using TransformerModel model = source.LoadModel();
        ModelReading reading = FunctionReader.Read(source, model, new ReadingOptions { Tokens = 16 });
        Assert.Contains("no edges to prune", Assert.Throws<KansformersException>(() => new ModelPruning(model, reading)).Message, StringComparison.Ordinal);
        Assert.Contains("Share is 2", Assert.Throws<KansformersException>(() => new PruningOptions { Share = 2 }.Validate()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sweep_begins_at_the_models_own_loss_and_is_drawn()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder);
        using (TrainingRun run = TrainingRun.Start(config with { Model = config.Model with { Placement = KanPlacement.Mlp } }, folder["run"]))
            run.Run();
        RunFolder source = RunFolder.Open(folder["run"]);
        using TransformerModel model = source.LoadModel();
        using HeldOutLoss heldOut = new(source);
        using ModelPruning pruning = new(model, FunctionReader.Read(source, model, new ReadingOptions { Tokens = 16 }));
        PruningSweep sweep = PruningSweep.Measure(pruning, new PruningOptions(), [0.5, 1], () => heldOut.Of(pruning.Model));
        Assert.Equal(heldOut.Of(model), sweep.Loss, 6);
        Assert.Equal(PruningSweep.DefaultOrders, sweep.Curves.Select(curve => curve.Order));
        Assert.All(sweep.Curves, curve => Assert.Equal(sweep.Curves[0].Points[^1].Loss, curve.Points[^1].Loss, 6)); // with nothing left the order is nothing
        Assert.Contains("by chance", sweep.Svg("a < b"), StringComparison.Ordinal);
        Assert.Contains("a &lt; b", sweep.Svg("a < b"), StringComparison.Ordinal);
    }
}
