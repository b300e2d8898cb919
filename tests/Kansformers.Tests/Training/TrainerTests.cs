using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Training;

public class TrainerTests : OneThread
{
    [Fact]
    public void The_loss_falls_without_a_run_folder_and_without_validation()
    {
        using TestFolder folder = new();
        using TokenizedCorpus corpus = TinyTraining.Corpus(folder);
        double[] losses = Losses(corpus, TinyTraining.Options with { MaxIters = 80, BatchSize = 8 }, out TrainingResult result);
        Assert.Equal(80, losses.Length);
        Assert.True(losses[^10..].Average() < losses[..5].Average() - 0.5, $"{losses[0]} -> {losses[^1]}");
        Assert.Equal(TrainingEnd.Finished, result.End);
        Assert.Equal(losses[^1], result.TrainLoss);
        Assert.Equal(80 * 8 * 8, result.Tokens);
        Assert.True(double.IsNaN(result.ValidationLoss));
    }

    [Fact]
    public void A_step_takes_the_mean_gradient_of_its_own_batches()
    {
        using TestFolder folder = new();
        using TokenizedCorpus corpus = TinyTraining.Corpus(folder);
        TrainingOptions options = TinyTraining.Options with { MaxIters = 3, GradAccum = 3, GradClip = 0.5 };
        List<TrainingStep> steps = [];
        using Gpt trained = TinyTraining.NewModel(corpus);
        using (Trainer trainer = new(trained, options, new TrainingData(corpus.Train)))
        {
            trainer.StepEnded += steps.Add;
            trainer.Run();
        }

        using Gpt model = TinyTraining.NewModel(corpus);
        IReadOnlyList<ParameterGroup> groups = ParameterGroups.Of(model, options.Optimizer.WeightDecay);
        GradientClipping clipping = new(groups, options.GradClip);
        using Optimizer optimizer = new(options.Optimizer, groups);
        using BatchSampler sampler = new(corpus.Train, model.Options.BlockSize, options.BatchSize);
        for (int step = 0; step < 3; step++)
        {
            using var scope = NewDisposeScope();
            Tensor[] losses = [.. Enumerable.Range(3 * step, 3).Select(batch =>
            {
                (Tensor ids, Tensor targets) = sampler.Draw(options.Seed, batch, CPU);
                return model.Loss(ids, targets);
            })];
            Tensor mean = stack(losses).mean();
            mean.backward();
            Assert.Equal(mean.item<float>(), steps[step].Loss, 1e-5);
            (double norm, double scale) = clipping.Measure();
            optimizer.Step(options.LearningRate, scale);
            Assert.Equal(norm, steps[step].GradNorm, 1e-4);
        }

        foreach (((string name, Tensor ours), Tensor theirs) in model.state_dict().Select(entry => (entry.Key, entry.Value)).Zip(trained.state_dict().Values))
            Assert.True(ours.allclose(theirs, 1e-4, 2e-5), name);
    }

    [Fact]
    public void The_same_seed_gives_the_same_losses_with_dropout_and_another_seed_gives_others()
    {
        using TestFolder folder = new();
        using TokenizedCorpus corpus = TinyTraining.Corpus(folder);
        double[] first = Losses(corpus, TinyTraining.Options, out _, dropout: 0.2);
        random.manual_seed(99);
        Assert.Equal(first, Losses(corpus, TinyTraining.Options, out _, dropout: 0.2));
        Assert.NotEqual(first, Losses(corpus, TinyTraining.Options with { Seed = 2 }, out _, dropout: 0.2));
        Assert.NotEqual(first, Losses(corpus, TinyTraining.Options, out _, dropout: 0.3));
    }

