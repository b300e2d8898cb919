using Kansformers.Kan;
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
            ["train", "--config", path, "--seed", "1", "--model", "gpt-nano", "--max-iters", "500", "--learning-rate", "1e-3", "--json", "--grid-range=-2,2"],
            Expand("train", "--config", path, "--seed", "1")!);
        foreach (string[] given in new string[][] { ["--max-iters", "7"], ["--max-iters=7"], ["--max-iters:7"] })
        {
            string[]? expanded = Expand(["train", .. given, $"--config={path}"]);
            Assert.NotNull(expanded);
            Assert.DoesNotContain("500", expanded);
            Assert.Contains("gpt-nano", expanded);
        }
    }

    [Theory]
    [InlineData("""{ "model": "gpt-mini" }""", "--layers 1 --heads 1 --embd 8", "--model", "gpt-mini")]
    [InlineData("""{ "layers": 2, "heads": 2, "embd": 16 }""", "--model gpt-nano", "--layers", "--embd")]
    [InlineData("""{ "val-fraction": 0.2 }""", "--val-data a.txt", "--val-fraction", "0.2")]
    [InlineData("""{ "val-data": "a.txt" }""", "--val-fraction 0.2", "--val-data", "a.txt")]
    public void What_the_command_line_says_in_another_way_replaces_what_the_file_says(string file, string options, params string[] replaced)
    {
        using TestFolder folder = new();
        string[]? expanded = Expand(["train", "--config", folder.Write("c.json", file), .. Cli.Args(options)]);
        Assert.NotNull(expanded);
        Assert.All(replaced, word => Assert.DoesNotContain(word, expanded));
    }

    [Theory]
    [InlineData("""{ "data": "\ud800" }""", "'data' is no Unicode")]
    [InlineData("""{ "data": "a\udc00b" }""", "'data' is no Unicode")]
    [InlineData("""{ "data": "\ud800\ud800" }""", "'data' is no Unicode")]
    [InlineData("""{ "grid-range": ["1", "\udfff"] }""", "'grid-range[1]' is no Unicode")]
    [InlineData("""{ "seed": 1, "da\ud800ta": "x" }""", "one of its names is no Unicode")]
    [InlineData("""{ "data": { "\ud800": 1 } }""", "a name in 'data' is no Unicode")]
    [InlineData("""{ "data": "a\u0000b" }""", "'data' holds the character U+0000")]
    [InlineData("""{ "data\u0000": "b" }""", "U+0000")]
    [InlineData("""{ "data": ["a", { "b": "c" }] }""", "'data' must be a string")]
    [InlineData("""{ "data": ["a", null] }""", "'data' must be a string")]
    [InlineData("""{ "data": "a""", "is not JSON")]
    public void What_is_no_text_or_no_value_is_named(string json, string words)
    {
        using TestFolder folder = new();
        string path = folder.Write("c.json", json);
        Cli.AssertFails(CommandLineApp.BadUsage, [path, words], "train", "--config", path, "--out", folder["run"]);
        Assert.False(Directory.Exists(folder["run"]));
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_are_named_and_a_byte_order_mark_is_none_of_the_content()
    {
        using TestFolder folder = new();
        string path = folder["c.json"];
        foreach (byte[] json in new byte[][] { [.. "{\"data\":\""u8, 0xFF, .. "\"}"u8], [.. "{\"da"u8, 0xFF, .. "\":1}"u8] })
        {
            File.WriteAllBytes(path, json);
            Cli.AssertFails(CommandLineApp.BadUsage, [path, "is no Unicode"], "train", "--config", path);
        }

        File.WriteAllBytes(path, [.. "\uFEFF{\"data\":\"\\ud83d\\ude00\"}"u8]);
        Assert.Equal(["--data", "\U0001F600"], Expand("train", "--config", path)![^2..]);
    }

    [Fact]
    public void A_size_on_the_command_line_replaces_that_size_only()
    {
        using TestFolder folder = new();
        string[]? expanded = Expand("train", "--layers", "6", "--config", folder.Write("c.json", """{ "layers": 2, "heads": 2, "embd": 16 }"""));
        Assert.Equal(["--heads", "2", "--embd", "16"], expanded![^4..]);
        Assert.DoesNotContain("2", expanded[..^4]);
    }

    [Fact]
    public void Only_train_has_a_configuration_and_a_value_is_no_option()
    {
        Assert.Null(Expand("sample", "run", "--prompt", "--config", "missing.json"));
        Assert.Null(Expand("sample", "run", "--prompt", "--config"));
        Assert.Null(Expand("train", "--prompt", "--config"));
        Assert.Null(Expand("train", "--config", "missing.json", "-h"));
    }

    [Fact]
    public void The_values_reach_the_run()
    {
        using TestFolder folder = new();
        string text = folder.Write("t.txt", Training.TinyTraining.Text), config = folder.Write("c.json", """{ "layers": 1, "heads": 2, "embd": 8, "block_size": 8, "batch-size": 2, "max-iters": 5, "sample-tokens": 0, "grid-range": [-2, 2] }""");
        CliResult result = Cli.Run("train", $"--config={config}", "--data", text, "--max-iters", "3", "--out", folder["run"], "--json");
        Assert.Equal(0, result.Code);
        Kansformers.Training.RunConfig run = Kansformers.Training.RunFolder.Open(folder["run"]).Config;
        BSplineOptions kan = Assert.IsType<BSplineOptions>(run.Model.Kan);
        Assert.Equal((3, 8, -2.0, 2.0), (run.Training.MaxIters, run.Model.BlockSize, kan.GridLow, kan.GridHigh));
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

    private static string[]? Expand(params string[] args) => ConfigFile.Expand(args, CommandLineApp.Parse(CommandLineApp.CreateRoot(), args));
}
