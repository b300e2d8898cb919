using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Kansformers.Tests.Training;
using Kansformers.Training;

namespace Kansformers.Tests.Cli;

/// <summary>Processes that are killed or asked to end, and runs that go on all the same.</summary>
public class InterruptionTests
{
    private const string Options = "--layers 1 --heads 2 --embd 8 --block-size 8 --batch-size 2 --dropout 0.1 --eval-windows 2 --sample-tokens 0";

    [Theory]
    [InlineData("")]
    [InlineData("--recipe original --refine-grid 100:10,200:20")]
    public void A_run_killed_at_ten_moments_and_resumed_each_time_equals_the_uninterrupted_run(string more)
    {
        using TestFolder folder = new();
        string text = folder.Write("fox.txt", TinyTraining.Text), whole = folder["whole"], parts = folder["parts"];
        string[] options = [.. Cli.Args($"{Options} {more}"), "--eval-interval", "3", "--max-iters", "300", "--data", text];
        Assert.Equal(0, Cli.Run(["train", .. options, "--out", whole]).Code);

        // The clock chooses the moments; whatever they are, the outcome must be the same.
        Random random = new(4);
        int kills = 0;
        while (kills < 10)
        {
            using CliProcess process = Start();
            long begun = Written();
            if (kills == 0)
            {
                Thread.Sleep(random.Next(300, 900)); // somewhere in the start-up
            }
            else if (kills % 2 == 1)
            {
                process.WaitUntil(() => Written() != begun);
                Thread.Sleep(random.Next(60));
            }
            else
            {
                process.WaitUntil(() => Written() != begun);
                process.WaitUntil(() => Directory.EnumerateFiles(parts, "*.tmp").Any()); // while it writes a checkpoint
            }

            if (process.HasExited)
                break;
            process.Kill();
            kills++;
        }

        using (CliProcess last = Start())
        {
            CliResult result = last.Wait();
            Assert.True(result.Code == 0, result.Error);
        }

        TestContext.Current.SendDiagnosticMessage($"killed {kills} times");
        RunComparison.AssertSame(whole, parts);

        // A run killed before its configuration was written is started, not resumed.
        CliProcess Start() => File.Exists(Path.Combine(parts, "config.json"))
            ? new CliProcess(null, "train", "--resume", parts, "--sample-tokens", "0")
            : new CliProcess(null, ["train", .. options, "--out", parts]);

        // Changes when the process that was started last has trained.
        long Written() => new FileInfo(Path.Combine(parts, "log.jsonl")) is { Exists: true } log ? log.Length ^ log.LastWriteTimeUtc.Ticks : 0;
    }

    [Fact]
    public void Tokenizing_that_was_killed_while_it_wrote_leaves_nothing_that_is_taken_for_whole()
    {
        using TestFolder folder = new();
        string text = folder.Write("long.txt", string.Concat(Enumerable.Range(0, 700_000).Select(i => $"line {i} of a long text\n"))), cache = folder["cache"], ids = folder["ids.bin"], whole = folder["whole.bin"];
        int killed = 0;
        for (int trial = 0; trial < 4; trial++)
        {
            using CliProcess process = Tokenize(cache, ids);
            process.WaitUntil(() => Directory.Exists(cache) && Directory.EnumerateFiles(cache, "*.tmp", SearchOption.AllDirectories).Any(path => new FileInfo(path).Length > trial * 100_000));
            if (process.HasExited)
                break;
            process.Kill();
            killed++;
            Assert.False(File.Exists(ids));
            Assert.Empty(Directory.EnumerateFiles(cache, "*.tokens", SearchOption.AllDirectories));
        }

        Assert.True(killed > 0, "no process could be killed while it wrote");
        foreach ((string place, string target) in (IEnumerable<(string, string)>)[(cache, ids), (folder["other"], whole)])
        {
            using CliProcess process = Tokenize(place, target);
            CliResult result = process.Wait();
            Assert.True(result.Code == 0, result.Error);
            Assert.Contains("\"from_cache\":false", result.Out, StringComparison.Ordinal);
        }

        Assert.Equal(File.ReadAllBytes(whole), File.ReadAllBytes(ids));

        CliProcess Tokenize(string place, string target) =>
            new(new Dictionary<string, string?> { ["KANSFORMERS_CACHE"] = place }, "tokenize", "--data", text, "--tokenizer", "byte", "--out", target, "--json");
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public void A_run_that_is_asked_to_end_saves_a_checkpoint_and_says_how_to_go_on(string signal)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "sends signals");
        using TestFolder folder = new();
        string run = folder["run"], log = Path.Combine(run, "log.jsonl");
        using CliProcess process = new(null, ["train", .. Cli.Args(Options), "--max-iters", "1000000", "--eval-interval", "1000000", "--warmup", "7", "--data", folder.Write("fox.txt", TinyTraining.Text), "--out", run]);
        process.WaitUntil(() => File.Exists(log) && new FileInfo(log).Length > 2000);
        Assert.SkipWhen(IsIgnored(process.Id, signal == "INT" ? 2 : 15), "the one who started the tests has this signal ignored");
        using (Process kill = Process.Start("kill", ["-" + signal, process.Id.ToString(CultureInfo.InvariantCulture)]))
            kill.WaitForExit();
        CliResult result = process.Wait();
        Assert.True(result.Code == 1, result.Error);
        Assert.Equal("", result.Out);
        int steps = RunLog.Read(log).Count;
        Assert.StartsWith($"error: interrupted after step {steps}; go on with: kansformers train --resume ", result.ErrorLines[^1], StringComparison.Ordinal);
        using TrainingRun resumed = TrainingRun.Resume(run);
        Assert.Equal(steps, resumed.Trainer.Steps);
    }

    [Fact]
    public void A_fit_of_a_small_network_that_is_interrupted_keeps_what_it_has_reached()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "sends signals");
        using TestFolder folder = new();
        string model = folder["m.safetensors"], table = folder.Write("t.csv", "a,y\n" + string.Join('\n', Enumerable.Range(0, 400).Select(row => FormattableString.Invariant($"{row / 100.0},{Math.Sin(row)}"))));
        using CliProcess process = new(null, "kan", "fit", "--data", table, "--target", "y", "--optimizer", "adam", "--steps", "100000000", "--test", "0", "--out", model, "--json");
        process.WaitUntil(() => process.Error.Contains("step ", StringComparison.Ordinal));
        Assert.SkipWhen(IsIgnored(process.Id, 2), "the one who started the tests has this signal ignored");
        using (Process kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]))
            kill.WaitForExit();
        CliResult result = process.Wait();
        Assert.True(result.Code == 0, result.Error);
        using JsonDocument told = JsonDocument.Parse(result.Out);
        Assert.Equal("cancelled", told.RootElement.GetProperty("end").GetString());
        Assert.InRange(told.RootElement.GetProperty("steps").GetInt32(), 1, 99_999_999);
        Assert.Equal(told.RootElement.GetProperty("network").GetString(), Kansformers.Inspection.KanNetwork.Load(model).ToString());
    }

    private static bool IsIgnored(int process, int signal)
    {
        string status = $"/proc/{process}/status";
        string? line = File.Exists(status) ? File.ReadLines(status).FirstOrDefault(text => text.StartsWith("SigIgn:", StringComparison.Ordinal)) : null;
        return line is not null && (ulong.Parse(line[7..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) >> (signal - 1) & 1) != 0;
    }
}
