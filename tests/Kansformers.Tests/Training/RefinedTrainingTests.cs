using Kansformers.Kan;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;
using TorchSharp;

namespace Kansformers.Tests.Training;

/// <summary>Grids that become finer in the middle of a training.</summary>
public class RefinedTrainingTests : OneThread
{
    private static readonly TrainingOptions Refining = TinyTraining.Options with { RefineGrid = [new PlannedRefinement(3, 10), new PlannedRefinement(6, 20)] };

    [Theory]
    [InlineData("bspline", "adamw", 2)]
    [InlineData("bspline", "muon", 3)]
    [InlineData("bspline", "muon", 4)]
    [InlineData("bspline:sharing=group:2,norm=layer-norm", "adamw", 3)]
    [InlineData("bspline:sharing=channel", "muon", 5)]
    [InlineData("bspline:base-activation=none", "adamw", 7)]
    [InlineData("rbf", "adamw", 4)]
    [InlineData("rbf:sharing=channel", "muon", 6)]
    [InlineData("switch", "adamw", 4)]
    [InlineData("switch:sharing=group:2", "muon", 7)]
    public void A_run_whose_grids_are_refined_resumes_to_the_same_bits(string kan, string optimizer, long step)
    {
        using TestFolder folder = new();
        RunConfig config = Config(folder, Refining with { Optimizer = Optimizers.Named(optimizer) }, kan);
        List<GridRefinementSummary> refined = [];
        using (TrainingRun run = TrainingRun.Start(config, folder["whole"]))
        {
            long before = run.Model.ParameterCount;
            run.Trainer.GridsRefined += refined.Add;
            Assert.Equal(TrainingEnd.Finished, run.Run().End);
            Assert.Equal(20, Assert.IsAssignableFrom<GridOptions>(run.Model.Options.Kan).GridSize);
            Assert.True(run.Model.ParameterCount > before);
        }

        Assert.Equal([(3L, 10, 5), (6L, 20, 5)], refined.Select(summary => (summary.Step, summary.GridSize, summary.Layers)));
        Assert.All(refined, summary => Assert.InRange(summary.Change, 0, kan.StartsWith("bspline", StringComparison.Ordinal) ? 1e-4 : 1));
        ResumeTests.Interrupt(TrainingRun.Start(config, folder["parts"]), step);
        using (TrainingRun run = TrainingRun.Resume(folder["parts"]))
            run.Run();
        RunComparison.AssertSame(folder["whole"], folder["parts"]);
    }

    [Fact]
    public void So_do_runs_whose_grids_move_as_well_and_optimizers_that_begin_anew()
    {
        using TestFolder folder = new();
        RunConfig config = Config(folder, Refining with { UpdateGrid = 2, RefineGrid = [new PlannedRefinement(3, 10) { IsFresh = true }, new PlannedRefinement(6, 15)] }, "bspline");
        using (TrainingRun run = TrainingRun.Start(config, folder["whole"]))
            run.Run();
        foreach (long step in (long[])[3, 4, 6, 8])
        {
            ResumeTests.Interrupt(TrainingRun.Start(config, folder[$"parts{step}"]), step);
            using (TrainingRun run = TrainingRun.Resume(folder[$"parts{step}"]))
                run.Run();
            RunComparison.AssertSame(folder["whole"], folder[$"parts{step}"]);
        }
    }

    [Fact]
    public void The_best_weights_may_be_coarser_than_the_last_ones_and_the_other_way_round()
    {
        using TestFolder folder = new();
        RunConfig config = Config(folder, Refining with { RefineGrid = [new PlannedRefinement(5, 10)] }, "bspline");
        byte[]? checkpoint = null, best = null;
        using (TrainingRun run = TrainingRun.Start(config, folder["run"]))
        {
            run.Trainer.CheckpointSaved += step => (checkpoint, best) = (checkpoint ?? File.ReadAllBytes(run.Folder.CheckpointFile), best ?? File.ReadAllBytes(run.Folder.ModelFile));
            run.Run();
        }

        using (TrainingRun run = TrainingRun.Start(config, folder["whole"]))
            run.Run();
        RunFolder opened = RunFolder.Open(folder["run"]);
        byte[] refinedBest = File.ReadAllBytes(opened.ModelFile);
        File.WriteAllBytes(opened.ModelFile, best!);
        AssertSizes(best: 5, last: 10);

        // As if killed after the refinement, with better weights saved and no checkpoint since.
        File.WriteAllBytes(opened.ModelFile, refinedBest);
        File.WriteAllBytes(opened.CheckpointFile, checkpoint!);
        AssertSizes(best: 10, last: 5);
        using (TrainingRun run = TrainingRun.Resume(folder["run"]))
        {
            Assert.Equal(4, run.Trainer.Steps);
            run.WriteSummary(run.Run(), null);
        }

        RunComparison.AssertSame(folder["whole"], folder["run"]);
        Assert.Contains("the grid began with size 5", File.ReadAllText(opened.SummaryFile), StringComparison.Ordinal);

        void AssertSizes(int best, int last)
        {
            foreach ((RunWeights weights, int size) in new[] { (RunWeights.Best, best), (RunWeights.Last, last) })
            {
                using TransformerModel model = opened.LoadModel(weights);
                Assert.Equal(size, ((GridOptions)model.Options.Kan).GridSize);
                Assert.Equal(size, ((GridOptions)ModelSource.Open(opened.Folder).Architecture(weights).Kan).GridSize);
            }

            Assert.Equal(5, ((GridOptions)opened.Config.Model.Kan).GridSize);
        }
    }

