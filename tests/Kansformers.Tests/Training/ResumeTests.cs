using Kansformers.Files;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Tests.Training;

public class ResumeTests : OneThread
{
    [Theory]
    [InlineData(1, 0.1)]
    [InlineData(2, 0)]
    public void A_run_interrupted_at_any_step_and_resumed_equals_the_uninterrupted_one(int gradAccum, double validationFraction)
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder, TinyTraining.Options with { GradAccum = gradAccum, Warmup = 2, Schedule = LearningRateDecay.Cosine }, validationFraction);
        string whole = folder["whole"];
        using (TrainingRun run = TrainingRun.Start(config, whole))
            Assert.Equal(TrainingEnd.Finished, run.Run().End);
        for (long step = 0; step < config.Training.MaxIters; step++)
        {
            string parts = folder[$"parts{step}"];
            Interrupt(TrainingRun.Start(config, parts), step);
            Finish(parts, step);
            RunComparison.AssertSame(whole, parts);
        }
    }

    [Fact]
    public void A_run_interrupted_after_every_single_step_equals_the_uninterrupted_one()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder);
        using (TrainingRun run = TrainingRun.Start(config, folder["whole"]))
            run.Run();
        Interrupt(TrainingRun.Start(config, folder["parts"]), 1);
        for (long step = 2; step < config.Training.MaxIters; step++)
            Interrupt(TrainingRun.Resume(folder["parts"]), step);
        Finish(folder["parts"], config.Training.MaxIters - 1);
        RunComparison.AssertSame(folder["whole"], folder["parts"]);
    }

    [Fact]
    public void What_a_killed_run_wrote_after_its_checkpoint_is_done_again_and_not_counted_twice()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder);
        using (TrainingRun run = TrainingRun.Start(config, folder["whole"]))
            run.Run();
        byte[]? checkpoint = null;
        using (TrainingRun run = TrainingRun.Start(config, folder["parts"]))
        {
            run.Trainer.CheckpointSaved += step => checkpoint ??= File.ReadAllBytes(run.Folder.CheckpointFile);
            run.Run();
        }

        // As if killed after the best weights and log lines of step 9 were written, before any checkpoint after step 4.
        File.WriteAllBytes(Path.Combine(folder["parts"], "checkpoint.safetensors"), checkpoint!);
        File.AppendAllText(Path.Combine(folder["parts"], "log.jsonl"), "{\"step\":10,\"kind\":\"tr");
        folder.Write("parts/checkpoint.safetensors.1.0123456789abcdef0123456789abcdef.tmp", "half");
        Finish(folder["parts"], 4);
        RunComparison.AssertSame(folder["whole"], folder["parts"]);
    }

    [Fact]
    public void A_finished_run_is_left_as_it_is()
    {
        using TestFolder folder = new();
        using (TrainingRun run = TrainingRun.Start(TinyTraining.Config(folder), folder["run"]))
            run.Run();
        string[] log = RunComparison.Log(folder["run"]);
        using TrainingRun again = TrainingRun.Resume(folder["run"]);
        TrainingResult result = again.Run();
        Assert.Equal((TrainingEnd.Finished, 9L), (result.End, result.Steps));
        Assert.True(double.IsFinite(result.TrainLoss) && double.IsFinite(result.ValidationLoss));
        Assert.Equal(log, RunComparison.Log(folder["run"]));
    }

    [Theory]
    [InlineData("training.seed", "\"seed\": 1337", "\"seed\": 5")]
    [InlineData("training.learning_rate", "\"learning_rate\": 0.01", "\"learning_rate\": 0.02")]
    [InlineData("training.batch_size", "\"batch_size\": 2", "\"batch_size\": 4")]
    [InlineData("training.schedule", "\"schedule\": \"cosine\"", "\"schedule\": \"linear\"")]
    [InlineData("training.warmup", "\"warmup\": 2", "\"warmup\": 3")]
    [InlineData("training.optimizer.weight_decay", "\"weight_decay\": 0.1", "\"weight_decay\": 0.2")]
    [InlineData("training.roles", "\"roles\": []", "\"roles\": [{\"role\":\"embedding\",\"rate_factor\":0.5,\"weight_decay\":null}]")]
    [InlineData("training.eval_interval", "\"eval_interval\": 4", "\"eval_interval\": 2")]
    [InlineData("training.precision", "\"precision\": \"float32\"", "\"precision\": \"b_float16\"")]
    [InlineData("model.width", "\"width\": 8", "\"width\": 12")]
    [InlineData("model.heads", "\"heads\": 2", "\"heads\": 1")]
    [InlineData("model.embedding_dropout", "\"embedding_dropout\": 0.1", "\"embedding_dropout\": 0.2")]
    [InlineData("model.kan.grid_low", "\"grid_low\": -1", "\"grid_low\": -2")]
    [InlineData("data.validation_fraction", "\"validation_fraction\": 0.1", "\"validation_fraction\": 0.2")]
    [InlineData("data.special_tokens", "\"special_tokens\": \"as_text\"", "\"special_tokens\": \"refuse\"")]
    [InlineData("training.max_iters", "\"max_iters\": 9", "\"max_iters\": 90")]
    public void An_edit_of_what_the_checkpoint_was_made_with_is_refused_by_name(string name, string was, string becomes)
    {
        using TestFolder folder = new();
        Interrupt(TrainingRun.Start(TinyTraining.Config(folder, Falling), folder["run"]), 5);
        string path = folder["run/config.json"], text = File.ReadAllText(path);
        Assert.Contains(was, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(was, becomes, StringComparison.Ordinal));
        foreach (long? steps in new long?[] { null, 20 })
        {
            string message = Assert.Throws<KansformersException>(() => TrainingRun.Resume(folder["run"], maxIters: steps)).Message;
            Assert.Contains($"says {name} {becomes.Split(": ", 2)[1]}, but '{folder["run/checkpoint.safetensors"]}' was made with {was.Split(": ")[1]}; put it back", message, StringComparison.Ordinal);
            Assert.Equal(name == "training.max_iters", message.Contains("maxIters: 90", StringComparison.Ordinal));
        }

        File.WriteAllText(path, text);
        Finish(folder["run"], 5);
    }

    [Fact]
    public void A_checkpoint_of_an_earlier_version_opens_and_a_text_may_move()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder, Falling);
        Interrupt(TrainingRun.Start(config, folder["run"]), 5);
        string path = folder["run/config.json"], moved = folder["moved.txt"];
        File.Move(config.Data.Data, moved);
        File.WriteAllText(path, File.ReadAllText(path).Replace(config.Data.Data, moved, StringComparison.Ordinal));
        using (TrainingRun run = TrainingRun.Resume(folder["run"]))
        {
            using Optimizer optimizer = new(config.Training.Optimizer, ParameterGroups.Of(run.Model, 0));
            TrainingCheckpoint.Save(run.Folder.CheckpointFile, run.Model, optimizer, new TrainingProgress { Step = 5, Seed = config.Training.Seed });
        }

        // Its log tells the learning rate at least.
        string text = File.ReadAllText(path);
        File.WriteAllText(path, text.Replace("\"max_iters\": 9", "\"max_iters\": 90", StringComparison.Ordinal));
        Assert.Contains("makes the learning rate 0.009", Assert.Throws<KansformersException>(() => TrainingRun.Resume(folder["run"])).Message, StringComparison.Ordinal);
        File.WriteAllText(path, text);
        Finish(folder["run"], 5);
    }

    [Theory]
    [InlineData(LearningRateDecay.Cosine, 5, 30)]
    [InlineData(LearningRateDecay.Cosine, 1, 30)]
    [InlineData(LearningRateDecay.Cosine, 7, 8)]
    [InlineData(LearningRateDecay.Linear, 6, 12)]
    [InlineData(LearningRateDecay.Linear, 9, 14)]
    [InlineData(LearningRateDecay.Constant, 5, 12)]
    [InlineData(LearningRateDecay.Cosine, 0, 12)]
    public void A_changed_plan_goes_on_at_the_rate_that_was_and_never_rises(LearningRateDecay kind, long step, long steps)
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder, Falling with { Schedule = kind });
        Interrupt(TrainingRun.Start(config, folder["run"]), step, step == config.Training.MaxIters ? TrainingEnd.Finished : TrainingEnd.Interrupted);
        double[] before = Rates(folder["run"]);
        using (TrainingRun run = TrainingRun.Resume(folder["run"], maxIters: steps))
        {
            Assert.Contains($"{steps} steps instead of 9: the learning rate", Assert.Single(run.Notes), StringComparison.Ordinal);
            run.Run();
        }

        double[] rates = Rates(folder["run"]);
        Assert.Equal(steps, rates.Length);
        Assert.Equal(before, rates[..(int)step]);
        Assert.Equal(config.Training.LearningRate, rates.Max(), 1e-12);
        for (int at = 3; at < rates.Length; at++)
            Assert.True(rates[at] <= rates[at - 1], $"the rate rises at step {at + 1}");
        if (step > 2)
            Assert.Equal(config.Training.LearningRates.At(step), (config.Training.Replan(step, steps)).LearningRates.At(step));
        if (kind != LearningRateDecay.Constant)
            Assert.InRange(rates[^1], config.Training.MinLearningRate, config.Training.LearningRate * (step == 7 ? 0.4 : 0.3));

        // The plan is in the folder now, and interruptions do not change it.
        using TrainingRun again = TrainingRun.Resume(folder["run"], maxIters: steps);
        Assert.Empty(again.Notes);
        Assert.Equal((TrainingEnd.Finished, steps), (again.Run().End, again.Trainer.Steps));
    }

    [Fact]
    public void A_run_whose_plan_changed_twice_comes_to_the_same_however_often_it_was_interrupted()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder, Falling);
        foreach (string name in new[] { "whole", "parts" })
        {
            Interrupt(TrainingRun.Start(config, folder[name]), 4);
            TrainingRun.Resume(folder[name], maxIters: 20).Dispose(); // and killed at once
            if (name == "parts")
                Interrupt(TrainingRun.Resume(folder[name]), 6);
            Interrupt(TrainingRun.Resume(folder[name]), 10);
            Interrupt(TrainingRun.Resume(folder[name], maxIters: 15), 12);
            Finish(folder[name], 12);
        }

        RunComparison.AssertSame(folder["whole"], folder["parts"]);
        Assert.Equal([new EarlierPlan(4, 9), new EarlierPlan(10, 20)], RunFolder.Open(folder["whole"]).Config.Training.EarlierPlans);
        Assert.Equal(15, Rates(folder["whole"]).Length);
    }

    [Fact]
    public void A_plan_that_cannot_be_is_refused_and_changes_nothing()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder, Falling with { MinLearningRate = 0, Warmup = 6 });
        Interrupt(TrainingRun.Start(config, folder["run"]), 5);
        string text = File.ReadAllText(folder["run/config.json"]);
        Refused(5, "max iters is 5, but 5 steps are done already");
        Refused(2, "max iters is 2, but 5 steps are done already");
        Refused(0, "max iters is 0");
        Refused(-7, "max iters is -7");
        Assert.Equal(text, File.ReadAllText(folder["run/config.json"]));
        Finish(folder["run"], 5);
        Refused(20, "the learning rate has come to 0 at step 9");

        Interrupt(TrainingRun.Start(config, folder["warming"]), 2);
        Assert.Contains("warmup is 6", Assert.Throws<KansformersException>(() => TrainingRun.Resume(folder["warming"], maxIters: 4)).Message, StringComparison.Ordinal);

        using (TrainingRun run = TrainingRun.Start(TinyTraining.Config(folder, Falling with { Patience = 1, EvalInterval = 1, LearningRate = 1, MaxIters = 50, GradClip = 0 }), folder["early"]))
            Assert.Equal(TrainingEnd.EarlyStopped, run.Run().End);
        Assert.Contains("stopped early at step", Assert.Throws<KansformersException>(() => TrainingRun.Resume(folder["early"], maxIters: 90)).Message, StringComparison.Ordinal);

        void Refused(long steps, string words) =>
            Assert.Contains(words, Assert.Throws<KansformersException>(() => TrainingRun.Resume(folder["run"], maxIters: steps)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_number_of_threads_is_kept_and_another_one_is_told()
    {
        using TestFolder folder = new();
        Interrupt(TrainingRun.Start(TinyTraining.Config(folder), folder["run"]), 5);
        Assert.Equal([1], RunFolder.Open(folder["run"]).Config.Threads);
        TorchSharp.torch.set_num_threads(2);
        using (TrainingRun run = TrainingRun.Resume(folder["run"]))
        {
            Assert.Contains("threads 2, and 1 before", Assert.Single(run.Notes), StringComparison.Ordinal);
            run.WriteSummary(run.Run(), null);
        }

        Assert.Equal([1, 2], RunFolder.Open(folder["run"]).Config.Threads);
        Assert.Contains("| threads | 1, then 2 ", File.ReadAllText(folder["run/README.md"]), StringComparison.Ordinal);
        using TrainingRun again = TrainingRun.Resume(folder["run"]);
        Assert.Empty(again.Notes);
    }

    [Theory]
    [InlineData("\"model\": {", "\"model\": null, \"x\": {", "'model'")]
    [InlineData("\"kan\": {", "\"kan\": null, \"x\": {", "'model.kan'")]
    [InlineData("\"optimizer\": {", "\"optimizer\": null, \"x\": {", "'training.optimizer'")]
    [InlineData("\"tokenizer\": \"char\"", "\"tokenizer\": null", "'data.tokenizer'")]
    [InlineData("\"layers\": 1", "\"layers\": \"one\"", "'model.layers'")]
    public void A_configuration_with_a_value_that_cannot_be_names_its_place(string was, string becomes, string place)
    {
        using TestFolder folder = new();
        TrainingRun.Start(TinyTraining.Config(folder), folder["run"]).Dispose();
        string path = folder["run/config.json"], text = File.ReadAllText(path);
        Assert.Contains(was, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(was, becomes, StringComparison.Ordinal));
        string message = Assert.Throws<KansformersException>(() => RunFolder.Open(folder["run"])).Message;
        Assert.Contains($"config.json' is not a run's configuration: {place} is empty or holds a wrong value", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_corpus_that_has_changed_since_is_refused()
    {
        using TestFolder folder = new();
        Interrupt(TrainingRun.Start(TinyTraining.Config(folder), folder["run"]), 2);
        File.AppendAllText(folder["text.txt"], "the fox\n");
        Assert.Contains("is not the one", Assert.Throws<KansformersException>(() => TrainingRun.Resume(folder["run"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_weight_file_in_the_place_of_the_checkpoint_is_refused()
    {
        using TestFolder folder = new();
        using (TrainingRun run = TrainingRun.Start(TinyTraining.Config(folder), folder["run"]))
            run.Run();
        File.Copy(Path.Combine(folder["run"], "model.safetensors"), Path.Combine(folder["run"], "checkpoint.safetensors"), overwrite: true);
        Assert.Contains("is not a training checkpoint", Assert.Throws<KansformersException>(() => TrainingRun.Resume(folder["run"])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("transformer.wte.weight", float.NaN, "NaN (in 1 of")]
    [InlineData("transformer.wpe.weight", float.PositiveInfinity, "infinity (in 1 of")]
    [InlineData("transformer.h.0.mlp.kan.layers.0.grid", float.NegativeInfinity, "infinity (in 1 of")]
    [InlineData("lm_head.layers.0.spline_weight", float.NaN, "NaN (in 1 of")]
    public void Weights_that_are_no_numbers_are_named_before_the_first_step(string name, float broken, string words)
    {
        using TestFolder folder = new();
        using (TrainingRun run = TrainingRun.Start(TinyTraining.Config(folder), folder["run"]))
        {
            run.Run();
            using (TorchSharp.torch.no_grad())
                run.Model.state_dict()[name].view(-1)[^1] = broken; // of the token or place that is used least
            run.Folder.SaveWeights(run.Model);
        }

        string weights = folder["run/model.safetensors"];
        RunConfig config = RunFolder.Open(folder["run"]).Config with { InitialWeights = weights };
        string message = Assert.Throws<KansformersException>(() => TrainingRun.Start(config, folder["next"])).Message;
        Assert.StartsWith($"'{weights}': tensor '{name}' holds {words}", message, StringComparison.Ordinal);
        Assert.DoesNotContain("TrainingOptions.LearningRate", message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["next"]));

        // The same in a checkpoint.
        using (TrainingRun run = TrainingRun.Start(config with { InitialWeights = null }, folder["other"]))
        {
            using Optimizer optimizer = new(config.Training.Optimizer, ParameterGroups.Of(run.Model, 0));
            using (TorchSharp.torch.no_grad())
                run.Model.state_dict()[name].view(-1)[^1] = broken;
            TrainingCheckpoint.Save(run.Folder.CheckpointFile, run.Model, optimizer, new TrainingProgress { Step = 1, Seed = config.Training.Seed });
        }

        message = Assert.Throws<KansformersException>(() => TrainingRun.Resume(folder["other"])).Message;
        Assert.StartsWith($"'{folder["other/checkpoint.safetensors"]}': tensor 'model.{name}' holds {words}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_too_large_for_a_first_loss_are_not_the_fault_of_the_learning_rate()
    {
        using TestFolder folder = new();
        using (TrainingRun run = TrainingRun.Start(TinyTraining.Config(folder), folder["run"]))
        {
            using (TorchSharp.torch.no_grad())
                run.Model.state_dict()["lm_head.layers.0.base_weight"].fill_(3e38f);
            run.Folder.SaveWeights(run.Model);
        }

        string weights = folder["run/model.safetensors"];
        RunConfig config = RunFolder.Open(folder["run"]).Config with { InitialWeights = weights };
        using TrainingRun next = TrainingRun.Start(config, folder["next"]);
        string message = Assert.Throws<KansformersException>(() => next.Run()).Message;
        Assert.Contains($"before the first step: the weights of '{weights}' give no finite numbers", message, StringComparison.Ordinal);
        Assert.DoesNotContain("TrainingOptions.LearningRate", message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["next"]));
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0)]
    public void A_disk_that_fills_up_is_a_clear_error_and_the_run_goes_on_from_the_checkpoint_before(double validationFraction)
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder, validationFraction: validationFraction);
        using (TrainingRun run = TrainingRun.Start(config, folder["whole"]))
            run.Run();
        using (TrainingRun run = TrainingRun.Start(config, folder["parts"]))
        {
            IDisposable? full = null;
            run.Trainer.StepEnded += step => full ??= step.Step == 7 ? FileFault.DiskFullAfter(5000) : null;
            try
            {
                string message = Assert.Throws<KansformersException>(() => run.Run()).Message;
                Assert.Contains("the disk is full", message, StringComparison.Ordinal);
                Assert.Contains(validationFraction > 0 ? "model.safetensors" : "checkpoint.safetensors", message, StringComparison.Ordinal);
            }
            finally
            {
                full?.Dispose();
            }
        }

        using (TransformerModel loads = RunFolder.Open(folder["parts"]).LoadModel(RunWeights.Last))
            Assert.True(loads.ParameterCount > 0);
        Finish(folder["parts"], 4);
        RunComparison.AssertSame(folder["whole"], folder["parts"]);
    }

    [Fact]
    public void A_run_whose_checkpoint_is_lost_is_refused_and_left_as_it_is()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder);
        Lose("finished", run => run.Run(), delete: []);
        Lose("without log", run => run.Run(), delete: ["log.jsonl", "loss.svg"]);
        Lose("stopped early", run =>
        {
            run.Trainer.StepEnded += step => run.Trainer.Stop();
            run.Run();
        }, delete: []);
        Lose("killed", run =>
        {
            run.Trainer.StepEnded += step => throw new OperationCanceledException("killed");
            run.Trainer.Stop();
            run.Run();
            Assert.Throws<OperationCanceledException>(() => run.Run());
        }, delete: [], lost: false);

        void Lose(string name, Action<TrainingRun> train, string[] delete, bool lost = true)
        {
            using (TrainingRun run = TrainingRun.Start(config, folder[name]))
                train(run);
            foreach (string file in delete.Append("checkpoint.safetensors"))
                File.Delete(Path.Combine(folder[name], file));
            string[] before = Directory.GetFiles(folder[name]);
            if (lost)
            {
                string message = Assert.Throws<KansformersException>(() => TrainingRun.Resume(folder[name])).Message;
                Assert.Contains($"'{Path.Combine(folder[name], "checkpoint.safetensors")}' is missing, so the run cannot go on", message, StringComparison.Ordinal);
                Assert.Equal(before, Directory.GetFiles(folder[name]));
            }
            else
            {
                Finish(folder[name], 0);
            }
        }
    }

    [Fact]
    public void A_resumed_run_removes_its_own_temporary_files_only()
    {
        using TestFolder folder = new();
        Interrupt(TrainingRun.Start(TinyTraining.Config(folder), folder["run"]), 1);
        string hex = new('a', 32);
        string ours = folder.Write($"run/model.safetensors.12.{hex}.tmp", "half");
        string[] theirs = [folder.Write("run/notes.tmp", "x"), folder.Write($"run/notes.txt.12.{hex}.tmp", "x"), folder.Write("run/model.safetensors.tmp", "x")];
        Finish(folder["run"], 1);
        Assert.False(File.Exists(ours));
        Assert.All(theirs, path => Assert.True(File.Exists(path), path));
    }

    [Fact]
    public void A_run_that_another_training_holds_is_refused_until_that_ends()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder);
        using (TrainingRun run = TrainingRun.Start(config, folder["run"]))
        {
            string message = Assert.Throws<KansformersException>(() => TrainingRun.Resume(folder["run"])).Message;
            Assert.Contains($"'{folder["run"]}' is in use by another training", message, StringComparison.Ordinal);
            run.Run();
        }

        using TrainingRun first = TrainingRun.Resume(folder["run"]);
        Assert.Contains("is in use", Assert.Throws<KansformersException>(() => TrainingRun.Resume(folder["run"])).Message, StringComparison.Ordinal);
        first.Dispose();
        TrainingRun.Resume(folder["run"]).Dispose();
    }

    [Fact]
    public void A_folder_that_holds_anything_is_left_as_it_is()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder);
        foreach (string name in new[] { "README.md", "config.json", "tokenizer.kansformers.json", "log.jsonl", "thesis.txt", "sub/a.txt" })
        {
            string mine = folder.Write($"mine/{name}", "mine");
            Assert.Contains($"'{folder["mine"]}' is not empty; give TrainingRun.Start a folder", Assert.Throws<KansformersException>(() => TrainingRun.Start(config, folder["mine"])).Message, StringComparison.Ordinal);
            Assert.Equal("mine", File.ReadAllText(mine));
            Directory.Delete(folder["mine"], recursive: true);
        }

        // What a training leaves that was killed before its configuration was written.
        folder.Write("begun/.lock", "");
        folder.Write("begun/tokenizer.kansformers.json", "{}");
        folder.Write($"begun/config.json.7.{new string('0', 32)}.tmp", "{");
        TrainingRun.Start(config, folder["begun"]).Dispose();
        Directory.CreateDirectory(folder["empty"]);
        TrainingRun.Start(config, folder["empty"]).Dispose();
    }

    [Fact]
    public void A_folder_that_holds_a_run_is_not_trained_over()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder);
        Interrupt(TrainingRun.Start(config, folder["run"]), 1);
        Assert.Contains("holds a run already", Assert.Throws<KansformersException>(() => TrainingRun.Start(config, folder["run"])).Message, StringComparison.Ordinal);
    }

    private static TrainingOptions Falling => TinyTraining.Options with { Schedule = LearningRateDecay.Cosine, Warmup = 2, MinLearningRate = 1e-3 };

    private static double[] Rates(string run) => File.Exists(Path.Combine(run, RunLog.FileName)) ? [.. RunLog.Read(Path.Combine(run, RunLog.FileName)).OfType<TrainRecord>().Select(record => record.LearningRate)] : [];

    // By cancellation, which leaves a checkpoint of exactly that step.
    internal static void Interrupt(TrainingRun run, long step, TrainingEnd end = TrainingEnd.Interrupted)
    {
        using CancellationTokenSource source = new();
        using (run)
        {
            run.Trainer.StepEnded += done =>
            {
                if (done.Step == step)
                    source.Cancel();
            };
            if (step == 0)
                source.Cancel();
            TrainingResult result = run.Run(source.Token);
            Assert.Equal((end, step), (result.End, result.Steps));
        }
    }

    private static void Finish(string folder, long from)
    {
        using TrainingRun run = TrainingRun.Resume(folder);
        Assert.Equal(from, run.Trainer.Steps);
        Assert.Equal(TrainingEnd.Finished, run.Run().End);
    }
}
