using System.Text.Json;
using Kansformers.Tests.Scaling;

namespace Kansformers.Tests.Cli;

/// <summary><c>scale fit</c>: laws from a table of anybody's runs.</summary>
public class FitTests
{
    [Fact]
    public void The_published_refit_comes_out_as_json_and_as_a_page()
    {
        using TestFolder folder = new();
        CliResult result = Cli.Run([.. Cli.Args("scale fit --leave-out 5 --bootstraps 50 --budgets 1e21 --json --out"), folder["page"], MadeUpRuns.ChinchillaFile]);
        Assert.True(result.Code == 0, result.Error);
        JsonElement group = JsonDocument.Parse(result.Out).RootElement.GetProperty("groups")[0], law = group.GetProperty("laws")[0];
        Assert.Equal(240, law.GetProperty("runs").GetInt32());
        Assert.Equal(0.3473, Value(law, "α"), 1e-3);
        Assert.Equal(Math.Exp(7.67), Value(law, "B"), 10.0);
        Assert.InRange(group.GetProperty("best")[0].GetProperty("parameters").GetDouble(), 2e9, 4e9);
        Assert.Contains("<title>Scaling laws of chinchilla_runs</title>", File.ReadAllText(folder["page/scale.html"]), StringComparison.Ordinal);
        Assert.Contains("| α | 0.3473 (", File.ReadAllText(folder["page/scale.md"]), StringComparison.Ordinal);

        static double Value(JsonElement law, string name) =>
            law.GetProperty("coefficients").EnumerateArray().Single(one => one.GetProperty("name").GetString() == name).GetProperty("value").GetDouble();
    }

    [Fact]
    public void Without_json_coefficients_are_shown_and_the_page_is_named()
    {
        using TestFolder folder = new();
        string table = folder.Write("mine.csv", "size,kind,tok,val\n" + string.Join('\n', MadeUpRuns.Grid(MadeUpRuns.Truth, 4, 4).Select(point => FormattableString.Invariant($"{point.Parameters},one,{point.Tokens},{point.Loss}"))));
        CliResult result = Cli.Run([.. Cli.Args("scale fit --parameters-column size --tokens-column tok --loss-column val --hold-out-largest --bootstraps 20 --out"), folder["page"], table]);
        Assert.True(result.Code == 0, result.Error);
        Assert.Contains("one: L = E + A/N^α + B/D^β, 12 runs", result.Out, StringComparison.Ordinal);
        Assert.Contains("held out", result.Out, StringComparison.Ordinal);
        Assert.Contains("scale.html", result.Out, StringComparison.Ordinal);
        Assert.True(File.Exists(folder["page/scale.html"]));
    }

    [Theory]
    [InlineData(1, "scale fit nowhere.csv", "nowhere.csv")]
    [InlineData(2, "scale fit", "runs")]
    [InlineData(2, "scale fit a.csv --bootstraps 3", "bootstraps is 3")]
    [InlineData(2, "scale fit a.csv --budgets 1e18,big", "--budgets '1e18,big'")]
    [InlineData(2, "scale fit a.csv --optimizer newton", "newton")]
    public void Wrong_calls_are_told_in_one_line(int code, string call, string told) => Cli.AssertFails(code, [told], Cli.Args(call));

    [Fact]
    public void A_column_that_is_not_found_is_told_by_its_flag()
    {
        using TestFolder folder = new();
        Cli.AssertFails(1, ["has no column of parameters", "--parameters-column", "a, b, loss"], "scale", "fit", folder.Write("a.csv", "a,b,loss\n1,2,3\n"));
        Assert.False(Directory.Exists("fits"));
    }
}
