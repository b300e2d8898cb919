using Kansformers.Inspection;
using Kansformers.Kan;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Tests.Training;

/// <summary>Weights that a run keeps on its way, and the curves that they had.</summary>
public class SnapshotTests : OneThread
{
    private static readonly TrainingOptions Keeping = TinyTraining.Options with { SnapshotInterval = 3, RefineGrid = [new PlannedRefinement(5, 10)] };

    [Fact]
    public void A_run_keeps_what_it_was_asked_to_and_comes_to_the_same()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder, Keeping);
        using (TrainingRun run = TrainingRun.Start(TinyTraining.Config(folder, Keeping with { SnapshotInterval = 0 }), folder["without"]))
            run.Run();
        using (TrainingRun run = TrainingRun.Start(config, folder["whole"]))
            run.Run();
        RunComparison.AssertSame(folder["without"], folder["whole"]);
        Assert.Empty(RunFolder.Open(folder["without"]).Snapshots());
        RunFolder whole = RunFolder.Open(folder["whole"]);
        Assert.Equal([0L, 3, 6], whole.Snapshots().Select(snapshot => snapshot.Step));
        Assert.Equal([0L, 3, 6], whole.SnapshotsBefore(RunWeights.Last).Select(snapshot => snapshot.Step));

        ResumeTests.Interrupt(TrainingRun.Start(config, folder["parts"]), 4);
        Assert.Equal([0L, 3], RunFolder.Open(folder["parts"]).Snapshots().Select(snapshot => snapshot.Step));
        folder.Write("parts/snapshot-3.safetensors.1.0123456789abcdef0123456789abcdef.tmp", "half");
        folder.Write("parts/snapshot-x.safetensors", "not ours");
        using (TrainingRun run = TrainingRun.Resume(folder["parts"]))
            run.Run();
        foreach (RunSnapshot snapshot in whole.Snapshots())
            Assert.Equal(File.ReadAllBytes(snapshot.File), File.ReadAllBytes(Path.Combine(folder["parts"], Path.GetFileName(snapshot.File))));
        RunComparison.AssertSame(folder["whole"], folder["parts"]);
    }

    [Fact]
    public void Earlier_curves_are_drawn_of_snapshots_and_other_weights_whatever_their_grid()
    {
        using TestFolder folder = new();
        using (TrainingRun run = TrainingRun.Start(TinyTraining.Config(folder, Keeping), folder["run"]))
            run.Run();
        RunFolder opened = RunFolder.Open(folder["run"]);
        using TransformerModel model = opened.LoadModel(RunWeights.Last);
        FunctionLayer layer = FunctionLayer.Of(model)[0];
        using EarlierWeights earlier = EarlierWeights.Open([.. opened.Snapshots().Select(snapshot => snapshot.File), opened.Folder]);
        IReadOnlyList<FunctionLayer> layers = earlier.Of(layer);
        Assert.Equal([5, 5, 10, 10], layers.Select(one => ((GridOptions)one.Options).GridSize));
        double[] x = [-0.5, 0, 0.5];
        Assert.NotEqual(layers[0].Values(new FunctionPlace(0, 0), x), layer.Values(new FunctionPlace(0, 0), x));
    }

    [Fact]
    public void Weights_of_another_architecture_have_no_such_layer()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder, TinyTraining.Options with { MaxIters = 1 });
        using (TrainingRun run = TrainingRun.Start(config, folder["run"]))
            run.Run();
        using (TrainingRun run = TrainingRun.Start(config with { Model = config.Model with { Width = 12 } }, folder["wide"]))
            run.Run();
        using TransformerModel model = RunFolder.Open(folder["run"]).LoadModel();
        using EarlierWeights other = EarlierWeights.Open([folder["wide"]]);
        string message = Assert.Throws<KansformersException>(() => other.Of(FunctionLayer.Of(model)[0])).Message;
        Assert.Contains("of 8 inputs and 24 outputs, a function for each edge; give weights of the same architecture", message, StringComparison.Ordinal);
        Assert.Throws<KansformersException>(() => EarlierWeights.Open([folder["wide"], folder["nowhere"]]));
    }
}