    [Fact]
    public void Training_ends_when_the_validation_loss_has_not_improved_for_as_long_as_the_patience_allows()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder, TinyTraining.Options with { LearningRate = 1e-30, EvalInterval = 2, Patience = 3, MaxIters = 100 });
        List<ValidationReport> reports = [];
        TrainingResult result;
        using (TrainingRun run = TrainingRun.Start(config, folder["run"]))
        {
            run.Trainer.Validated += reports.Add;
            result = run.Run();
        }

        Assert.Equal(TrainingEnd.EarlyStopped, result.End);
        Assert.Equal(8, result.Steps);
        Assert.Equal(2, result.BestStep);
        Assert.Equal([true, false, false, false], reports.Select(report => report.IsBest));
        using TrainingRun again = TrainingRun.Resume(folder["run"]);
        Assert.Equal((TrainingEnd.EarlyStopped, 8L), (again.Run().End, again.Trainer.Steps));
    }

    [Fact]
    public void The_best_weights_are_those_of_the_lowest_validation_loss_and_the_last_are_others()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder, TinyTraining.Options with { LearningRate = 0.05, BatchSize = 8, EvalInterval = 5, Patience = 3, MaxIters = 400 });

        // The same characters in an order that the training text never has: what is learned soon harms.
        string backwards = new([.. TinyTraining.Text.Reverse()]);
        config = config with { Data = config.Data with { ValidationData = folder.Write("other.txt", backwards) } };
        using TrainingRun run = TrainingRun.Start(config, folder["run"]);
        TrainingResult result = run.Run();
        Assert.Equal(TrainingEnd.EarlyStopped, result.End);
        Assert.True(result.BestStep < result.Steps);
        FixedWindows windows = new(run.Corpus.Validation, TinyTraining.Model.BlockSize, config.Training.EvalWindows);
        using CausalModel best = run.Folder.LoadCausalModel(RunWeights.Best), last = run.Folder.LoadCausalModel(RunWeights.Last);
        Assert.Equal(result.ValidationLoss, windows.Evaluate(best));
        Assert.True(windows.Evaluate(last) > result.ValidationLoss);
        Assert.Equal(windows.Evaluate((CausalModel)run.Model), windows.Evaluate(last));
    }

    [Fact]
    public void A_run_that_is_asked_to_stop_in_an_event_stops_with_a_checkpoint_and_can_go_on()
    {
        using TestFolder folder = new();
        using TrainingRun run = TrainingRun.Start(TinyTraining.Config(folder), folder["run"]);
        List<long> saved = [];
        run.Trainer.CheckpointSaved += saved.Add;
        run.Trainer.StepEnded += step =>
        {
            if (step.Step == 3)
                run.Trainer.Stop();
        };
        Assert.Equal((TrainingEnd.Interrupted, 3L), (run.Run().End, run.Trainer.Steps));
        Assert.Equal([3], saved);
        Assert.Equal((TrainingEnd.Finished, 9L), (run.Run().End, run.Trainer.Steps));
        Assert.Equal([3, 4, 8, 9], saved);
    }

    [Theory]
    [InlineData(6)]
    [InlineData(8)]
    public void Weights_that_are_not_finite_end_the_training_and_the_last_good_checkpoint_is_kept(long poisonedStep)
    {
        using TestFolder folder = new();
        using (TrainingRun run = TrainingRun.Start(TinyTraining.Config(folder), folder["run"]))
        {
            run.Trainer.StepEnded += step =>
            {
                using var guard = no_grad();
                using var scope = NewDisposeScope();
                if (step.Step == poisonedStep)
                    run.Model.parameters().Last()[0] = float.NaN;
            };
            string message = Assert.Throws<KansformersException>(() => run.Run()).Message;
            Assert.Contains("became NaN at step ", message, StringComparison.Ordinal);
            Assert.Contains($"is kept in '{folder["run"]}", message, StringComparison.Ordinal);
            Assert.Contains("checkpoint.safetensors", message, StringComparison.Ordinal);
            Assert.Contains("TrainingOptions.LearningRate", message, StringComparison.Ordinal);
        }

        using TrainingRun resumed = TrainingRun.Resume(folder["run"]);
        Assert.Equal(4, resumed.Trainer.Steps);
        Assert.Equal(TrainingEnd.Finished, resumed.Run().End);
    }

    [Theory]
    [InlineData(1e20, 1)]
    [InlineData(1e38, 4)]
    public void An_absurd_learning_rate_ends_in_a_clear_error(double rate, long interval)
    {
        using TestFolder folder = new();
        using TokenizedCorpus corpus = TinyTraining.Corpus(folder);
        TrainingOptions options = TinyTraining.Options with { LearningRate = rate, GradClip = 0, EvalInterval = interval };
        KansformersException failure = Assert.Throws<KansformersException>(() => Losses(corpus, options, out _));
        Assert.Matches("became (NaN|-?Infinity) at step [0-9]+; lower TrainingOptions.LearningRate", failure.Message);
    }

    [Fact]
    public void A_training_that_can_come_to_nothing_leaves_no_folder_that_blocks_another_try()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder, TinyTraining.Options with { LearningRate = 1e20, GradClip = 0 });
        using (TrainingRun run = TrainingRun.Start(config, folder["run"]))
        {
            string message = Assert.Throws<KansformersException>(() => run.Run()).Message;
            Assert.Matches("became (NaN|-?Infinity) at step [0-9]+; lower TrainingOptions.LearningRate.*; nothing was saved yet, so the run folder '.*run' is removed$", message);
        }

        Assert.False(Directory.Exists(folder["run"]));
        foreach (RunConfig huge in new[] { config with { Model = config.Model with { Width = 2_000_000 } }, config with { Training = config.Training with { BatchSize = int.MaxValue } } })
        {
            string message = Assert.Throws<KansformersException>(() => TrainingRun.Start(huge, folder["run"]).Dispose()).Message;
            Assert.StartsWith("not enough memory to train ", message, StringComparison.Ordinal);
            Assert.False(Directory.Exists(folder["run"]));
        }

        TrainingRun.Start(TinyTraining.Config(folder), folder["run"]).Dispose();
    }

    [Fact]
    public void Hundreds_of_steps_with_validations_and_checkpoints_leave_no_tensor_behind()
    {
        using TestFolder folder = new();
        using TrainingRun run = TrainingRun.Start(TinyTraining.Config(folder, TinyTraining.Options with { MaxIters = 200, EvalInterval = 20, GradAccum = 2 }), folder["run"]);
        Dictionary<long, long> counts = [];
        run.Trainer.StepEnded += step =>
        {
            if (step.Step == 10)
            {
                // What making the model has left to the collector is not what is counted here.
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }

            counts[step.Step] = Tensor.TotalCount;
        };
        run.Run();
        Assert.Single(counts.Where(count => count.Key >= 10).Select(count => count.Value).Distinct());
    }

    [Fact]
    public void Every_option_out_of_range_is_named()
    {
        TrainingOptions good = TinyTraining.Options;
        (TrainingOptions Options, string Name)[] cases =
        [
            (good with { MaxIters = 0 }, "max iters"), (good with { BatchSize = 0 }, "batch size"), (good with { GradAccum = 0 }, "grad accum"),
            (good with { LearningRate = 0 }, "learning rate"), (good with { LearningRate = double.NaN }, "learning rate"), (good with { MinLearningRate = 1 }, "min lr"),
            (good with { Warmup = 10 }, "warmup"), (good with { GradClip = -1 }, "grad clip"), (good with { EvalInterval = 0 }, "eval interval"),
            (good with { EvalWindows = -1 }, "eval windows"), (good with { Patience = -1 }, "patience"), (good with { Optimizer = new AdamWOptions(Beta1: 2) }, "beta1"),
        ];
        good.Validate();
        Assert.All(cases, entry => Assert.StartsWith(entry.Name + " is ", Assert.Throws<KansformersException>(entry.Options.Validate).Message, StringComparison.Ordinal));
    }

    private static double[] Losses(TokenizedCorpus corpus, TrainingOptions options, out TrainingResult result, double dropout = 0)
    {
        using Gpt model = TinyTraining.NewModel(corpus, dropout: dropout);
        using Trainer trainer = new(model, options, new TrainingData(corpus.Train));
        List<double> losses = [];
        trainer.StepEnded += step => losses.Add(step.Loss);
        result = trainer.Run();
        return [.. losses];
    }
}
