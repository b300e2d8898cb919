using Kansformers.Kan;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Tests.Training;

/// <summary>Grid updates and the sparsity penalty in training.</summary>
public class GridTrainingTests
{
    private static readonly TrainingOptions Moving = TinyTraining.Options with { UpdateGrid = 2, KanPenalty = 1e-3 };

    [Theory]
    [InlineData(3, "bspline")]
    [InlineData(4, "bspline")]
    [InlineData(5, "bspline")]
    [InlineData(4, "bspline:sharing=group:2,norm=layer-norm")]
    [InlineData(3, "rbf")]
    [InlineData(4, "rbf:sharing=channel")]
    [InlineData(5, "switch")]
    [InlineData(4, "switch:rule=program,norm=tanh")]
    public void A_run_whose_grids_move_resumes_to_the_same_bits(long step, string kan)
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder, Moving);
        config = config with { Model = config.Model with { Kan = KanSettings.Parse(kan) } };
        List<GridUpdateSummary> moved = [];
        using (TrainingRun run = TrainingRun.Start(config, folder["whole"]))
        {
            run.Trainer.GridsUpdated += moved.Add;
            Assert.Equal(TrainingEnd.Finished, run.Run().End);
        }

        Assert.Equal([2L, 4, 6, 8], moved.Select(summary => summary.Step));
        Assert.All(moved, summary => Assert.True(summary.Moved > 0 && summary.Layers == 5));
        ResumeTests.Interrupt(TrainingRun.Start(config, folder["parts"]), step);
        using (TrainingRun run = TrainingRun.Resume(folder["parts"]))
            run.Run();
        RunComparison.AssertSame(folder["whole"], folder["parts"]);
    }

    [Fact]
    public void The_penalty_makes_coefficients_smaller_and_is_not_in_the_loss_that_is_told()
    {
        using TestFolder folder = new();
        using TokenizedCorpus corpus = TinyTraining.Corpus(folder);
        (double firstPlain, double plain) = Train(corpus, TinyTraining.Options with { MaxIters = 40 });
        (double first, double sparse) = Train(corpus, TinyTraining.Options with { MaxIters = 40, KanPenalty = 1 });
        Assert.Equal(firstPlain, first);
        Assert.InRange(sparse, 0, 0.8 * plain);
    }

    [Theory]
    [InlineData("chebyshev", KanPlacement.All, "KAN layers of the kind chebyshev have no grid")]
    [InlineData("rational:sharing=group:2", KanPlacement.Mlp, "KAN layers of the kind rational have no grid")]
    [InlineData("bspline:grid-update=original,sharing=channel", KanPlacement.All, "grid update is Original")]
    [InlineData("rbf", KanPlacement.None, "this model has no KAN layer")]
    public void A_model_without_such_grids_is_refused(string kan, KanPlacement placement, string why)
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder, Moving);
        config = config with { Model = config.Model with { Kan = KanSettings.Parse(kan), Placement = placement } };
        Assert.StartsWith($"update grid is 2, but {why}", Assert.Throws<KansformersException>(() => TrainingRun.Start(config, folder["run"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_penalty_without_KAN_layers_is_refused()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder, TinyTraining.Options with { KanPenalty = 0.5 });
        config = config with { Model = config.Model with { Placement = KanPlacement.None } };
        Assert.Equal("kan penalty is 0.5, but this model has no KAN layer", Assert.Throws<KansformersException>(() => TrainingRun.Start(config, folder["run"])).Message);
    }

    // The first step's loss, and the mean size of the splines' coefficients at the end.
    private static (double FirstLoss, double Size) Train(TokenizedCorpus corpus, TrainingOptions options)
    {
        using Gpt model = TinyTraining.NewModel(corpus);
        using Trainer trainer = new(model, options, new TrainingData(corpus.Train), null);
        List<double> losses = [];
        trainer.StepEnded += step => losses.Add(step.Loss);
        trainer.Run();
        return (losses[0], model.KanLayers().Average(entry => entry.Layer.Coefficients.abs().mean().item<float>()));
    }
}
