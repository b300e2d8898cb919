using System.Text.Json;
using Kansformers.Cli;
using Kansformers.Comparisons;
using Kansformers.Tests.Training;

namespace Kansformers.Tests.Cli;

/// <summary><c>compare</c> as a program with processes of its own: its report, wrong calls, and killed processes.</summary>
public class CompareTests : OneThread
{
    private const string Small = "--layers 1 --heads 2 --embd 8 --block-size 8 --batch-size 2 --max-iters 12 --warmup 2";

    [Fact]
    public void The_report_has_the_fields_of_the_contract_and_the_same_call_finds_all_done()
    {
        using TestFolder folder = new();
        string[] call = ["compare", .. Cli.Args(Small), "--family", "gpt", "--models", "linear; rational group:2", "--seeds", "1,2", "--data", folder.Write("fox.txt", TinyTraining.Text), "--out", folder["c"],
            "--plot", folder["p/c.svg"], "--markdown", folder["p/c.md"], "--json"];
        CliResult result = Cli.Run(call);
        Assert.True(result.Code == 0, result.Error);
        JsonElement json = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal(("linear", "parameters"), (json.GetProperty("baseline").GetString(), json.GetProperty("match").GetString()));
        JsonElement[] models = [.. json.GetProperty("models").EnumerateArray()];
        Assert.Equal(["linear", "rational group:2"], models.Select(model => model.GetProperty("name").GetString()));
        Assert.Equal(["none", "mlp"], models.Select(model => model.GetProperty("placement").GetString()));
        Assert.Equal(JsonValueKind.Null, models[0].GetProperty("kan").ValueKind);
        Assert.Contains("rational", models[1].GetProperty("kan").GetString(), StringComparison.Ordinal);
        Assert.Equal(["gelu (tanh)", "kan"], models.Select(model => model.GetProperty("feed_forward").GetString()));
        long first = models[0].GetProperty("parameters").GetInt64();
        foreach (JsonElement model in models)
        {
            Assert.InRange(model.GetProperty("parameters").GetInt64(), 1, first);
            Assert.Equal(12 * 16, model.GetProperty("tokens").GetInt64());
            foreach (string name in new[] { "seconds", "step_ms", "run_seconds", "val_loss", "spread", "flops", "peak_memory_bytes" })
                Assert.True(model.GetProperty(name).GetDouble() > 0, name);
            double[] losses = [.. model.GetProperty("val_losses").EnumerateArray().Select(loss => loss.GetDouble())];
            Assert.Equal(2, losses.Length);
            Assert.Equal(losses.Average(), model.GetProperty("val_loss").GetDouble(), 12);
        }

        Assert.Equal("linear", models[1].GetProperty("difference").GetProperty("to").GetString());
        Assert.InRange(models[1].GetProperty("difference").GetProperty("p_value").GetDouble(), 0, 1);
        Assert.Equal(File.ReadAllText(folder["c/compare.md"]), File.ReadAllText(folder["p/c.md"]));
        Assert.Equal(File.ReadAllText(folder["c/compare.svg"]), File.ReadAllText(folder["p/c.svg"]));
        Assert.Contains(result.ErrorLines, line => line.StartsWith("4/4  ", StringComparison.Ordinal));

        CliResult again = Cli.Run(call);
        Assert.Equal(result.Out, again.Out);
        Assert.DoesNotContain(again.ErrorLines, line => line.Contains("validation loss", StringComparison.Ordinal));
        CliResult table = Cli.Run(call[..^1]);
        Assert.Contains("rational group:2", table.Out, StringComparison.Ordinal);
        Assert.Contains("paired t test", table.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Killed_processes_cost_nothing_but_time()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "finds the processes of a comparison in /proc");
        using TestFolder folder = new();
        string text = folder.Write("fox.txt", TinyTraining.Text);
        string config = folder.Write("c.json", $$"""
            {
              "data": { "data": {{JsonSerializer.Serialize(text)}} },
              "model": { "layers": 1, "heads": 2, "width": 8, "block_size": 8, "placement": "none" },
              "training": { "max_iters": 500, "batch_size": 2, "eval_interval": 100, "eval_windows": 4 },
              "seeds": [1, 2], "models": [{ "name": "plain" }]
            }
            """);

        // On one thread, as each of the two processes side by side below has.
        using (ModelComparison whole = ModelComparison.Open(ComparisonConfig.Load(config), folder["whole"]))
            Assert.Empty(whole.Run().Failures);

        // One of two runs is killed: the other one ends, the failure is told, and exit code 1.
        using (CliProcess process = Run(folder["parts"]))
        {
            process.WaitUntil(() => Worker(folder["parts"], "plain-seed1-") is not null && HasCheckpoint("plain-seed1-"));
            System.Diagnostics.Process.GetProcessById(Worker(folder["parts"], "plain-seed1-")!.Value).Kill();
            CliResult result = process.Wait();
            Assert.Equal(1, result.Code);
            Assert.Contains("1 of the runs failed (plain: its process ended with code 137", result.ErrorLines[^1], StringComparison.Ordinal);
            Assert.Contains("plain-seed2-", Assert.Single(Directory.GetFiles(folder["parts/runs"], "*.outcome.json")), StringComparison.Ordinal);
        }

        // The comparison itself is killed: its process ends in order.
        using (CliProcess process = Run(folder["parts"]))
        {
            process.WaitUntil(() => Worker(folder["parts"], "plain-seed1-") is not null);
            process.Kill();
            for (long start = Environment.TickCount64; Worker(folder["parts"], "plain-seed") is not null && Environment.TickCount64 - start < 60_000;)
                Thread.Sleep(20);
            Assert.Null(Worker(folder["parts"], "plain-seed"));
        }

        Assert.Equal(0, Run(folder["parts"]).Wait().Code);
        Assert.Equal(Losses(folder["whole"]), Losses(folder["parts"]));

        CliProcess Run(string to) => new(new Dictionary<string, string?> { ["OMP_NUM_THREADS"] = "2" }, "compare", "--config", config, "--out", to, "--jobs", "2");
        bool HasCheckpoint(string run) => Directory.GetDirectories(folder["parts/runs"], run + "*").Any(path => File.Exists(Path.Combine(path, "checkpoint.safetensors")));
        static string[] Losses(string at) =>
            [.. Directory.GetFiles(Path.Combine(at, "runs"), "*.outcome.json").Order(StringComparer.Ordinal).Select(path => JsonDocument.Parse(File.ReadAllText(path)).RootElement.GetProperty("validation_loss").GetRawText())];
    }

