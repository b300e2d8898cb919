using System.Diagnostics;
using Kansformers.Cli;
using Kansformers.Files;
using Kansformers.Tests.Checkpoints;
using Kansformers.Tests.Training;

namespace Kansformers.Tests.Cli;

/// <summary>Runs that cannot succeed: exit code 1 and one line that says what, where and what to do.</summary>
[Collection(TrainedRunTests.Name)]
public class FailureTests(TrainedRun run)
{
    [Fact]
    public void A_missing_file_or_run_is_named()
    {
        using TestFolder folder = new();
        string missing = folder["missing"];
        foreach (string[] call in new string[][] { ["train", "--data", missing], ["sample", missing], ["eval", missing], ["info", missing], ["train", "--resume", missing], ["eval", run.Folder, "--data", missing], ["sample", run.Folder, "--prompt-file", missing] })
            Cli.AssertFails(CommandLineApp.RunFailed, [missing], call);
        Cli.AssertFails(CommandLineApp.RunFailed, ["config.json", "neither a run nor a model"], "info", Directory.CreateDirectory(missing).FullName);
    }

    [Fact]
    public void A_corpus_that_is_empty_or_shorter_than_a_block_is_named()
    {
        using TestFolder folder = new();
        string empty = folder.Write("empty.txt", ""), text = folder.Write("short.txt", "a short text");
        Cli.AssertFails(CommandLineApp.RunFailed, [empty, "is empty"], Train(folder, empty));
        Cli.AssertFails(CommandLineApp.RunFailed, ["'short.txt' has 10 tokens", "block of 64 needs 65", "--block-size"], "train", "--data", text, "--out", folder["run"]);
        Assert.False(Directory.Exists(folder["run"]));
    }

    [Fact]
    public void A_text_with_characters_that_the_run_does_not_know_is_refused()
    {
        using TestFolder folder = new();
        Cli.AssertFails(CommandLineApp.RunFailed, ["U+00FC"], "sample", run.Folder, "--prompt", "ü");
        Cli.AssertFails(CommandLineApp.RunFailed, ["U+00FC"], "eval", run.Folder, "--data", folder.Write("other.txt", "für alle"));
        Cli.AssertFails(CommandLineApp.RunFailed, ["--prompt", "U+00FC", "--resume"], [.. Train(folder, run.Text), "--prompt", "ü"]);
        Assert.Equal(0, Cli.Run("train", "--resume", folder["run"], "--sample-tokens", "2").Code);
    }

    [Fact]
    public void A_text_without_a_new_line_needs_no_prompt()
    {
        using TestFolder folder = new();
        CliResult result = Cli.Run(Train(folder, folder.Write("line.txt", string.Concat(Enumerable.Repeat("abc def ", 40)))));
        Assert.Equal((0, 10), (result.Code, result.Out.ReplaceLineEndings("").Length));
    }

    [Fact]
    public void A_run_that_held_out_no_text_says_so_when_it_is_evaluated()
    {
        using TestFolder folder = new();
        Assert.Equal(0, Cli.Run([.. Train(folder, run.Text), "--val-fraction", "0"]).Code);
        Cli.AssertFails(CommandLineApp.RunFailed, [folder["run"], "--data"], "eval", folder["run"]);
    }

    [Fact]
    public void A_truncated_or_corrupted_checkpoint_is_named()
    {
        using TestFolder folder = new();
        string copy = run.Copy(folder), model = Path.Combine(copy, "model.safetensors"), checkpoint = Path.Combine(copy, "checkpoint.safetensors");
        byte[] good = File.ReadAllBytes(model);
        foreach (int length in new[] { 0, 5, 8, 100, good.Length / 2, good.Length - 1 })
        {
            File.WriteAllBytes(model, good[..length]);
            foreach (string verb in new[] { "sample", "eval", "info" })
                Cli.AssertFails(CommandLineApp.RunFailed, [model], verb, copy);
        }

        foreach (int place in new[] { 3, 7, 8, 9, Place("\"dtype\"") + 1, Place("\"shape\"") + 9, Place("lm_head") })
        {
            byte[] bad = [.. good];
            bad[place] ^= 0x10;
            File.WriteAllBytes(model, bad);
            Cli.AssertFails(CommandLineApp.RunFailed, [model], "sample", copy);
        }

        int Place(string part) => good.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(part));

