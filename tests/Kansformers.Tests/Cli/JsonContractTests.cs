using System.Text.Json;
using Kansformers.Cli;
using Kansformers.Training;

namespace Kansformers.Tests.Cli;

/// <summary>What scripts rely on: with <c>--json</c>, one object on standard output and nothing else there.</summary>
[Collection(TrainedRunTests.Name)]
public class JsonContractTests(TrainedRun run)
{
    [Fact]
    public void Train_reports_the_fields_of_the_contract()
    {
        Assert.Equal(0, run.Json.Code);
        JsonElement json = Object(run.Json);
        Assert.Equal(run.Folder, json.GetProperty("run").GetString());
        Assert.Equal("custom", json.GetProperty("model").GetString());
        Assert.Equal(12, json.GetProperty("steps").GetInt64());
        Assert.Equal(12 * 2 * 8, json.GetProperty("tokens").GetInt64());
        Assert.InRange(json.GetProperty("kan_parameters").GetInt64(), 1, json.GetProperty("parameters").GetInt64() - 1);
        foreach (string name in new[] { "train_loss", "val_loss", "tokens_per_second", "seconds", "peak_memory_bytes" })
            Assert.True(json.GetProperty(name).GetDouble() > 0, name);
        Assert.Equal(10, json.GetProperty("sample").GetString()!.Length);
        Assert.Equal("finished", json.GetProperty("end").GetString());
        Assert.Contains(run.Json.ErrorLines, line => line.Contains("validation loss", StringComparison.Ordinal));
    }

    [Fact]
    public void Train_leaves_a_run_folder_with_all_its_parts()
    {
        foreach (string file in new[] { "config.json", "model.safetensors", "checkpoint.safetensors", "log.jsonl", "loss.svg", "README.md", "tokenizer.kansformers.json" })
            Assert.True(new FileInfo(Path.Combine(run.Folder, file)).Length > 0, file);
        Assert.Single(Directory.GetFiles(run.Folder, "events.out.tfevents.*"));
        Assert.Empty(Directory.GetFiles(run.Folder, "*.tmp"));
        Assert.Equal(3, RunLog.Read(Path.Combine(run.Folder, "log.jsonl")).OfType<ValidationRecord>().Count());
    }

    [Fact]
    public void A_loss_that_was_not_measured_is_null_and_no_sample_is_null()
    {
        using TestFolder folder = new();
        JsonElement json = Object(Cli.Run(["train", .. Cli.Args(Cli.Small.Replace("--sample-tokens 10", "--sample-tokens 0", StringComparison.Ordinal)), "--data", run.Text, "--out", folder["run"], "--val-fraction", "0", "--json"]));
        Assert.Equal(JsonValueKind.Null, json.GetProperty("val_loss").ValueKind);
        Assert.Equal(JsonValueKind.Null, json.GetProperty("sample").ValueKind);
    }

    [Theory]
    [InlineData(30, "30 steps instead of 12: the learning rate has come to its minimum, 4.0e-4, and stays there")]
    [InlineData(12, null)]
    public void A_run_goes_on_with_another_number_of_steps_and_tells_what_becomes_of_the_rate(int steps, string? words)
    {
        using TestFolder folder = new();
        string copy = run.Copy(folder);
        CliResult result = Cli.Run("train", "--resume", copy, "--max-iters", $"{steps}", "--sample-tokens", "0", "--json");
        Assert.True(result.Code == 0, result.Error);
        Assert.Contains($"\"steps\":{steps},", result.Out, StringComparison.Ordinal);
        Assert.Equal(words, result.ErrorLines.FirstOrDefault(line => line.StartsWith("plan", StringComparison.Ordinal))?["plan    ".Length..]);
        Assert.Equal(0, Cli.Run("train", "--resume", copy, "--sample-tokens", "0").Code);
        Cli.AssertFails(CommandLineApp.RunFailed, [$"{steps} steps are done already"], "train", "--resume", copy, "--max-iters", "3");
    }

