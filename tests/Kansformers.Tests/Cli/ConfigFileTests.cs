using Kansformers.Cli;

namespace Kansformers.Tests.Cli;

public class ConfigFileTests
{
    [Fact]
    public void The_file_stands_for_options_and_the_command_line_wins()
    {
        using TestFolder folder = new();
        string path = folder.Write("c.json", """{ "model": "gpt-nano", "max_iters": 500, "learning-rate": 1e-3, "json": true, "resume": null, "grid-range": [-2, 2], /* why */ }""");
        Assert.Equal(
            ["train", "--seed", "1", "--model", "gpt-nano", "--max-iters", "500", "--learning-rate", "1e-3", "--json", "--grid-range=-2,2"],
            ConfigFile.Expand(["train", "--config", path, "--seed", "1"]));
        foreach (string[] given in new string[][] { ["--max-iters", "7"], ["--max-iters=7"], ["--max-iters:7"] })
        {
            string[] expanded = ConfigFile.Expand(["train", .. given, $"--config={path}"]);
            Assert.DoesNotContain("500", expanded);
            Assert.Contains("gpt-nano", expanded);
        }
    }

    [Fact]
    public void The_values_reach_the_run()
    {
        using TestFolder folder = new();
        string text = folder.Write("t.txt", Training.TinyTraining.Text), config = folder.Write("c.json", """{ "layers": 1, "heads": 2, "embd": 8, "block_size": 8, "batch-size": 2, "max-iters": 5, "sample-tokens": 0, "grid-range": [-2, 2] }""");
        CliResult result = Cli.Run("train", $"--config={config}", "--data", text, "--max-iters", "3", "--out", folder["run"], "--json");
        Assert.Equal(0, result.Code);
        Kansformers.Training.RunConfig run = Kansformers.Training.RunFolder.Open(folder["run"]).Config;
        Assert.Equal((3, 8, -2.0, 2.0), (run.Training.MaxIters, run.Model.BlockSize, run.Model.Kan.GridLow, run.Model.Kan.GridHigh));
    }

    [Theory]
    [InlineData("""{"max-iters": "many"}""", "many")]
    [InlineData("""{"colour": "blue"}""", "--colour")]
    [InlineData("""{"seed": {}}""", "'seed'")]
    [InlineData("""{"config": "other.json"}""", "cannot name another")]
    [InlineData("[1]", "JSON object")]
    [InlineData("{", "is not JSON")]
    [InlineData("", "is not JSON")]
    public void A_bad_file_is_bad_usage(string content, string part)
    {
        using TestFolder folder = new();
        Cli.AssertFails(CommandLineApp.BadUsage, [part], "train", "--config", folder.Write("c.json", content));
    }

    [Fact]
    public void A_missing_file_and_two_files_are_bad_usage()
    {
        using TestFolder folder = new();
        Cli.AssertFails(CommandLineApp.BadUsage, ["none.json", "no such file"], "train", "--config", folder["none.json"]);
        Cli.AssertFails(CommandLineApp.BadUsage, ["--config once"], "train", "--config", "a", "--config=b");
    }
}
