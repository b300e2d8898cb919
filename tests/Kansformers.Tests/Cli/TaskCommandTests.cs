using System.Text.Json;
using Kansformers.Cli;

namespace Kansformers.Tests.Cli;

/// <summary><c>eval --tasks</c>.</summary>
[Collection(TrainedRunTests.Name)]
public class TaskCommandTests(TrainedRun run)
{
    private const string Pairs = """
        {"sentence_good": "the quick fox", "sentence_bad": "quick the fox", "UID": "one"}
        {"sentence_good": "a lazy dog", "sentence_bad": "a lazy dog", "UID": "one"}
        {"sentence_good": "over the dog", "sentence_bad": "dog the over", "UID": "two"}
        """;

    [Fact]
    public void The_object_has_the_fields_of_the_contract_and_is_saved()
    {
        using TestFolder folder = new();
        string copy = run.Copy(folder), pairs = folder.Write("pairs.jsonl", Pairs);
        JsonElement json = JsonContractTests.Object(Cli.Run("eval", copy, "--tasks", pairs, "--json"));
        JsonElement task = Assert.Single(json.GetProperty("tasks").EnumerateArray());
        Assert.Equal(("pairs", "acc", 3), (task.GetProperty("task").GetString(), task.GetProperty("metric").GetString(), task.GetProperty("examples").GetInt32()));
        Assert.InRange(task.GetProperty("value").GetDouble(), 0, 1);
        Assert.Equal(JsonValueKind.Null, task.GetProperty("standard_error").ValueKind); // a part has one row
        Assert.Equal(1, task.GetProperty("ties").GetInt32());
        Assert.Equal(["one", "two"], json.GetProperty("paradigms").EnumerateArray().Select(part => part.GetProperty("paradigm").GetString()));
        Assert.Equal("minimal-pairs", json.GetProperty("settings")[0].GetProperty("kind").GetString());
        string results = Path.Combine(copy, "tasks", "results.json");
        Assert.Equal([("pairs", task.GetProperty("value").GetDouble())], Saved(results));

        // Another call adds to them; the same one takes the place of its own.
        string other = folder.Write("other.jsonl", Pairs.Split('\n')[0]);
        foreach (string[] more in (string[][])[["--tasks", other], ["--tasks", pairs, "--limit", "1"], ["--tasks", $"{pairs},{other}"]])
            Assert.Equal(0, Cli.Run(["eval", copy, .. more]).Code);
        Assert.Equal(["pairs", "pairs", "other"], Saved(results).Select(saved => saved.Task));
        using (JsonDocument limited = JsonDocument.Parse(File.ReadAllText(results)))
            Assert.Equal([1, null, null], limited.RootElement.GetProperty("evaluations").EnumerateArray().Select(one => one.GetProperty("limit") is { ValueKind: JsonValueKind.Number } limit ? limit.GetInt32() : (int?)null));
        Assert.Single(Directory.GetFiles(Path.Combine(copy, "tasks"), "scores-*.bin"));
        CliResult table = Cli.Run("eval", copy, "--tasks", pairs, "--out", folder["elsewhere"]);
        Assert.True(table.Code == 0, table.Error);
        Assert.Contains("  one", table.Out, StringComparison.Ordinal);
        Assert.Contains("ties", table.Out, StringComparison.Ordinal);
        Assert.True(File.Exists(folder["elsewhere/results.json"]));
        Assert.Contains(table.ErrorLines, line => line.Contains("a line feed stands for an empty context", StringComparison.Ordinal) || line.Contains("the first token is given, and not scored", StringComparison.Ordinal));
    }

    private static (string? Task, double Value)[] Saved(string path)
    {
        using JsonDocument saved = JsonDocument.Parse(File.ReadAllText(path));
        return [.. saved.RootElement.GetProperty("evaluations").EnumerateArray().Select(one => (one.GetProperty("task").GetString(), one.GetProperty("measures")[0].GetProperty("value").GetDouble()))];
    }

    [Fact]
    public void Results_that_are_something_else_are_kept_and_told_before_anything_begins()
    {
        using TestFolder folder = new();
        string pairs = folder.Write("pairs.jsonl", Pairs), own = folder.Write("out/results.json", """{"tasks": []}""");
        Cli.AssertFails(CommandLineApp.RunFailed, ["results.json' holds no results of tasks", "move it away, or name another --out"], "eval", run.Folder, "--tasks", pairs, "--out", folder["out"]);
        Assert.Equal("""{"tasks": []}""", File.ReadAllText(own));
    }

