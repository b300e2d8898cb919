using System.Text.Json;
using Kansformers.Cli;
using Kansformers.Tests.Training;

namespace Kansformers.Tests.Cli;

/// <summary><c>scale</c> as a program with processes of its own: its report, wrong calls, and a kill.</summary>
public class ScaleTests : OneThread
{
    private const string Small = "--sizes 1x2x8,1x2x16 --tokens 160,320 --block-size 8 --batch-size 2 --family gpt";

    [Fact]
    public void The_report_has_a_row_for_each_rung_and_the_same_call_finds_all_done()
    {
        using TestFolder folder = new();
        string[] call = ["scale", .. Cli.Args(Small), "--models", "linear; rational group:2", "--seeds", "1,2", "--data", folder.Write("fox.txt", TinyTraining.Text), "--out", folder["l"], "--json"];
        CliResult result = Cli.Run(call);
        JsonElement json = JsonContractTests.Object(result);
        Assert.Equal("parameters", json.GetProperty("match").GetString());
        Assert.Equal(0, json.GetProperty("failures").GetArrayLength());
        JsonElement[] rungs = [.. json.GetProperty("rungs").EnumerateArray()];
        Assert.Equal(8, rungs.Length);
        foreach (JsonElement rung in rungs)
        {
            foreach (string name in new[] { "parameters", "embedding_parameters", "live_parameters", "steps", "tokens", "epochs", "flops", "seconds", "val_loss", "spread", "layers", "heads", "width" })
                Assert.True(rung.GetProperty(name).GetDouble() > 0, name);
            Assert.Equal(rung.GetProperty("val_losses").EnumerateArray().Average(loss => loss.GetDouble()), rung.GetProperty("val_loss").GetDouble(), 12);
        }

        Assert.Contains(result.ErrorLines, line => line.StartsWith("16/16  ", StringComparison.Ordinal));
        Assert.Equal(16, JsonDocument.Parse(File.ReadAllText(folder["l/scale.json"])).RootElement.GetProperty("points").GetArrayLength());
        CliResult again = Cli.Run(call);
        Assert.Equal(result.Out, again.Out);
        Assert.DoesNotContain(again.ErrorLines, line => line.Contains("validation loss", StringComparison.Ordinal));
        CliResult table = Cli.Run(call[..^1]);
        Assert.Contains("rational group:2", table.Out, StringComparison.Ordinal);
        Assert.Contains("scale.html", table.Out, StringComparison.Ordinal);
        Assert.Equal(["linear", "rational group:2"], json.GetProperty("fits").GetProperty("groups").EnumerateArray().Select(group => group.GetProperty("name").GetString()));
        Assert.Contains("rational group:2", File.ReadAllText(folder["l/scale.html"]), StringComparison.Ordinal);
        Assert.Contains("| ", File.ReadAllText(folder["l/scale.md"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_killed_ladder_goes_on_to_the_same_numbers()
    {
        using TestFolder folder = new();
        string text = folder.Write("fox.txt", TinyTraining.Text);
        Dictionary<string, string?> oneThread = new() { ["OMP_NUM_THREADS"] = "1" };
        string[] Call(string to) => ["scale", .. Cli.Args(Small.Replace("160,320", "1600,4800", StringComparison.Ordinal)), "--models", "linear", "--data", text, "--out", folder[to], "--json"];
        using (CliProcess process = new(oneThread, Call("parts")))
        {
            process.WaitUntil(() => Directory.Exists(folder["parts/runs"]) && Directory.GetFiles(folder["parts/runs"], "*.outcome.json").Length > 0);
            process.Kill();
        }

        CliResult parts = new CliProcess(oneThread, Call("parts")).Wait(), whole = new CliProcess(oneThread, Call("whole")).Wait();
        Assert.Equal(Losses(whole), Losses(parts));

        static string[] Losses(CliResult result) => [.. JsonContractTests.Object(result).GetProperty("rungs").EnumerateArray().Select(rung => rung.GetProperty("val_loss").GetRawText())];
    }

    [Theory]
    [InlineData("scale --models rationale", "model 'rationale': unknown word 'rationale'")]
    [InlineData("scale --sizes 2x2", "unknown size '2x2'")]
    [InlineData("scale --sizes 16,2x1x16", "the size 2x1x16 is given twice")]
    [InlineData("scale --tokens 3z", "unknown budget '3z'")]
    [InlineData("scale --rates depth", "unknown rates 'depth'")]
    [InlineData("scale --match flops", "match is 'flops'; in a ladder")]
    [InlineData("scale --seeds 1,1", "seed 1 is given twice")]
    [InlineData("scale --jobs 0", "--jobs is 0")]
    [InlineData("scale --batch-size 0", "batch size is 0")]
    [InlineData("scale --max-iters 100", "--max-iters")]
    [InlineData("scale --config no-such.json", "cannot read the ladder 'no-such.json'")]
    public void A_wrong_call_is_one_line_and_exit_code_2(string call, string part) => Cli.AssertFails(CommandLineApp.BadUsage, [part], call.Split(' '));

    [Fact]
    public void What_a_text_or_a_file_rules_out_is_told_before_anything_is_trained()
    {
        using TestFolder folder = new();
        string text = folder.Write("fox.txt", TinyTraining.Text);
        Cli.AssertFails(CommandLineApp.RunFailed, ["its budget is 15 tokens, but a step takes 16"], ["scale", .. Cli.Args(Small.Replace("160,320", "15", StringComparison.Ordinal)), "--data", text, "--out", folder["l"]]);
        Cli.AssertFails(CommandLineApp.RunFailed, ["needs held-out text: give --val-data, or a --val-fraction above 0"], ["scale", .. Cli.Args(Small), "--val-fraction", "0", "--data", text, "--out", folder["l"]]);
        string config = folder.Write("l.json", $$"""{ "data": { "data": "no-such.txt" }, "models": [{ "name": "a" }, { "name": "b" }], "sizes": [16], "tokens": ["1x"] }""");
        Cli.AssertFails(CommandLineApp.BadUsage, ["--config says how its models are made and trained; leave out --batch-size"], "scale", "--config", config, "--batch-size", "2");
        Cli.AssertFails(CommandLineApp.BadUsage, ["there is no model 'c': use a; b"], "scale", "--config", config, "--models", "a;c");
        Cli.AssertFails(CommandLineApp.RunFailed, ["no-such.txt"], "scale", "--config", config, "--out", folder["l"]);
        Assert.False(Directory.Exists(folder["l"]));
    }
}