    [Fact]
    public void A_resumed_run_keeps_the_command_that_started_it()
    {
        using TestFolder folder = new();
        string copy = run.Copy(folder);
        for (int time = 0; time < 2; time++)
            Assert.Equal(0, Cli.Run("train", "--resume", copy, "--sample-tokens", "0").Code);
        RunConfig config = RunFolder.Open(copy).Config;
        Assert.StartsWith("kansformers train --layers 1 ", config.CommandLine, StringComparison.Ordinal);
        string resume = $"kansformers train --resume {HumanText.ShellWord(copy)} --sample-tokens 0";
        Assert.Equal([resume, resume], config.Resumes);
        Assert.Contains($"{config.CommandLine}\n{resume}   # 2 times\n", File.ReadAllText(Path.Combine(copy, "README.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void Resuming_a_finished_run_reports_the_same_numbers()
    {
        using TestFolder folder = new();
        JsonElement first = Object(run.Json), again = Object(Cli.Run("train", "--resume", run.Copy(folder), "--sample-tokens", "10", "--prompt", "the ", "--json"));
        foreach (string name in new[] { "steps", "tokens", "train_loss", "val_loss", "parameters", "seconds", "sample" })
            Assert.Equal(first.GetProperty(name).ToString(), again.GetProperty(name).ToString());
    }

    [Fact]
    public void Eval_reports_the_fields_of_the_contract_for_any_stride()
    {
        JsonElement whole = Object(Cli.Run("eval", run.Folder, "--json")), dense = Object(Cli.Run("eval", run.Folder, "--stride", "1", "--json"));
        foreach (JsonElement json in new[] { whole, dense })
        {
            double loss = json.GetProperty("loss").GetDouble();
            Assert.Equal(Math.Pow(2, json.GetProperty("bits_per_byte").GetDouble()), json.GetProperty("perplexity").GetDouble(), 1e-3 * Math.Exp(loss));
            Assert.Equal(loss / Math.Log(2), json.GetProperty("bits_per_byte").GetDouble(), 1e-4); // a character of this text is a byte
        }

        Assert.Equal((8, 1), (whole.GetProperty("stride").GetInt32(), dense.GetProperty("stride").GetInt32()));
        Assert.Equal(whole.GetProperty("tokens").GetInt64(), dense.GetProperty("tokens").GetInt64());
        Assert.NotEqual(whole.GetProperty("loss").GetDouble(), dense.GetProperty("loss").GetDouble());
        Assert.Equal(20, Object(Cli.Run("eval", run.Folder, "--data", run.Text, "--max-tokens", "20", "--json")).GetProperty("tokens").GetInt64());
        Cli.AssertFails(CommandLineApp.BadUsage, ["stride is 9"], "eval", run.Folder, "--stride", "9");
        Cli.AssertFails(CommandLineApp.BadUsage, ["max tokens is 0"], "eval", run.Folder, "--max-tokens", "0");
    }

    [Fact]
    public void Eval_of_the_last_weights_differs_from_that_of_the_best_only_where_the_weights_do()
    {
        double best = Object(Cli.Run("eval", run.Folder, "--json")).GetProperty("loss").GetDouble();
        double last = Object(Cli.Run("eval", run.Folder, "--checkpoint", "last", "--json")).GetProperty("loss").GetDouble();
        JsonElement info = Object(Cli.Run("info", run.Folder, "--json"));
        Assert.Equal(info.GetProperty("step").GetString() == "12", best == last);
    }

    [Fact]
    public void Info_adds_up_and_agrees_with_train()
    {
        JsonElement trained = Object(run.Json);
        foreach (string checkpoint in new[] { "best", "last" })
        {
            JsonElement json = Object(Cli.Run("info", run.Folder, "--checkpoint", checkpoint, "--json"));
            Assert.Equal(trained.GetProperty("parameters").GetInt64(), json.GetProperty("parameters").GetInt64());
            Assert.Equal(trained.GetProperty("kan_parameters").GetInt64(), json.GetProperty("kan_parameters").GetInt64());
            Assert.Equal(json.GetProperty("parameters").GetInt64(), json.GetProperty("modules").EnumerateArray().Sum(module => module.GetProperty("parameters").GetInt64()));
            Assert.Equal((1, 2, 8, 8, 5, 3), (Int("layers"), Int("heads"), Int("embd"), Int("block_size"), Int("grid_size"), Int("spline_order")));
            Assert.Equal(("all", "char"), (json.GetProperty("placement").GetString(), json.GetProperty("tokenizer").GetString()));

            int Int(string name) => json.GetProperty(name).GetInt32();
        }

        JsonElement outside = Object(Cli.Run("info", run.Folder, "--outside", "--json"));
        Assert.Contains(outside.GetProperty("modules").EnumerateArray(), module => module.GetProperty("outside_grid") is { ValueKind: JsonValueKind.Number } share && share.GetDouble() is > 0 and < 1);
        CliResult table = Cli.Run("info", run.Folder);
        Assert.Equal(0, table.Code);
        Assert.Contains("lm_head.layers.0", table.Out, StringComparison.Ordinal);
        Cli.AssertFails(CommandLineApp.BadUsage, ["--heads"], "info", run.Folder, "--heads", "2");
    }

    [Fact]
    public void The_original_weight_file_can_be_inspected_and_used_when_what_it_does_not_tell_is_given()
    {
        string path = SharedFolder.Require("golden", "kansformers_gpt_small", "model.pt");
        JsonElement json = Object(Cli.Run("info", path, "--heads", "2", "--json"));
        Assert.Equal("all", json.GetProperty("placement").GetString());
        Assert.Equal(json.GetProperty("parameters").GetInt64(), json.GetProperty("modules").EnumerateArray().Sum(module => module.GetProperty("parameters").GetInt64()));
        int vocabulary = json.GetProperty("vocabulary").GetInt32();
        Cli.AssertFails(CommandLineApp.RunFailed, [path, "--heads"], "info", path);
        Cli.AssertFails(CommandLineApp.BadUsage, [$"vocabulary of {vocabulary}", "--tokenizer"], "sample", path, "--heads", "2");
        Cli.AssertFails(CommandLineApp.BadUsage, ["256", $"{vocabulary}"], "sample", path, "--heads", "2", "--tokenizer", "byte");
        Cli.AssertFails(CommandLineApp.BadUsage, ["--tokenizer"], "eval", path, "--heads", "2", "--data", run.Text, "--tokenizer", "char");
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("checkpoint.safetensors")]
    public void The_files_of_a_run_tell_their_architecture_themselves(string file)
    {
        using TestFolder folder = new();
        string target = folder["run"], weights = Path.Combine(target, file);
        Assert.Equal(0, Cli.Run(["train", .. Cli.Args(Cli.Small.Replace("--heads 2", "--heads 4", StringComparison.Ordinal)), "--base-activation", "gelu", "--placement", "mlp", "--data", run.Text, "--out", target]).Code);
        string[] which = ["--checkpoint", file == "model.safetensors" ? "best" : "last"];
        JsonElement of = Object(Cli.Run("info", weights, "--json")), ofRun = Object(Cli.Run(["info", target, "--json", .. which]));
        foreach (string name in new[] { "layers", "heads", "embd", "block_size", "vocabulary", "placement", "grid_size", "spline_order", "parameters", "kan_parameters", "modules" })
            Assert.Equal(ofRun.GetProperty(name).ToString(), of.GetProperty(name).ToString());
        string[] call = ["--tokenizer", target, "--json"];
        double loss = Object(Cli.Run(["eval", target, "--data", run.Text, "--json", .. which])).GetProperty("loss").GetDouble();
        Assert.Equal(loss, Object(Cli.Run(["eval", weights, "--data", run.Text, .. call])).GetProperty("loss").GetDouble());
        Assert.Equal(0, Cli.Run(["sample", weights, "--heads", "4", .. call]).Code);
        Cli.AssertFails(CommandLineApp.RunFailed, [weights, "4 heads, not 2"], ["sample", weights, "--heads", "2", .. call]);
    }

    [Fact]
    public void A_bare_weight_file_is_used_with_the_tokenizer_of_a_run()
    {
        using TestFolder folder = new();
        string weights = folder["weights.safetensors"];
        File.Copy(Path.Combine(run.Folder, "model.safetensors"), weights);
        string[] call = ["--heads", "2", "--tokenizer", run.Folder, "--json"];
        Assert.Equal(
            Object(Cli.Run("eval", run.Folder, "--data", run.Text, "--json")).GetProperty("loss").GetDouble(),
            Object(Cli.Run(["eval", weights, "--data", run.Text, .. call])).GetProperty("loss").GetDouble());
        Cli.AssertFails(CommandLineApp.BadUsage, ["--data"], ["eval", weights, .. call]);
        Cli.AssertFails(CommandLineApp.BadUsage, ["--outside"], "info", weights, "--heads", "2", "--outside");
    }

    internal static JsonElement Object(CliResult result)
    {
        Assert.True(result.Code == 0, result.Error);
        using JsonDocument document = JsonDocument.Parse(result.Out); // refuses anything beside one value
        Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
        return document.RootElement.Clone();
    }
}