    [Fact]
    public void Characters_without_a_token_are_left_out_and_told()
    {
        using TestFolder folder = new();
        string pairs = folder.Write("pairs.jsonl", """{"sentence_good": "the Fox é", "sentence_bad": "the F"}""");
        CliResult result = Cli.Run("eval", run.Folder, "--tasks", pairs, "--out", folder["out"], "--json");
        Assert.True(result.Code == 0, result.Error);
        Assert.Contains(result.ErrorLines, line => line.Contains("left out", StringComparison.Ordinal));
    }

    [Fact]
    public void An_evaluation_that_is_killed_goes_on_to_the_same_numbers()
    {
        using TestFolder folder = new();
        string words = folder.Write("words.jsonl", string.Join('\n', Enumerable.Range(0, 6000).Select(i => $$"""{"text": "the quick brown fox jumps {{string.Concat(i.ToString("D5", null).Select(digit => (char)('a' + digit - '0')))}} over"}""")));
        string[] call = ["eval", run.Folder, "--tasks", words, "--batch-size", "1", "--json"];
        int kills = 0;
        for (; kills < 3; kills++)
        {
            using CliProcess process = new(null, [.. call, "--out", folder["parts"]]);
            long before = Kept();
            process.WaitUntil(() => Kept() > before);
            if (process.HasExited)
                break;
            process.Kill();
        }

        Assert.True(kills > 0, "no process could be killed while it scored");
        JsonElement parts = JsonContractTests.Object(Cli.Run([.. call, "--out", folder["parts"]])), whole = JsonContractTests.Object(Cli.Run([.. call, "--out", folder["whole"]]));
        Assert.Equal(whole.GetProperty("tasks").GetRawText(), parts.GetProperty("tasks").GetRawText());

        long Kept() => Directory.Exists(folder["parts"]) ? Directory.GetFiles(folder["parts"], "scores-*.bin").Sum(file => new FileInfo(file).Length) : 0;
    }

    [Fact]
    public void Wrong_calls_end_with_one_line()
    {
        using TestFolder folder = new();
        string pairs = folder.Write("pairs.jsonl", Pairs), labels = folder.Write("goal.jsonl", """{"goal": "a", "sol1": "b", "sol2": "c"}""");
        Cli.AssertFails(CommandLineApp.BadUsage, ["--few-shot is nothing to an evaluation without --tasks"], "eval", run.Folder, "--few-shot", "1");
        Cli.AssertFails(CommandLineApp.BadUsage, ["--data", "nothing to --tasks"], "eval", run.Folder, "--tasks", pairs, "--data", pairs);
        Cli.AssertFails(CommandLineApp.BadUsage, ["few-shot is -1"], "eval", run.Folder, "--tasks", pairs, "--few-shot", "-1");
        Cli.AssertFails(CommandLineApp.BadUsage, ["limit is 0"], "eval", run.Folder, "--tasks", pairs, "--limit", "0");
        Cli.AssertFails(CommandLineApp.BadUsage, ["batch size is 0"], "eval", run.Folder, "--tasks", pairs, "--batch-size", "0");
        Cli.AssertFails(CommandLineApp.BadUsage, ["twice"], "eval", run.Folder, "--tasks", $"{pairs},{pairs}");
        Cli.AssertFails(CommandLineApp.RunFailed, ["there is no task 'glue'", "blimp, hellaswag, lambada"], "eval", run.Folder, "--tasks", "glue", "--out", folder["out"]);
        Cli.AssertFails(CommandLineApp.RunFailed, ["no field 'label'"], "eval", run.Folder, "--tasks", labels, "--out", folder["out"]);
        Cli.AssertFails(CommandLineApp.RunFailed, ["put blimp there", "hub:nyu-mll/blimp"], "eval", run.Folder, "--tasks", "blimp", "--task-data", folder.Path, "--out", folder["out"]);
        Cli.AssertFails(CommandLineApp.RunFailed, ["there is no folder"], "eval", run.Folder, "--tasks", "blimp", "--task-data", folder["none"], "--out", folder["out"]);
    }
}
