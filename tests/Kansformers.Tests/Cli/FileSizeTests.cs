using System.Diagnostics;
using Kansformers.Cli;
using Kansformers.Files;
using Kansformers.Tests.Files;

namespace Kansformers.Tests.Cli;

/// <summary>Files that a disk or a limit does not take: one line, and no folder with nothing of use in it.</summary>
[Collection(TrainedRunTests.Name)]
public class FileSizeTests(TrainedRun run)
{
    public static TheoryData<string> Faults => ["ENOSPC", "EDQUOT", "EFBIG", "EIO", "EROFS"];

    [Theory]
    [MemberData(nameof(Faults))]
    public void Nothing_stays_behind_of_what_could_not_be_written(string fault)
    {
        using TestFolder folder = new();
        string file = folder["out/ids.bin"];
        Assert.Equal(0, Cli.Run("tokenize", "--data", run.Text, "--tokenizer", "byte").Code); // into the cache
        foreach (long bytes in new long[] { 0, 300, 2000 })
        {
            foreach (string[] call in new string[][]
            {
                ["tokenize", "--data", run.Text, "--tokenizer", "byte", "--out", file],
                ["convert", run.Folder, "--to", "hf", "--out", folder["out"]],
                ["convert", run.Folder, "--to", "run", "--out", folder["out/run"]],
                ["convert", run.Folder, "--out", folder["out/a.pt"]],
                ["convert", run.Folder, "--out", folder["out/a.safetensors"]],
            })
            {
                using (FileFault.After(bytes, () => SystemFailure.Of(fault)))
                    Cli.AssertFails(CommandLineApp.RunFailed, ["cannot write", folder["out"]], call);
                Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
            }
        }

        using (FileFault.After(100, () => SystemFailure.Of(fault)))
            Cli.AssertFails(CommandLineApp.RunFailed, ["cannot write", folder["out"]], ["train", .. Cli.Args(Cli.Small), "--data", run.Text, "--out", folder["out/run"]]);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_limit_of_the_shell_is_told_and_does_not_kill_the_program()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs a shell with ulimit");
        using TestFolder folder = new();
        ProcessStartInfo start = new("bash") { RedirectStandardError = true, RedirectStandardOutput = true };
        string[] call = ["convert", run.Folder, "--to", "hf", "--out", folder["new/out"]];
        foreach (string argument in (string[])["-c", "ulimit -f 4; exec \"$@\"", "bash", CliProcess.Host, CliProcess.Program, .. call])
            start.ArgumentList.Add(argument);
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0"; // it would need a large file in memory
        using Process process = Process.Start(start)!;
        string error = process.StandardError.ReadToEnd().Trim();
        process.WaitForExit();
        Assert.Equal(1, process.ExitCode);
        Assert.Contains("ulimit -f", Assert.Single(error.Split('\n')), StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["new"]));
    }

    // The first thing that is written there is a copy of a native library on systems that need one, else the tokens: neither is libtorch's fault.
    [Fact]
    public void A_cache_that_takes_no_file_is_named()
    {
        using TestFolder folder = new();
        string file = folder.Write("file", "");
        using CliProcess program = new(
            new Dictionary<string, string?> { ["KANSFORMERS_CACHE"] = Path.Combine(file, "cache") },
            ["train", .. Cli.Args(Cli.Small), "--data", run.Text, "--out", folder["run"]]);
        (int code, _, string error) = program.Wait();
        Assert.Equal(CommandLineApp.RunFailed, code);
        Assert.Contains("error: cannot write", error, StringComparison.Ordinal);
        Assert.Contains(file, error, StringComparison.Ordinal);
        Assert.DoesNotContain("libtorch could not", error, StringComparison.Ordinal);
    }
}
