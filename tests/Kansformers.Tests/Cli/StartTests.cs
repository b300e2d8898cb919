using Kansformers.Cli;

namespace Kansformers.Tests.Cli;

/// <summary>What a process of its own shows about loading libtorch.</summary>
[Collection(TrainedRunTests.Name)]
public class StartTests(TrainedRun run)
{
    [Fact]
    public void Help_and_bad_usage_load_no_libtorch_and_what_needs_it_says_that_it_is_not_there()
    {
        // A libtorch that is nowhere fails whoever loads it.
        Dictionary<string, string?> environment = new() { ["KANSFORMERS_LIBTORCH"] = "/nowhere" };
        using CliProcess help = new(environment, "train", "--help"), usage = new(environment, "train", "--model", "gpt-huge"), info = new(environment, "info", run.Folder, "--json"), sample = new(environment, "sample", run.Folder);
        Assert.Equal((0, ""), (help.Wait().Code, help.Wait().Error));
        Assert.Equal(2, usage.Wait().Code);
        Assert.Contains("gpt-huge", Assert.Single(usage.Wait().ErrorLines), StringComparison.Ordinal);
        Assert.Equal(0, info.Wait().Code);
        Assert.Equal(1, sample.Wait().Code);
        Assert.StartsWith("error: KANSFORMERS_LIBTORCH names '/nowhere'", Assert.Single(sample.Wait().ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_processes_that_start_with_an_empty_cache_at_once_both_succeed()
    {
        using TestFolder folder = new();
        string cache = folder["cache"];
        Dictionary<string, string?> environment = new() { ["KANSFORMERS_CACHE"] = cache };
        string[] call = ["eval", run.Folder, "--data", run.Text, "--max-tokens", "50", "--json"];
        using (CliProcess one = new(environment, call), two = new(environment, call))
        {
            CliResult first = one.Wait(), second = two.Wait();
            Assert.True(first.Code == 0 && second.Code == 0, first.Error + second.Error);
            Assert.Equal(JsonContractTests.Object(first).GetProperty("loss").GetDouble(), JsonContractTests.Object(second).GetProperty("loss").GetDouble());
        }

        string[] files = Directory.GetFiles(cache, "*", SearchOption.AllDirectories);
        Assert.DoesNotContain(files, file => file.EndsWith(".tmp", StringComparison.Ordinal));
        Assert.Single(files, file => file.EndsWith(".tokens", StringComparison.Ordinal));
        Assert.True(files.Count(file => Path.GetFileName(file) == "libLibTorchSharp.so") <= 1); // only where the system needs it
    }
}