    [Theory]
    [InlineData("bspline", 10)]
    [InlineData("rbf", 15)]
    [InlineData("switch:sharing=channel", 15)]
    public void The_function_is_kept_and_learning_goes_on_from_what_the_optimizer_remembers(string kan, int size)
    {
        using TestFolder folder = new();
        using TokenizedCorpus corpus = TinyTraining.Corpus(folder);
        TrainingOptions options = TinyTraining.Options with { MaxIters = 30, LearningRate = 3e-3 };
        double[] plain = Losses([]), carried = Losses([new PlannedRefinement(20, size)]);
        Assert.Equal(plain[..20], carried[..20]);
        Assert.Equal(plain[20], carried[20], 1e-3);
        Assert.All(plain.Zip(carried).Skip(20), pair => Assert.Equal(pair.First, pair.Second, 0.1));

        double[] Losses(IReadOnlyList<PlannedRefinement> plan)
        {
            using Gpt model = NewModel(corpus, kan);
            using Trainer trainer = new(model, options with { RefineGrid = plan }, new TrainingData(corpus.Train), null);
            List<double> losses = [];
            trainer.StepEnded += step => losses.Add(step.Loss);
            trainer.Run();
            Assert.Equal(plan.Count == 0, ReferenceEquals(model, trainer.Model));
            return [.. losses];
        }
    }

    [Theory]
    [InlineData("bspline")]
    [InlineData("switch")]
    public void Moments_of_other_parameters_stay_and_no_first_step_is_longer_than_the_rate(string kan)
    {
        using TestFolder folder = new();
        using TokenizedCorpus corpus = TinyTraining.Corpus(folder);
        using Gpt model = NewModel(corpus, kan);
        using ModelInTraining coarse = new(model, TinyTraining.Options, new TrainingData(corpus.Train));
        foreach ((string name, torch.Tensor state) in coarse.Optimizer.State)
            state.copy_(name.StartsWith("exp_avg_sq", StringComparison.Ordinal) ? torch.rand_like(state) : torch.randn_like(state));
        coarse.Optimizer.Resume(17);
        (ModelInTraining finer, GridRefinementSummary _) = coarse.Refine(new PlannedRefinement(17, 15));
        using ModelInTraining owned = finer;
        Dictionary<string, torch.Tensor> before = coarse.Optimizer.State.ToDictionary(), after = finer.Optimizer.State.ToDictionary();
        Assert.Equal(17, finer.Optimizer.Steps);
        Assert.Equal(before.Keys, after.Keys);
        int mapped = 0;
        foreach ((string name, torch.Tensor state) in after)
        {
            if (state.shape.AsSpan().SequenceEqual(before[name].shape))
            {
                Assert.True(state.equal(before[name]).all().item<bool>(), name);
                continue;
            }

            mapped++;
            if (!name.StartsWith("exp_avg.", StringComparison.Ordinal))
                continue;
            torch.Tensor square = after[name.Replace("exp_avg.", "exp_avg_sq.", StringComparison.Ordinal)];
            Assert.True(square.min().item<float>() > 0, name);
            Assert.True((state.abs() <= square.sqrt() * 1.0001f).all().item<bool>(), name);
            Assert.Equal(!name.EndsWith("grid", StringComparison.Ordinal), state.abs().max().item<float>() > 0);
        }

        Assert.Equal(kan == "switch" ? 20 : 10, mapped);
    }

    [Fact]
    public void Pruned_edges_stay_pruned()
    {
        using TestFolder folder = new();
        using TokenizedCorpus corpus = TinyTraining.Corpus(folder);
        using Gpt model = NewModel(corpus, "bspline", pruned: true);
        using (torch.no_grad())
        {
            KanLinear first = model.KanLayers().First().Layer;
            first.Coefficients[1, 2].zero_();
            first.BaseWeight![1, 2].zero_();
        }

        using Trainer trainer = new(model, Refining, new TrainingData(corpus.Train), null);
        trainer.Run();
        KanLinear layer = trainer.Model.KanLayers().First().Layer;
        Assert.Equal(20, ((GridOptions)layer.Options).GridSize);
        Assert.Equal(0, layer.Coefficients[1, 2].abs().max().item<float>());
        Assert.Equal(0, layer.BaseWeight![1, 2].item<float>());
        Assert.True(layer.Coefficients[1, 3].abs().max().item<float>() > 0);
    }