    [Theory]
    [InlineData("compare", "give the models by --models")]
    [InlineData("compare --models rationale", "model 'rationale': unknown word 'rationale'")]
    [InlineData("compare --models linear --seeds 1,1", "seed 1 is given twice")]
    [InlineData("compare --models linear --seeds x", "seeds 'x' must be whole numbers")]
    [InlineData("compare --models linear --match size", "match is 'size'")]
    [InlineData("compare --models linear --jobs 0", "--jobs is 0")]
    [InlineData("compare --models linear --baseline best", "there is no model 'best': use linear")]
    [InlineData("compare --models linear --layers 2", "--layers, --heads and --embd go together")]
    [InlineData("compare --models linear --batch-size 0", "batch size is 0")]
    [InlineData("compare --models linear --tokenizer none", "there is no tokenizer 'none'")]
    [InlineData("compare --config no-such.json", "cannot read the comparison 'no-such.json'")]
    [InlineData("compare --models linear --resume runs/a", "--resume")]
    public void A_wrong_call_is_one_line_and_exit_code_2(string call, string part) => Cli.AssertFails(CommandLineApp.BadUsage, [part], call.Split(' '));

    [Fact]
    public void A_file_and_options_that_it_settles_exclude_each_other()
    {
        using TestFolder folder = new();
        string config = folder.Write("c.json", """{ "data": { "data": "no-such.txt" }, "models": [{ "name": "a" }, { "name": "b" }] }""");
        Cli.AssertFails(CommandLineApp.BadUsage, ["--config says how its models are made and trained; leave out --batch-size"], "compare", "--config", config, "--batch-size", "2");
        Cli.AssertFails(CommandLineApp.BadUsage, ["there is no model 'c': use a; b"], "compare", "--config", config, "--models", "a;c");
        Cli.AssertFails(CommandLineApp.BadUsage, ["max iters is 0"], "compare", "--config", config, "--max-iters", "0");
        Cli.AssertFails(CommandLineApp.RunFailed, ["no-such.txt"], "compare", "--config", config, "--out", folder["c"]);
        Cli.AssertFails(CommandLineApp.RunFailed, ["other.txt"], "compare", "--config", config, "--data", "other.txt", "--out", folder["c"]);
        Assert.False(Directory.Exists(folder["c"]));
    }

    // The id of a process of a comparison that works on a run.
    private static int? Worker(string folder, string run)
    {
        foreach (string process in Directory.GetDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)))
        {
            try
            {
                string call = File.ReadAllText(Path.Combine(process, "cmdline"));
                if (call.Contains("one-of-many", StringComparison.Ordinal) && call.Contains(Path.Combine(folder, "runs", run), StringComparison.Ordinal))
                    return int.Parse(Path.GetFileName(process), System.Globalization.CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                // It has ended.
            }
        }

        return null;
    }
}
