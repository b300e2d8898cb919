using System.Text.Json;
using Kansformers.Inspection;

namespace Kansformers.Tests.Cli;

/// <summary><c>kan info</c>: a small network in words.</summary>
public class KanInfoTests
{
    [Fact]
    public void A_network_is_told_with_its_inputs_in_the_units_of_the_table()
    {
        using TestFolder folder = new();
        string path = Saved(folder);
        CliResult json = Cli.Run("kan", "info", path, "--json");
        Assert.True(json.Code == 0, json.Error);
        JsonElement told = JsonDocument.Parse(json.Out).RootElement;
        Assert.Equal([2, 3, 1], told.GetProperty("widths").EnumerateArray().Select(width => width.GetProperty("nodes").GetInt32()));
        Assert.Equal((9, 8), (told.GetProperty("edges").GetInt32(), told.GetProperty("live_edges").GetInt32()));
        Assert.Equal(7 * (5 + 3 + 2) + 4, told.GetProperty("parameters").GetInt32());
        JsonElement input = told.GetProperty("inputs")[1];
        Assert.Equal(("height", 6.0, 14.0), (input.GetProperty("name").GetString(), input.GetProperty("grid_low").GetDouble(), input.GetProperty("grid_high").GetDouble()));
        Assert.Equal("1,2,0", Assert.Single(told.GetProperty("formulas").EnumerateArray()).GetProperty("place").GetString());

        CliResult shown = Cli.Run("kan", "info", path);
        Assert.All(["[2, 3, 1], grid 5", "8 of 9 edges", "height", "weight", "sin"], part => Assert.Contains(part, shown.Out, StringComparison.Ordinal));
    }

    [Fact]
    public void What_holds_no_network_is_told_in_one_line()
    {
        using TestFolder folder = new();
        byte[] whole = File.ReadAllBytes(Saved(folder));
        File.WriteAllBytes(folder["cut.safetensors"], whole[..(whole.Length / 2)]);
        Cli.AssertFails(1, ["there is no file", "nowhere.safetensors"], "kan", "info", folder["nowhere.safetensors"]);
        Cli.AssertFails(1, ["is a folder"], "kan", "info", folder.Path);
        Cli.AssertFails(1, ["cut.safetensors"], "kan", "info", folder["cut.safetensors"]);
        Cli.AssertFails(1, ["text.safetensors"], "kan", "info", folder.Write("text.safetensors", "not a network"));
        Cli.AssertFails(2, ["unknown verb 'kan paint'", "info"], "kan", "paint");
        Cli.AssertFails(2, ["'kan' needs a verb"], "kan");
        Cli.AssertFails(2, ["model is empty"], "kan", "info", "");
    }

    private static string Saved(TestFolder folder)
    {
        KanNetwork network = new(new KanNetworkOptions { Widths = [2, 3, 1], GridSize = 5 }) { InputScaling = [new("weight", 0, 1), new("height", 10, 4)], TargetScaling = [new("age", 1, 2)] };
        network.Layers[0].RemoveEdge(1, 0);
        network.Layers[1].SetFormula(0, 2, new EdgeFormula(EdgeFunction.Of("sin"), 1, 0, 2, 0));
        network.Save(folder["a.safetensors"]);
        return folder["a.safetensors"];
    }
}
