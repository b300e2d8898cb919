using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using Kansformers.Inspection;

namespace Kansformers.Tests.Cli;

/// <summary><c>kan plot</c> of small networks; of runs it is among the verbs of runs.</summary>
public class KanPlotTests
{
    private static readonly byte[] Png = [0x89, .. "PNG"u8];

    [Fact]
    public void A_network_is_drawn_as_svg_and_png_and_by_layers()
    {
        using TestFolder folder = new();
        string model = Fitted(folder);
        Assert.Equal(Png, File.ReadAllBytes(folder["losses.png"])[..4]);
        Assert.Equal(0, Cli.Run("kan", "plot", model).Code);
        Assert.Equal(6, XDocument.Load(folder["m.svg"]).Descendants().Count(element => element.Attribute("data-edge") is not null));
        Assert.Equal(0, Cli.Run("kan", "plot", model, "--layer", "1").Code);
        Assert.Equal(2, XDocument.Load(folder["m.layer1.svg"]).Root!.Elements().Count(element => element.Name.LocalName == "g"));
        CliResult png = Cli.Run("kan", "plot", model, "--layer", "0", "--out", folder["p/l.PNG"], "--json");
        Assert.True(png.Code == 0, png.Error);
        Assert.Equal(Png, File.ReadAllBytes(folder["p/l.PNG"])[..4]);
        using JsonDocument json = JsonDocument.Parse(png.Out);
        Assert.Equal((0, 32), (json.RootElement.GetProperty("layer").GetInt32(), json.RootElement.GetProperty("rows").GetInt32()));
        JsonElement[] edges = [.. json.RootElement.GetProperty("edges").EnumerateArray()];
        Assert.Equal(["0,0,0", "0,1,0", "0,0,1", "0,1,1"], edges.Select(edge => edge.GetProperty("edge").GetString()));
        Assert.All(edges, edge => Assert.InRange(edge.GetProperty("score").GetDouble() + edge.GetProperty("outside_share").GetDouble(), 0, 3));
    }

    [Fact]
    public void Other_rows_come_from_another_table()
    {
        using TestFolder folder = new();
        string model = Fitted(folder), far = folder.Write("far.csv", "b,a,y\n" + string.Join('\n', Enumerable.Range(0, 10).Select(row => $"{row},{row},1")));
        Assert.Equal(0, Cli.Run("kan", "plot", model, "--layer", "0", "--data", far, "--out", folder["far.svg"]).Code);
        Assert.Contains("% outside the grid", File.ReadAllText(folder["far.svg"]), StringComparison.Ordinal);
        File.Delete(folder["t.csv"]);
        Cli.AssertFails(1, ["t.csv', which the network was fitted to, is not there", "--data"], "kan", "plot", model);
        Cli.AssertFails(1, ["nowhere.csv"], "kan", "plot", model, "--data", "nowhere.csv");
        Assert.False(File.Exists(folder["m.svg"]));
    }

    [Fact]
    public void A_network_that_knows_no_table_is_drawn_over_its_grids()
    {
        using TestFolder folder = new();
        new KanNetwork(new KanNetworkOptions { Widths = [3, 2] }).Save(folder["own.safetensors"]);
        CliResult told = Cli.Run("kan", "plot", folder["own.safetensors"], "--json");
        Assert.True(told.Code == 0, told.Error);
        Assert.Contains("knows no table", told.Error, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(told.Out);
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("edges")[0].GetProperty("score").ValueKind);
        Assert.Contains("no samples", File.ReadAllText(folder["own.svg"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_calls_are_told_in_one_line()
    {
        using TestFolder folder = new();
        string model = Fitted(folder);
        Cli.AssertFails(2, ["--layer is '2'", "are 0, 1"], "kan", "plot", model, "--layer", "2");
        Cli.AssertFails(2, ["--layer is 'mlp'", "are 0, 1"], "kan", "plot", model, "--layer", "mlp");
        Cli.AssertFails(2, ["must end in .svg or .png"], "kan", "plot", model, "--out", folder["a.jpg"]);
        Cli.AssertFails(2, ["must end in .svg or .png"], "kan", "fit", "--from", model, "--picture", folder["a.pdf"]);
        Cli.AssertFails(2, ["--beta is 0"], "kan", "plot", model, "--beta", "0");
        Cli.AssertFails(2, ["--top is nothing to a small network"], "kan", "plot", model, "--top", "3");
        Cli.AssertFails(2, ["--data is nothing to a run"], "kan", "plot", folder.Path, "--data", "a.csv");
        Cli.AssertFails(1, ["there is no file 'nowhere'"], "kan", "plot", "nowhere");
    }

    private static string Fitted(TestFolder folder)
    {
        string table = folder.Write("t.csv", "a,b,y\n" + string.Join('\n', Enumerable.Range(0, 40).Select(row => string.Create(CultureInfo.InvariantCulture, $"{row % 7 / 3.5 - 1},{row % 5 / 2.0 - 1},{Math.Sin(row % 7) + row % 5}"))));
        CliResult fit = Cli.Run("kan", "fit", "--data", table, "--target", "y", "--width", "2,2,1", "--steps", "3", "--out", folder["m.safetensors"], "--picture", folder["losses.png"]);
        Assert.True(fit.Code == 0, fit.Error);
        return folder["m.safetensors"];
    }
}