    [Theory]
    [InlineData("chebyshev", 0, 3, 10, "a refinement to grid size 10 is planned at step 3, but KAN layers of the kind chebyshev have no grid")]
    [InlineData("bspline", 0, 3, 5, "the training begins with 5; it must be above that")]
    [InlineData("bspline", 0, 9, 10, "the step of a refinement is 9; it must be 1 to below max iters, 9")]
    [InlineData("bspline", 0, 0, 10, "the step of a refinement is 0; it must be 1 to below max iters, 9")]
    [InlineData("rbf", 2, 3, 15, "update grid moves the centres of each layer, so that widths would differ: set denominator")]
    [InlineData("bspline", 0, 3, 2000000000, "grid range")]
    public void Plans_that_cannot_be_are_refused(string kan, long update, long step, int size, string why)
    {
        using TestFolder folder = new();
        RunConfig config = Config(folder, TinyTraining.Options with { UpdateGrid = update, RefineGrid = [new PlannedRefinement(step, size)] }, kan);
        Assert.Contains(why, Assert.Throws<KansformersException>(() => TrainingRun.Start(config, folder["run"])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, 10, 3, 20, "the step of a refinement is 3; it must be above the one before, 3")]
    [InlineData(3, 10, 5, 10, "the grid size of a refinement is 10; it must be above the one before, 10")]
    public void So_are_plans_out_of_order(long first, int size, long second, int other, string why)
    {
        TrainingOptions options = TinyTraining.Options with { RefineGrid = [new PlannedRefinement(first, size), new PlannedRefinement(second, other)] };
        Assert.Equal(why, Assert.Throws<KansformersException>(options.Validate).Message);
    }

    [Fact]
    public void A_run_that_goes_on_can_be_refined_as_if_it_had_been_planned()
    {
        using TestFolder folder = new();
        PlannedRefinement[] plan = [new PlannedRefinement(5, 10), new PlannedRefinement(7, 20)];
        using (TrainingRun run = TrainingRun.Start(Config(folder, TinyTraining.Options with { RefineGrid = plan }, "bspline"), folder["planned"]))
            run.Run();
        ResumeTests.Interrupt(TrainingRun.Start(Config(folder, TinyTraining.Options, "bspline"), folder["run"]), 5);
        Refused("a refinement is planned at step 4, but 5 steps are done already", new PlannedRefinement(4, 10));
        Refused("the step of a refinement is 9", new PlannedRefinement(9, 10));
        Refused("the training begins with 5", new PlannedRefinement(6, 4));
        using (TrainingRun run = TrainingRun.Resume(folder["run"], new ResumePlan { RefineGrid = plan[..1] }))
            Assert.Contains("grid size 10 from step 5", Assert.Single(run.Notes), StringComparison.Ordinal); // and killed at once
        ResumeTests.Interrupt(TrainingRun.Resume(folder["run"]), 6);
        using (TrainingRun run = TrainingRun.Resume(folder["run"], new ResumePlan { RefineGrid = plan[1..] }))
            run.Run();
        RunComparison.AssertSame(folder["planned"], folder["run"]);

        // Fewer steps leave no room for a refinement, which is told.
        ResumeTests.Interrupt(TrainingRun.Start(Config(folder, TinyTraining.Options with { RefineGrid = plan }, "bspline"), folder["short"]), 6);
        using (TrainingRun run = TrainingRun.Resume(folder["short"], maxIters: 7))
        {
            Assert.Contains(run.Notes, note => note.Contains("the refinement to grid size 20 at step 7 falls away", StringComparison.Ordinal));
            run.Run();
            Assert.Equal(10, ((GridOptions)run.Model.Options.Kan).GridSize);
        }

        void Refused(string words, PlannedRefinement planned) => Assert.Contains(
            words, Assert.Throws<KansformersException>(() => TrainingRun.Resume(folder["run"], new ResumePlan { RefineGrid = [planned] })).Message, StringComparison.Ordinal);
    }

    private static RunConfig Config(TestFolder folder, TrainingOptions options, string kan)
    {
        RunConfig config = TinyTraining.Config(folder, options);
        return config with { Model = config.Model with { Kan = KanSettings.Parse(kan) } };
    }

    private static Gpt NewModel(TokenizedCorpus corpus, string kan, bool pruned = false)
    {
        torch.random.manual_seed(1);
        return new Gpt(TinyTraining.Model with
        {
            VocabularySize = corpus.Tokenizer.VocabularySize,
            EmbeddingDropout = 0,
            ResidualDropout = 0,
            AttentionDropout = 0,
            Kan = KanSettings.Parse(kan) with { Pruned = pruned },
        });
    }
}