        File.WriteAllBytes(checkpoint, File.ReadAllBytes(checkpoint)[..^100]);
        Cli.AssertFails(CommandLineApp.RunFailed, [checkpoint], "train", "--resume", copy);
        File.WriteAllText(Path.Combine(copy, "config.json"), "{ \"format\": 1");
        Cli.AssertFails(CommandLineApp.RunFailed, ["config.json"], "info", copy);
    }

    [Fact]
    public void A_damaged_or_hostile_PyTorch_file_is_refused()
    {
        using TestFolder folder = new();
        string path = folder["model.pt"];
        byte[] pickle = PickleEmitter.Of(to => to.Dictionary(("x", value => value.Tensor("FloatStorage", "0", 2, 0, [2], [1]))));
        byte[] good = PyTorchFiles.Archive(pickle, ("data/0", PyTorchFiles.Bytes(1f, 2f)));
        File.WriteAllBytes(path, good);
        Cli.AssertFails(CommandLineApp.RunFailed, [path, "transformer.wte.weight"], "info", path);
        foreach (int length in new[] { 3, 60, good.Length / 2, good.Length - 3 })
        {
            File.WriteAllBytes(path, good[..length]);
            Cli.AssertFails(CommandLineApp.RunFailed, [path], "info", path);
        }

        File.WriteAllBytes(path, PyTorchFiles.Archive(PickleEmitter.Of(to => to.Call("os", "system", value => value.Text("echo harm")))));
        foreach (string verb in new[] { "info", "sample", "eval" })
            Cli.AssertFails(CommandLineApp.RunFailed, [path, "os.system"], verb, path);
    }

    [Fact]
    public void A_checkpoint_of_other_shapes_names_tensor_and_both_shapes()
    {
        using TestFolder folder = new();
        string copy = run.Copy(folder), config = Path.Combine(copy, "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"width\": 8", "\"width\": 12", StringComparison.Ordinal));
        Cli.AssertFails(CommandLineApp.RunFailed, ["model.safetensors", "'lm_head.layers.0.base_weight' has shape (", ", 8) in the file, the model needs (", ", 12)"], "sample", copy);
        Cli.AssertFails(CommandLineApp.RunFailed, ["checkpoint.safetensors", "config.json' says model.width 12", "was made with 8"], "train", "--resume", copy);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_named()
    {
        using TestFolder folder = new();
        string file = folder.Write("file", "no folder");
        Cli.AssertFails(CommandLineApp.RunFailed, [file], Train(folder, run.Text, file));
        Cli.AssertFails(CommandLineApp.RunFailed, [file], Train(folder, run.Text, Path.Combine(file, "run")));
        Assert.Equal("no folder", File.ReadAllText(file));
        if (OperatingSystem.IsLinux())
            Cli.AssertFails(CommandLineApp.RunFailed, ["/proc/run"], Train(folder, run.Text, "/proc/run"));
        Cli.AssertFails(CommandLineApp.RunFailed, [run.Folder, "holds a run already", "--resume"], Train(folder, run.Text, run.Folder));
        string thesis = folder.Write("mine/thesis.md", "mine");
        Cli.AssertFails(CommandLineApp.RunFailed, [folder["mine"], "is not empty", "--out"], Train(folder, run.Text, folder["mine"]));
        Assert.Equal("mine", File.ReadAllText(thesis));
    }

    [Fact]
    public void A_full_disk_simulated_is_a_clear_error()
    {
        using TestFolder folder = new();
        using (FileFault.DiskFullAfter(20_000))
            Cli.AssertFails(CommandLineApp.RunFailed, ["model.safetensors", "the disk is full"], Train(folder, run.Text));
        Assert.Equal(0, Cli.Run("train", "--resume", folder["run"]).Code);
        Assert.Empty(Directory.GetFiles(folder["run"], "*.tmp"));
    }

    [Fact]
    public void A_full_disk_is_a_clear_error_and_the_run_goes_on_when_there_is_space()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs a small file system to mount");
        using TestFolder folder = new();
        string disk = Directory.CreateDirectory(folder["disk"]).FullName;
        Assert.SkipUnless(Mount("-t tmpfs -o size=256k none " + disk), "this user may not mount a file system");
        try
        {
            string target = Path.Combine(disk, "run"), ballast = Path.Combine(disk, "ballast");
            File.WriteAllBytes(ballast, new byte[100_000]);
            Cli.AssertFails(CommandLineApp.RunFailed, [target, "the disk is full"], Train(folder, run.Text, target));
            File.Delete(ballast);
            Assert.True(Mount($"-o remount,size=2m {disk}"));
            Assert.Equal(0, Cli.Run("train", "--resume", target).Code);
            RunComparison.AssertSame(run.Folder, target);
        }
        finally
        {
            using Process unmount = Process.Start("umount", disk);
            unmount.WaitForExit();
        }
    }

    [Fact]
    public void A_corpus_that_has_changed_is_refused_by_every_verb_that_reads_it()
    {
        using TestFolder folder = new();
        string text = folder.Write("fox.txt", TinyTraining.Text);
        Assert.Equal(0, Cli.Run(Train(folder, text)).Code);
        foreach (string[] call in new string[][] { ["eval", folder["run"], "--json"], ["info", folder["run"], "--outside", "--json"] })
            Assert.Equal(0, Cli.Run(call).Code);
        File.AppendAllText(text, "the fox\n");
        foreach (string[] call in new string[][] { ["eval", folder["run"]], ["info", folder["run"], "--outside"], ["train", "--resume", folder["run"]] })
            Cli.AssertFails(CommandLineApp.RunFailed, [text, "is not the one", folder["run"]], call);
        Assert.Equal(0, Cli.Run("eval", folder["run"], "--data", text).Code);
    }

    [Fact]
    public void Eval_treats_special_tokens_in_other_text_as_the_run_did()
    {
        using TestFolder folder = new();
        string text = folder.Write("plain.txt", TinyTraining.Text), marked = folder.Write("marked.txt", "the fox<|endoftext|>");
        string[] options = Cli.Args("--layers 1 --heads 1 --embd 4 --block-size 8 --batch-size 2 --max-iters 1 --eval-windows 1 --sample-tokens 0 --placement none --tokenizer gpt2 --special-tokens refuse");
        Assert.Equal(0, Cli.Run(["train", .. options, "--data", text, "--out", folder["run"]]).Code);
        Cli.AssertFails(CommandLineApp.RunFailed, ["<|endoftext|>"], "eval", folder["run"], "--data", marked);
    }

    [Fact]
    public void Broken_weights_are_named_by_sample_and_eval_alike()
    {
        using TestFolder folder = new();
        string copy = run.Copy(folder);
        using (Kansformers.Transformers.TransformerModel model = Kansformers.Training.RunFolder.Open(copy).LoadModel())
        {
            using (TorchSharp.torch.no_grad())
                model.parameters().Last()[0] = float.NaN;
            Kansformers.Training.RunFolder.Open(copy).SaveBest(model, 1, 1);
        }

        Cli.AssertFails(CommandLineApp.RunFailed, ["its weights are broken"], "sample", copy);
        Cli.AssertFails(CommandLineApp.RunFailed, ["its weights are broken"], "eval", copy, "--json");
    }

    [Fact]
    public void A_model_or_batch_too_big_for_the_memory_is_one_line_and_leaves_no_folder()
    {
        using TestFolder folder = new();
        foreach (string[] options in new string[][] { ["--heads", "1", "--embd", "2000000", "--block-size", "8"], ["--batch-size", "2000000000"], ["--block-size", "1000000000", "--val-fraction", "0"] })
        {
            CliResult result = Cli.Run(["train", .. Cli.Args("--layers 1 --max-iters 1 --warmup 0"), .. options[0] == "--heads" ? [] : Cli.Args("--heads 1 --embd 8"), .. options, "--data", run.Text, "--out", folder["run"]]);
            Assert.Equal((1, ""), (result.Code, result.Out));
            Assert.Matches(options[0] == "--block-size" ? "^error: .*needs 1000000001" : "^error: not enough memory to train .*--batch-size or --block-size$", Assert.Single(result.ErrorLines));
            Assert.False(Directory.Exists(folder["run"]));
        }

        Assert.Equal(0, Cli.Run(Train(folder, run.Text)).Code);
    }

    [Fact]
    public void Commands_to_be_copied_are_quoted_for_the_shell()
    {
        using TestFolder folder = new();
        string odd = folder["it's $HOME"], quoted = $"'{folder.Path}/it'\\''s $HOME'";
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows allows no such name in every place");
        Assert.Equal(0, Cli.Run(Train(folder, run.Text, odd)).Code);
        Cli.AssertFails(CommandLineApp.RunFailed, [$"--resume {quoted}"], Train(folder, run.Text, odd));
        string readme = File.ReadAllText(Path.Combine(odd, "README.md"));
        Assert.Contains($"kansformers sample {quoted} ", readme, StringComparison.Ordinal);
        Assert.Contains($"--out {quoted}", readme, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_that_is_not_there_is_named()
    {
        using TestFolder folder = new();
        Assert.SkipWhen(TorchSharp.torch.cuda.is_available(), "this machine has CUDA");
        Cli.AssertFails(CommandLineApp.RunFailed, ["'cuda'", "--device cpu"], [.. Train(folder, run.Text), "--device", "cuda"]);
        Cli.AssertFails(CommandLineApp.RunFailed, ["'cuda'"], "sample", run.Folder, "--device", "cuda");
    }

    private static string[] Train(TestFolder folder, string text, string? target = null) =>
        ["train", .. Cli.Args(Cli.Small), "--data", text, "--out", target ?? folder["run"]];

    private static bool Mount(string arguments)
    {
        try
        {
            using Process mount = Process.Start(new ProcessStartInfo("mount", arguments) { RedirectStandardError = true })!;
            mount.StandardError.ReadToEnd();
            mount.WaitForExit();
            return mount.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
