using System.Text.Json;
using Kansformers.Cli;
using Kansformers.Files;
using Kansformers.Training;

namespace Kansformers.Tests.Cli;

/// <summary>Corpora on the command line: <c>tokenize</c>, and what the other verbs tell of them.</summary>
[Collection(TrainedRunTests.Name)]
public class CorpusCommandTests(TrainedRun run)
{
    private static readonly string Rows = string.Concat(Enumerable.Range(0, 300).Select(i => $"{i},\"the quick brown fox {i % 200}\"\n")) + "300,\n";

    [Fact]
    public void Tokenize_counts_and_writes_what_train_and_eval_read()
    {
        using TestFolder folder = new();
        string table = folder.Write("a.csv", "id,story\n" + Rows), ids = folder["a.bin"];
        CliResult call = Cli.Run("tokenize", "--data", table, "--tokenizer", "byte", "--deduplicate", "--out", ids, "--json");
        JsonElement json = JsonContractTests.Object(call);
        Assert.Equal((200, 1, 100), (Number(json, "documents"), Number(json, "empty_rows"), Number(json, "duplicate_rows")));
        Assert.Equal(("a.csv", "uint16", 256), (json.GetProperty("data").GetString(), json.GetProperty("format").GetString(), Number(json, "vocabulary")));
        Assert.Equal(new FileInfo(ids).Length, 2 * Number(json, "tokens"));
        Assert.True(Number(json, "bytes") > 0 && json.GetProperty("seconds").GetDouble() > 0 && json.GetProperty("mb_per_second").GetDouble() > 0 && Number(json, "peak_memory_bytes") > 0);
        Assert.Contains("rows         200 documents (1 empty row passed over, 100 duplicates left out)", Cli.Run("tokenize", "--data", table, "--tokenizer", "byte", "--deduplicate").Out, StringComparison.Ordinal);

        string[] small = Cli.Args(Cli.Small);
        CliResult trained = Cli.Run(["train", .. small, "--data", ids, "--tokenizer", "byte", "--out", folder["run"], "--json"]);
        Assert.True(Number(JsonContractTests.Object(trained).GetProperty("corpus"), "documents") > 0);
        Assert.Contains("(uint16 tokens)", trained.Error, StringComparison.Ordinal);
        JsonElement eval = JsonContractTests.Object(Cli.Run("eval", folder["run"], "--data", table, "--deduplicate", "--json"));
        Assert.Equal((200, 1, 100), (Number(eval.GetProperty("corpus"), "documents"), Number(eval.GetProperty("corpus"), "empty_rows"), Number(eval.GetProperty("corpus"), "duplicate_rows")));
    }

    [Fact]
    public void A_run_remembers_its_part_of_a_corpus()
    {
        using TestFolder folder = new();
        folder.Write("part/a.csv", "id,story\n" + Rows);
        CliResult trained = Cli.Run(["train", .. Cli.Args(Cli.Small), "--data", folder["part/*.csv"] + "[:50%]", "--deduplicate", "--out", folder["run"]]);
        Assert.True(trained.Code == 0, trained.Error);
        DataConfig data = RunFolder.Open(folder["run"]).Config.Data;
        Assert.Equal((folder["part/*.csv"] + "[:50%]", true, null), (data.Data, data.Deduplicate, data.TextField));
        Assert.Equal(0, Cli.Run("eval", folder["run"], "--json").Code);
        folder.Write("part/b.csv", "text\nmore\n");
        Cli.AssertFails(CommandLineApp.RunFailed, ["is not the one that"], "eval", folder["run"]);
    }

    [Fact]
    public void What_cannot_be_read_is_one_line()
    {
        using TestFolder folder = new();
        string table = folder.Write("a.csv", "a,b\n1,2\n");
        Cli.AssertFails(CommandLineApp.RunFailed, ["--text-field", "'a', 'b'"], "train", "--data", table, "--out", folder["run"]);
        File.WriteAllBytes(folder["a.bin"], [1, 0, 255, 255]);
        Cli.AssertFails(CommandLineApp.RunFailed, ["token 1 of", "is 65535", "--token-format"], "tokenize", "--data", folder["a.bin"]);
        Cli.AssertFails(CommandLineApp.RunFailed, ["is not a Parquet file"], "eval", run.Folder, "--data", folder.Write("a.parquet", "no parquet at all"));
    }

    [Fact]
    public void The_ids_do_not_replace_the_text_that_they_are_made_of()
    {
        using TestFolder folder = new();
        string text = folder.Write("in/a.txt", "some text");
        Cli.AssertFails(CommandLineApp.BadUsage, ["--out", "file of the corpus itself"], "tokenize", "--data", text, "--tokenizer", "byte", "--out", text);
        Cli.AssertFails(CommandLineApp.BadUsage, ["--out"], "tokenize", "--data", folder["in"], "--tokenizer", "byte", "--out", folder["in/../in/a.txt"]);
        if (!OperatingSystem.IsWindows())
        {
            Directory.CreateSymbolicLink(folder["link"], folder["in"]);
            Cli.AssertFails(CommandLineApp.BadUsage, ["--out"], "tokenize", "--data", text, "--tokenizer", "byte", "--out", folder["link/a.txt"]);
        }

        Assert.Equal("some text", File.ReadAllText(text));
    }

    [Fact]
    public void Eval_tells_of_a_damaged_cache()
    {
        using TestFolder folder = new();
        string text = folder.Write("a.txt", "some text of which the tokens in the cache are damaged"), cache = Path.Combine(UserCache.Folder, "tokens");
        string[] before = Directory.GetFiles(cache, "*.tokens");
        Assert.Equal("", Cli.Run("eval", run.Folder, "--data", text).Error);
        string tokens = Assert.Single(Directory.GetFiles(cache, "*.tokens").Except(before));
        File.WriteAllBytes(tokens, File.ReadAllBytes(tokens)[..^1]);
        Assert.Contains(tokens, Cli.Run("eval", run.Folder, "--data", text).Error, StringComparison.Ordinal);
    }

    private static long Number(JsonElement json, string name) => json.GetProperty(name).GetInt64();
}
