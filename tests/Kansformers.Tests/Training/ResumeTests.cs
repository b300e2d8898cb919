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

    [Fact]
    public void A_run_folder_with_other_settings_than_its_checkpoint_is_refused()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder);
        using (TrainingRun run = TrainingRun.Start(config, folder["run"]))
        {
            run.Run();
            (run.Folder.Config with { Training = config.Training with { Seed = 5 } }).Save(Path.Combine(folder["run"], "config.json"));
        }

        Assert.Contains("seed 1337", Refusal(), StringComparison.Ordinal);
        RunConfig changed = RunFolder.Open(folder["run"]).Config;
        (changed with { Model = changed.Model with { Width = 12 } }).Save(Path.Combine(folder["run"], "config.json"));
        string message = Refusal();
        Assert.Contains("checkpoint.safetensors", message, StringComparison.Ordinal);
        Assert.Matches(@"'lm_head.layers.0.base_weight' has shape \(\d+, 8\) in the file, the model needs \(\d+, 12\)", message);

        string Refusal() => Assert.Throws<KansformersException>(() => TrainingRun.Resume(folder["run"])).Message;
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
        Assert.DoesNotContain("--learning-rate", message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["next"]));

        // The same in a checkpoint.
        using (TrainingRun run = TrainingRun.Start(config with { InitialWeights = null }, folder["other"]))
        {
            using AdamW optimizer = new(ParameterGroups.Split(run.Model), config.Training.Optimizer);
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
        Assert.DoesNotContain("--learning-rate", message, StringComparison.Ordinal);
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

        using (Gpt loads = RunFolder.Open(folder["parts"]).LoadModel(RunWeights.Last))
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
            Assert.Contains($"'{folder["mine"]}' is not empty; give another --out", Assert.Throws<KansformersException>(() => TrainingRun.Start(config, folder["mine"])).Message, StringComparison.Ordinal);
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

    // By cancellation, which leaves a checkpoint of exactly that step.
    private static void Interrupt(TrainingRun run, long step)
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
            Assert.Equal((TrainingEnd.Interrupted, step), (result.End, result.Steps));
        }
    }

    private static void Finish(string folder, long from)
    {
        using TrainingRun run = TrainingRun.Resume(folder);
        Assert.Equal(from, run.Trainer.Steps);
        Assert.Equal(TrainingEnd.Finished, run.Run().End);
    }
}
