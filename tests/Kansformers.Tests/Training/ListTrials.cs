using Kansformers.Cli;
using Kansformers.Training;

namespace Kansformers.Tests.Training;

/// <summary>What every entry of a list must stand, whatever the list.</summary>
internal static class ListTrials
{
    /// <summary>A run that is stopped and goes on comes to the same bits.</summary>
    public static void ResumesExactly(TrainingOptions options)
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder, options with { MaxIters = 6, EvalInterval = 4, GradAccum = 2 });
        using (TrainingRun run = TrainingRun.Start(config, folder["whole"]))
            run.Run();
        ResumeTests.Interrupt(TrainingRun.Start(config, folder["parts"]), 3);
        using (TrainingRun run = TrainingRun.Resume(folder["parts"]))
        {
            Assert.Equal(3, run.Trainer.Steps);
            run.Run();
        }

        RunComparison.AssertSame(folder["whole"], folder["parts"]);
        Assert.Equal(options.Optimizer, RunFolder.Open(folder["parts"]).Config.Training.Optimizer);
        Assert.Equal(options.Objective, RunFolder.Open(folder["parts"]).Config.Training.Objective);
    }

    /// <summary>The page on training has a row with name and summary, and one for each setting with its default; so has the help.</summary>
    public static void IsDocumented<T>(ListedOptions<T> entry)
        where T : ListedOptions<T>
    {
        string? root = SharedFolder.RepositoryRoot;
        Assert.SkipWhen(root is null, "needs the repository around the test program");
        string page = File.ReadAllText(Path.Combine(root!, "docs", "training.md")), help = Cli.Cli.Run("train", "--help").Out;
        Assert.Contains($"| `{entry.Kind}` | {entry.Summary} |", page, StringComparison.Ordinal);
        Assert.Contains($"{entry.Kind}, {entry.Summary}", help, StringComparison.Ordinal);
        foreach (Setting<T> setting in entry.Settings())
        {
            string option = "--" + setting.Name.Replace(' ', '-');
            Assert.Contains(FormattableString.Invariant($"| `{option}` | {setting.Description} | {setting.Value} |"), page, StringComparison.Ordinal);
            Assert.Contains(option + " ", help, StringComparison.Ordinal);
        }

        foreach (WordSetting<T> setting in entry.Words())
        {
            string option = "--" + setting.Name.Replace(' ', '-');
            Assert.Contains($"| `{option}` | {setting.Description} | {setting.Value} |", page, StringComparison.Ordinal);
            Assert.Contains(setting.Allowed.Count == 0 ? setting.Description : $"{setting.Description}: {string.Join(" or ", setting.Allowed)}", help, StringComparison.Ordinal);
        }
    }

    /// <summary>Names are found in any letter case, settings change what they say, and the entry is valid as it stands.</summary>
    public static void IsWellListed<T>(T entry, Func<string, T> named)
        where T : ListedOptions<T>
    {
        Assert.Matches("^[a-z0-9]+(-[a-z0-9]+)*$", entry.Kind);
        Assert.Same(entry, named(entry.Kind.ToUpperInvariant()));
        entry.Validate();
        foreach (Setting<T> setting in entry.Settings())
        {
            T changed = setting.With(setting.Value / 2 + 0.125);
            Assert.Equal(setting.Value / 2 + 0.125, changed.Settings().Single(other => other.Name == setting.Name).Value);
            Assert.Equal(entry, changed.Settings().Single(other => other.Name == setting.Name).With(setting.Value));
            string message = Assert.Throws<KansformersException>(setting.With(double.NaN).Validate).Message;
            Assert.StartsWith(setting.Name + " is NaN; it must be ", message, StringComparison.Ordinal);
        }

        foreach (WordSetting<T> setting in entry.Words())
        {
            if (setting.Allowed.Count > 0)
                Assert.Contains(setting.Value, setting.Allowed);
            Assert.All(setting.Allowed.DefaultIfEmpty("/a path/"), word => Assert.Equal(word, setting.With(word).Words().Single(other => other.Name == setting.Name).Value));
        }
    }
}
