using System.Text.Json;
using Kansformers.Training;

namespace Kansformers.Tests.Cli;

/// <summary><c>train --refine-grid</c>: finer grids in the middle of a training.</summary>
[Collection(TrainedRunTests.Name)]
public class RefineGridTests(TrainedRun run)
{
    [Fact]
    public void A_run_whose_grids_were_refined_can_be_used_and_goes_on()
    {
        using TestFolder folder = new();
        string path = folder["run"];
        CliResult told = Cli.Run(["train", .. Cli.Args(Cli.Small), "--refine-grid", "4:10,8:20", "--json", "--data", run.Text, "--out", path]);
        Assert.True(told.Code == 0, told.Error);
        Assert.Contains("step 4  grids of 5 KAN layers refined to size 10; outputs changed by", told.Error, StringComparison.Ordinal);
        Assert.Contains("step 8  grids of 5 KAN layers refined to size 20", told.Error, StringComparison.Ordinal);
        using JsonDocument trained = JsonDocument.Parse(told.Out);
        using JsonDocument before = JsonDocument.Parse(run.Json.Out);
        Assert.True(trained.RootElement.GetProperty("kan_parameters").GetInt64() > 2 * before.RootElement.GetProperty("kan_parameters").GetInt64());
        foreach (string[] call in new string[][]
        {
            ["info", path], ["eval", path], ["sample", path, "--max-new-tokens", "5"], ["kan", "layers", path, "--tokens", "64"],
            ["kan", "refine", path, "--grid", "40", "--out", folder["finer"]], ["convert", path, "--to", "run", "--out", folder["converted"]], ["eval", folder["converted"]],
            ["train", "--model", path, "--max-iters", "2", "--sample-tokens", "0", "--data", run.Text, "--out", folder["next"]],
            ["train", "--resume", path, "--max-iters", "20", "--refine-grid", "15:40", "--sample-tokens", "0"],
        })
        {
            CliResult result = Cli.Run(call);
            Assert.True(result.Code == 0, $"{string.Join(' ', call)}: {result.Error}");
        }

        Assert.Equal([(4L, 10), (8L, 20), (15L, 40)], RunFolder.Open(path).Config.Training.RefineGrid.Select(planned => (planned.Step, planned.GridSize)));
        Cli.AssertFails(1, ["a refinement is planned at step 19, but 20 steps are done already"], "train", "--resume", path, "--refine-grid", "19:80");
    }

    [Fact]
    public void Snapshots_are_told_and_their_curves_drawn()
    {
        using TestFolder folder = new();
        string path = folder["run"];
        Assert.Equal(0, Cli.Run(["train", .. Cli.Args(Cli.Small), "--snapshot-interval", "4", "--refine-grid", "5:10", "--data", run.Text, "--out", path]).Code);
        Assert.Contains("snapshots     3, of steps 0 to 8; kan plot draws them", Cli.Run("info", path).Out, StringComparison.Ordinal);
        Assert.Equal("[0,4,8]", Snapshots("info", path, "--json"));
        Assert.Equal("[]", Snapshots("info", run.Folder, "--json"));
        string[] plot = ["kan", "plot", path, "--checkpoint", "last", "--layer", "layers.1", "--tokens", "64", "--top", "3", "--out", folder["a.svg"]];
        Assert.Contains("; paler: after 0, 4, 8 steps", Cli.Run(plot).Out, StringComparison.Ordinal);
        Assert.Contains("paler: after 0, 4, 8 steps", File.ReadAllText(folder["a.svg"]), StringComparison.Ordinal);
        int paths = Paths();
        Assert.DoesNotContain("paler", Cli.Run([.. plot, "--before", "none"]).Out, StringComparison.Ordinal);
        Assert.Equal(paths - 9, Paths());
        Assert.Equal(0, Cli.Run([.. plot, "--before", $"{run.Folder},{Path.Combine(path, "snapshot-4.safetensors")}"]).Code);
        Assert.Equal(paths - 3, Paths());
        Cli.AssertFails(1, ["there is no run folder or weight file"], [.. plot, "--before", folder["nowhere"]]);
        Cli.AssertFails(2, ["--before is ','"], [.. plot, "--before", ","]);
        Cli.AssertFails(2, ["snapshot interval is -1"], ["train", .. Cli.Args(Cli.Small), "--snapshot-interval", "-1", "--data", run.Text, "--out", folder["other"]]);

        string Snapshots(params string[] call)
        {
            using JsonDocument json = JsonDocument.Parse(Cli.Run(call).Out);
            return json.RootElement.GetProperty("snapshots").GetRawText().Replace(" ", "", StringComparison.Ordinal).ReplaceLineEndings("");
        }

        int Paths() => File.ReadAllText(folder["a.svg"]).Split("<path ").Length - 1;
    }

    [Theory]
    [InlineData("4", "'4' is no STEP:SIZE")]
    [InlineData("4:x", "'4:x' is no STEP:SIZE")]
    [InlineData("4:10,", "'' is no STEP:SIZE")]
    [InlineData("4:10:stale", "'4:10:stale' is no STEP:SIZE")]
    [InlineData("4:3", "the training begins with 5")]
    [InlineData("400:10", "1 to below max iters, 12")]
    [InlineData("4:10 --kan chebyshev", "KAN layers of the kind chebyshev have no grid")]
    [InlineData("4:10 --placement none", "this model has no KAN layer")]
    public void Wrong_plans_are_told(string options, string why)
    {
        using TestFolder folder = new();
        Cli.AssertFails(2, [why], ["train", .. Cli.Args($"{Cli.Small} --refine-grid {options}"), "--data", run.Text, "--out", folder["run"]]);
    }
}
