using Kansformers.Files;
using Kansformers.Training;

namespace Kansformers.Tests.Training;

public class RunLogTests
{
    [Fact]
    public void Entries_come_back_as_they_were_written_not_finite_numbers_too()
    {
        using TestFolder folder = new();
        LogEntry[] entries =
        [
            new NoteRecord { Step = 0, Text = "line 1\nline 2 \"quoted\" \u2028 é 漢 \\" },
            Train(0) with { Loss = 1.0 / 3, GradNorm = double.NaN },
            Train(1) with { Loss = double.PositiveInfinity, LearningRate = 1e-300, Seconds = double.NegativeInfinity },
            new ValidationRecord { Step = 2, Loss = double.NaN, Best = true, Tokens = long.MaxValue, Seconds = 0.5 },
        ];
        using (RunLog log = RunLog.Create(folder["run/log.jsonl"]))
        {
            foreach (LogEntry entry in entries)
                log.Add(entry);
            log.Sync();
            Assert.Equal(entries, RunLog.Read(folder["run/log.jsonl"]));
        }

        Assert.Equal(entries.Length, File.ReadAllLines(folder["run/log.jsonl"]).Length);
    }

    [Fact]
    public void Half_a_surrogate_pair_in_a_note_does_no_harm()
    {
        using TestFolder folder = new();
        using RunLog log = RunLog.Create(folder["log.jsonl"]);
        log.Add(new NoteRecord { Step = 1, Text = "a\ud83d" });
        log.Add(Train(2));
        Assert.Equal([new NoteRecord { Step = 1, Text = "a\uFFFD" }, Train(2)], RunLog.Read(folder["log.jsonl"]));
    }

    [Fact]
    public void A_line_is_plain_json_with_the_documented_names()
    {
        using TestFolder folder = new();
        using RunLog log = RunLog.Create(folder["log.jsonl"]);
        log.Add(new TrainRecord { Step = 10, Loss = 3.25, LearningRate = 0.0003, GradNorm = double.NaN, Tokens = 5632, TokensPerSecond = 940.5, Seconds = 6 });
        log.Add(new ValidationRecord { Step = 11, Loss = 3.5, Best = true, Tokens = 99, Seconds = 1.5 });
        log.Add(new NoteRecord { Step = 11, Text = "stopped early" });
        const string expected =
            """
            {"step":10,"kind":"train","loss":3.25,"learning_rate":0.0003,"grad_norm":"NaN","tokens":5632,"tokens_per_second":940.5,"seconds":6}
            {"step":11,"kind":"validation","loss":3.5,"best":true,"tokens":99,"seconds":1.5}
            {"step":11,"kind":"note","text":"stopped early"}

            """;
        Assert.Equal(expected.ReplaceLineEndings("\n"), ReadShared(folder["log.jsonl"]));
    }

    [Fact]
    public void A_run_killed_at_any_byte_and_resumed_ends_with_the_log_of_an_uninterrupted_one()
    {
        using TestFolder folder = new();
        WriteRun(RunLog.Create(folder["whole.jsonl"]), 0, 12);
        byte[] whole = File.ReadAllBytes(folder["whole.jsonl"]);
        for (int cut = 0; cut <= whole.Length; cut += 7)
        {
            // The checkpoint is the last multiple of 4 whose entries are all in the log; train steps count from 0.
            File.WriteAllBytes(folder["log.jsonl"], whole[..cut]);
            long done = RunLog.Read(folder["log.jsonl"]).OfType<ValidationRecord>().Select(entry => entry.Step).DefaultIfEmpty(0).Max();
            WriteRun(RunLog.Resume(folder["log.jsonl"], done), done, 12);
            Assert.Equal(whole, File.ReadAllBytes(folder["log.jsonl"]));
        }

        static void WriteRun(RunLog log, long from, long to)
        {
            using (log)
            {
                for (long step = from; step < to; step++)
                {
                    log.Add(Train(step));
                    if ((step + 1) % 4 == 0)
                        log.Add(new ValidationRecord { Step = step + 1, Loss = 1.0 / (step + 1), Best = true });
                }
            }
        }
    }

