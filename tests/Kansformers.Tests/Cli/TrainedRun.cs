using Kansformers.Tests.Training;

namespace Kansformers.Tests.Cli;

/// <summary>One run that several tests look at; who changes it takes a copy.</summary>
public sealed class TrainedRun : IDisposable
{
    private readonly TestFolder _folder = new();

    public TrainedRun()
    {
        Text = _folder.Write("fox.txt", TinyTraining.Text);
        Folder = _folder["run"];
        Json = Cli.Run(["train", .. Cli.Args(Cli.Small), "--json", "--data", Text, "--out", Folder, "--prompt", "the "]);
    }

    /// <summary>The run's corpus.</summary>
    public string Text { get; }

    public string Folder { get; }

    /// <summary>What the training printed.</summary>
    internal CliResult Json { get; }

    /// <summary>A copy of the run in another folder.</summary>
    internal string Copy(TestFolder to)
    {
        string copy = to["copy"];
        Directory.CreateDirectory(copy);
        foreach (string file in Directory.GetFiles(Folder))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        return copy;
    }

    public void Dispose() => _folder.Dispose();
}

/// <summary>The tests that share <see cref="TrainedRun"/>.</summary>
[CollectionDefinition(Name)]
public sealed class TrainedRunTests : ICollectionFixture<TrainedRun>
{
    public const string Name = "trained run";
}
