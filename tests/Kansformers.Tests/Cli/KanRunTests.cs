using System.Text.Json;
using System.Xml.Linq;
using Kansformers.Cli;
using Kansformers.Training;

namespace Kansformers.Tests.Cli;

/// <summary>The verbs that read the KAN layers of a run.</summary>
[Collection(TrainedRunTests.Name)]
public class KanRunTests(TrainedRun run)
{
    [Fact]
    public void Layers_are_listed_with_what_enters_them()
    {
        CliResult told = Cli.Run("kan", "layers", run.Folder, "--tokens", "64", "--json", "--top", "2");
        Assert.Equal(0, told.Code);
        using JsonDocument json = JsonDocument.Parse(told.Out);
        JsonElement[] layers = [.. json.RootElement.GetProperty("layers").EnumerateArray()];
        Assert.Equal(5, layers.Length);
        Assert.All(layers, layer =>
        {
            Assert.Equal("bspline", layer.GetProperty("kind").GetString());
            Assert.InRange(layer.GetProperty("outside_share").GetDouble(), 0, 1);
            Assert.InRange(layer.GetProperty("spline_share").GetDouble(), 0, 1);
            Assert.Equal(2, layer.GetProperty("top").GetArrayLength());
        });
        CliResult table = Cli.Run("kan", "layers", run.Folder, "--tokens", "64");
        Assert.Equal(0, table.Code);
        Assert.Contains("lm_head", table.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_tells_of_a_runs_functions()
    {
        using TestFolder folder = new();
        CliResult told = Cli.Run("kan", "report", run.Folder, "--layers", "layers.1", "--tokens", "64", "--sample-tokens", "64", "--top", "5", "--without", "4", "--out", folder["page.html"], "--json");
        Assert.Equal(0, told.Code);
        using JsonDocument json = JsonDocument.Parse(told.Out);
        JsonElement layer = Assert.Single(json.RootElement.GetProperty("layers").EnumerateArray());
        Assert.Equal(9, layer.GetProperty("shown").GetInt32());
        Assert.Equal(4, layer.GetProperty("removed").GetArrayLength());
        Assert.Contains(layer.GetProperty("name").GetString()!, File.ReadAllText(folder["page.html"]), StringComparison.Ordinal);
        Cli.AssertFails(1, ["no layer 'nowhere'", "name one of"], "kan", "report", run.Folder, "--layers", "nowhere");
        Cli.AssertFails(2, ["--top is 0"], "kan", "report", run.Folder, "--top", "0");
        Cli.AssertFails(2, ["--without is -1"], "kan", "report", run.Folder, "--without", "-1");
        Cli.AssertFails(2, ["--sample-tokens is 0"], "kan", "report", run.Folder, "--sample-tokens", "0");
    }

    [Fact]
    public void A_layers_curves_are_drawn()
    {
        using TestFolder folder = new();
        CliResult told = Cli.Run("kan", "plot", run.Folder, "--layer", "layers.1", "--tokens", "64", "--top", "7", "--out", folder["a.svg"], "--json");
        Assert.Equal(0, told.Code);
        XElement svg = XDocument.Load(folder["a.svg"]).Root!;
        Assert.Equal(7, svg.Elements().Count(element => element.Name.LocalName == "g"));
        Cli.AssertFails(1, ["no layer 'nowhere'", "name one of"], "kan", "plot", run.Folder, "--layer", "nowhere");
        Cli.AssertFails(2, ["--top is 0"], "kan", "plot", run.Folder, "--top", "0");
        Cli.AssertFails(2, ["--by is 'luck'"], "kan", "plot", run.Folder, "--by", "luck");
    }

    [Fact]
    public void Edges_are_pruned_into_a_new_run_that_can_be_used()
    {
        using TestFolder folder = new();
        CliResult told = Cli.Run("kan", "prune", run.Folder, "--share", "0.5", "--tokens", "64", "--out", folder["pruned"], "--json");
        Assert.Equal(0, told.Code);
        using JsonDocument json = JsonDocument.Parse(told.Out);
        Assert.Equal(json.RootElement.GetProperty("edges").GetInt64() / 2, json.RootElement.GetProperty("pruned").GetInt64());
        Assert.True(json.RootElement.GetProperty("sizes").GetProperty("packed_after").GetInt64() < json.RootElement.GetProperty("sizes").GetProperty("packed_before").GetInt64());
        CliResult eval = Cli.Run("eval", folder["pruned"], "--json");
        Assert.Equal(0, eval.Code);
        using JsonDocument measured = JsonDocument.Parse(eval.Out);
        Assert.Equal(json.RootElement.GetProperty("loss_after").GetDouble(), measured.RootElement.GetProperty("loss").GetDouble(), 5);
        Assert.Equal(0, Cli.Run("sample", folder["pruned"], "--max-new-tokens", "5").Code);
        Assert.True(RunFolder.Open(folder["pruned"]).Config.Model.Kan.Pruned);
        Cli.AssertFails(1, ["holds a run already"], "kan", "prune", run.Folder, "--out", folder["pruned"]);
        Cli.AssertFails(2, ["--share is 1.5"], "kan", "prune", run.Folder, "--share", "1.5");
    }

    [Fact]
    public void A_refined_run_computes_the_same_and_learns_on()
    {
        using TestFolder folder = new();
        CliResult told = Cli.Run("kan", "refine", run.Folder, "--grid", "10", "--out", folder["fine"], "--json");
        Assert.Equal(0, told.Code);
        using JsonDocument json = JsonDocument.Parse(told.Out);
        Assert.Equal(json.RootElement.GetProperty("loss_before").GetDouble(), json.RootElement.GetProperty("loss_after").GetDouble(), 4);
        Assert.True(json.RootElement.GetProperty("parameters_after").GetInt64() > json.RootElement.GetProperty("parameters_before").GetInt64());
        Assert.Equal(0, Cli.Run("train", "--model", folder["fine"], "--data", run.Text, "--max-iters", "3", "--batch-size", "2", "--sample-tokens", "0", "--out", folder["more"]).Code);
        Cli.AssertFails(1, ["grid size is 2", "at least 5"], "kan", "refine", run.Folder, "--grid", "2", "--out", folder["coarse"]);
    }

    [Fact]
    public void Formulas_stand_for_functions_where_they_fit()
    {
        using TestFolder folder = new();
        CliResult told = Cli.Run("kan", "formula", run.Folder, "--tokens", "64", "--top", "2", "--min-r2", "0.9", "--out", folder["formulas.json"], "--json");
        Assert.Equal(0, told.Code);
        using JsonDocument json = JsonDocument.Parse(told.Out);
        Assert.Equal(10, json.RootElement.GetProperty("tried").GetInt32());
        JsonElement[] formulas = [.. json.RootElement.GetProperty("formulas").EnumerateArray()];
        Assert.InRange(formulas.Length, 1, 10);
        Assert.All(formulas, formula => Assert.InRange(formula.GetProperty("r2").GetDouble(), 0.9, 1));
        Assert.Equal(json.RootElement.GetProperty("loss_before").GetDouble(), json.RootElement.GetProperty("loss_after").GetDouble(), 1);
        Assert.Equal(told.Out.Trim(), File.ReadAllText(folder["formulas.json"]).Trim());
        Cli.AssertFails(2, ["--min-r2 is 2"], "kan", "formula", run.Folder, "--min-r2", "2");
    }
}