    [Theory]
    [InlineData(false, true, "t4 v4 t5 n6 v6")]
    [InlineData(true, true, "t4 v4 t5 n6 t6 v6")]
    [InlineData(false, false, "t4 v4 t5 n6")]
    public void The_caller_says_which_entries_of_the_checkpoints_own_step_stay(bool keepTrain, bool keepValidation, string left)
    {
        using TestFolder folder = new();
        using (RunLog log = RunLog.Create(folder["log.jsonl"]))
        {
            foreach (LogEntry entry in new LogEntry[] { Train(4), Validation(4), Train(5), Note(6), Train(6), Validation(6), Train(7), Note(7), Validation(7) })
                log.Add(entry);
        }

        RunLog.Resume(folder["log.jsonl"], 6, keepTrain, keepValidation).Dispose();
        Assert.Equal(left, string.Join(' ', RunLog.Read(folder["log.jsonl"]).Select(entry => $"{char.ToLowerInvariant(entry.GetType().Name[0])}{entry.Step}")));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Lines_of_a_newer_version_are_passed_over_and_kept()
    {
        using TestFolder folder = new();
        const string newer = """{"step":3,"kind":"grid_update","outside":0.01}""";
        string path = folder.Write("log.jsonl", newer + "\n" + """{"step":4,"kind":"note","text":"a","author":"b"}""" + "\n");
        Assert.Equal([new NoteRecord { Step = 4, Text = "a" }], RunLog.Read(path));
        RunLog.Resume(path, 3).Dispose();
        Assert.Equal(newer + "\n", File.ReadAllText(path));
    }

    [Theory]
    [InlineData("{\"step\":1,\"kind\":\"no")]
    [InlineData("\0\0\0\0")]
    [InlineData("{\"step\":1,\"kind\":\"note\"}")]
    public void A_torn_last_line_is_ignored_but_the_same_in_the_middle_is_an_error_that_names_the_line(string torn)
    {
        using TestFolder folder = new();
        const string good = "{\"step\":0,\"kind\":\"note\",\"text\":\"\"}\n";
        Assert.Single(RunLog.Read(folder.Write("a.jsonl", good + torn)));
        KansformersException failure = Assert.Throws<KansformersException>(() => RunLog.Read(folder.Write("b.jsonl", good + torn + "\n" + good)));
        Assert.Contains("damaged at line 2", failure.Message, StringComparison.Ordinal);
        Assert.Throws<KansformersException>(() => RunLog.Resume(folder["b.jsonl"], 5));
        Assert.Equal(good + torn + "\n" + good, File.ReadAllText(folder["b.jsonl"]));
    }

    [Fact]
    public void A_full_disk_is_a_clear_error_and_leaves_whole_lines_only()
    {
        using TestFolder folder = new();
        using (FileFault.DiskFullAfter(200))
        using (RunLog log = RunLog.Create(folder["log.jsonl"]))
        {
            log.Add(Train(0));
            KansformersException failure = Assert.Throws<KansformersException>(() => log.Add(Train(1)));
            Assert.Contains("disk is full", failure.Message, StringComparison.Ordinal);
            Assert.Contains("log.jsonl", failure.Message, StringComparison.Ordinal);
        }

        Assert.Equal([Train(0)], RunLog.Read(folder["log.jsonl"]));
        Assert.EndsWith("\n", File.ReadAllText(folder["log.jsonl"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_log_is_a_clear_error_to_read_and_an_empty_one_to_resume()
    {
        using TestFolder folder = new();
        Assert.Contains("there is no log", Assert.Throws<KansformersException>(() => RunLog.Read(folder["x/log.jsonl"])).Message, StringComparison.Ordinal);
        using (RunLog log = RunLog.Resume(folder["x/log.jsonl"], 5))
            log.Add(Note(5));
        Assert.Equal([Note(5)], RunLog.Read(folder["x/log.jsonl"]));
        Assert.Throws<KansformersException>(() => RunLog.Create(folder.Path));
    }

    internal static TrainRecord Train(long step) => new()
    {
        Step = step,
        Loss = 4 - (0.1 * step),
        LearningRate = 3e-4,
        GradNorm = 1.5,
        Tokens = 512 * (step + 1),
        TokensPerSecond = 1000,
        Seconds = step,
    };

    private static ValidationRecord Validation(long step) => new() { Step = step, Loss = 2 };

    private static NoteRecord Note(long step) => new() { Step = step, Text = "n" };

    private static string ReadShared(string path)
    {
        using StreamReader reader = new(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }
}
