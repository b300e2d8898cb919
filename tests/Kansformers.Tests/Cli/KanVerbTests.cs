using System.Globalization;
using System.Text.Json;
using Kansformers.Files;
using Kansformers.Inspection;

namespace Kansformers.Tests.Cli;

/// <summary>From a table to a formula by the verbs of <c>kan</c>.</summary>
public class KanVerbTests
{
    [Fact]
    public void A_table_is_fitted_pruned_refined_and_becomes_the_formula_that_made_it()
    {
        using TestFolder folder = new();
        string table = Product(folder), model = folder["m.safetensors"];
        JsonElement fit = Json("kan", "fit", "--data", table, "--target", "y", "--width", "2,3,1", "--penalty", "0.01", "--steps", "15", "--out", model, "--json");
        Assert.Equal((240, 60), (fit.GetProperty("rows").GetInt32(), fit.GetProperty("test_rows").GetInt32()));
        Assert.StartsWith("<svg", File.ReadAllText(folder["m.loss.svg"]), StringComparison.Ordinal);
        Assert.InRange(fit.GetProperty("test").GetProperty("r2").GetDouble(), 0.9, 1);
        Assert.Equal(2, Json("kan", "prune", model, "--edge-threshold", "0.05", "--node-threshold", "0.05", "--json").GetProperty("before").GetString()!.Split(" of 9").Length);
        _ = Json("kan", "fit", "--from", model, "--steps", "20", "--json");
        JsonElement refined = Json("kan", "refine", model, "--grid", "10", "--json");
        Assert.Contains("grid 10", refined.GetProperty("after").GetString(), StringComparison.Ordinal);
        Assert.InRange(refined.GetProperty("error_after").GetProperty("rmse").GetDouble() / refined.GetProperty("error_before").GetProperty("rmse").GetDouble(), 0.9, 1.1);
        _ = Json("kan", "fit", "--from", model, "--steps", "20", "--json");
        JsonElement formula = Json("kan", "formula", model, "--format", "python", "--formula", folder["f.py"], "--json");
        Assert.InRange(formula.GetProperty("rmse").GetDouble(), 0, 1e-6);
        Assert.Contains("def y(", File.ReadAllText(folder["f.py"]), StringComparison.Ordinal);
        JsonElement predicted = Json("kan", "predict", model, "--data", folder.Write("new.csv", "b,a\n0.5,0.25\n,0\n"), "--json");
        Assert.Equal(Math.Exp(0.25 + 0.25), predicted.GetProperty("predictions")[0].GetDouble(), 1e-5);
        Assert.Equal(JsonValueKind.Null, predicted.GetProperty("predictions")[1].ValueKind);

        // Formulas, then the refinement, then the pruning are taken back.
        Assert.NotEmpty(KanNetwork.Load(model).ToFormulas());
        foreach (string network in (string[])["grid 10", "grid 5", "[2, 3, 1]"])
            Assert.Contains(network, Json("kan", "undo", model, "--json").GetProperty("after").GetString(), StringComparison.Ordinal);
        Cli.AssertFails(1, ["nothing to take back"], "kan", "undo", model);
    }

    [Fact]
    public void Classes_are_told_by_words_and_predicted_with_their_probability()
    {
        using TestFolder folder = new();
        string table = folder.Write("c.csv", "size,colour\n" + string.Join('\n', Enumerable.Range(0, 80).Select(row => FormattableString.Invariant($"{row / 40.0},{(row < 40 ? "red" : "blue")}"))));
        JsonElement fit = Json("kan", "fit", "--data", table, "--target", "colour", "--width", "1,2", "--steps", "10", "--out", folder["c.safetensors"], "--json");
        Assert.Equal(["blue", "red"], fit.GetProperty("classes").EnumerateArray().Select(name => name.GetString()));
        Assert.InRange(fit.GetProperty("train").GetProperty("accuracy").GetDouble(), 0.95, 1);
        CliResult told = Cli.Run("kan", "predict", folder["c.safetensors"], "--data", folder.Write("d.csv", "size\n0.2\n1.8\n9\n"));
        Assert.StartsWith("colour,probability\nred,", told.Out, StringComparison.Ordinal);
        Assert.Contains("'size' leaves the range of the fit", told.Error, StringComparison.Ordinal);
        Assert.Contains("in 1 of 3 rows, the first in line 4", told.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Scores_of_classes_become_formulas_and_the_accuracy_with_them_is_told()
    {
        using TestFolder folder = new();
        Random random = new(6);
        string model = folder["c.safetensors"], table = folder.Write("c.csv", "a,b,colour\n" + string.Join('\n', Enumerable.Range(0, 200).Select(_ =>
        {
            (double a, double b) = (2 * random.NextDouble() - 1, 2 * random.NextDouble() - 1);
            return string.Create(CultureInfo.InvariantCulture, $"{a:R},{b:R},{(a * a + b > 0.3 ? "dark red" : "blue")}");
        })));
        _ = Json("kan", "fit", "--data", table, "--target", "colour", "--width", "2,2", "--steps", "8", "--out", model, "--json");
        JsonElement told = Json("kan", "formula", model, "--format", "python", "--formula", folder["c.py"], "--json");
        Assert.Equal(["blue", "dark red"], told.GetProperty("formulas").EnumerateArray().Select(one => one.GetProperty("class").GetString()));
        Assert.InRange(told.GetProperty("accuracy_before").GetDouble(), 0.9, 1);
        Assert.InRange(told.GetProperty("accuracy_after").GetDouble(), 0.85, 1);
        string python = File.ReadAllText(folder["c.py"]);
        Assert.Contains("def colour_blue(a, b):", python, StringComparison.Ordinal);
        Assert.Contains("def colour_dark_red(a, b):", python, StringComparison.Ordinal);

        // The formulas are on the edges now, and written again as they are.
        CliResult text = Cli.Run("kan", "formula", model);
        Assert.StartsWith("blue: ", text.Out, StringComparison.Ordinal);
        Assert.Contains("dark red: ", text.Out, StringComparison.Ordinal);
        Assert.Contains("by formulas", text.Out, StringComparison.Ordinal);
        foreach (string format in (string[])["latex", "csharp"])
            Assert.Equal(0, Cli.Run("kan", "formula", model, "--format", format).Code);
    }

    [Fact]
    public void Functions_are_set_by_hand_and_suggested()
    {
        using TestFolder folder = new();
        string model = Fitted(folder);
        JsonElement suggested = Json("kan", "formula", model, "--suggest", "--json");
        Assert.Equal("0,0,0", suggested.GetProperty("edges")[0].GetProperty("edge").GetString());
        CliResult set = Cli.Run("kan", "formula", model, "--set", "0,1,0=x^2");
        Assert.Contains("edge 0,1,0: x^2, r2 ", set.Error, StringComparison.Ordinal);
        Assert.Equal("x^2", KanNetwork.Load(model).Layers[0].FormulaOf(0, 1)!.Function.Name);
        Cli.AssertFails(1, ["below --min-r2 1"], "kan", "formula", model, "--set", "0,0,0=sgn", "--min-r2", "1");
        Cli.AssertFails(2, ["no edge 0,7,0"], "kan", "formula", model, "--set", "0,7,0=x");
        Cli.AssertFails(2, ["no function 'sinus'"], "kan", "formula", model, "--set", "0,0,0=sinus");
        Cli.AssertFails(2, ["--set '0,0=x'"], "kan", "formula", model, "--set", "0,0=x");
    }

    [Theory]
    [InlineData("a,b,y\n1,2,3\n", "one row alone")]
    [InlineData("a,b,y\n", "no rows")]
    [InlineData("", "empty")]
    [InlineData("a,b\n1,2\n", "no column 'y'")]
    [InlineData("a,y\n1,3\n2,3\n4,3\n", "'y' is 3 in all 3 rows")]
    [InlineData("a,y\n1,\n2,NA\n4,nan\n", "no row of", "'y' has nothing in 3 (lines 2, 3, 4)")]
    [InlineData("a,y\nred,1\nblue,2\n", "no column of numbers besides 'y'")]
    [InlineData("1,2,3\n1,2,3\n", "its first line must name the columns")]
    [InlineData("a,y\n1,same\n2,same\n", "'y' is 'same' in all 2 rows")]
    [InlineData("a;y\n1;2\n", ";")]
    public void Tables_that_hold_nothing_to_learn_are_told_in_one_line(string table, params string[] told)
    {
        using TestFolder folder = new();
        Cli.AssertFails(1, told, "kan", "fit", "--data", folder.Write("t.csv", table), "--target", "y", "--out", folder["m.safetensors"]);
        Assert.False(File.Exists(folder["m.safetensors"]));
    }

    [Fact]
    public void What_is_left_out_is_told_with_its_lines()
    {
        using TestFolder folder = new();
        string rows = string.Join('\n', Enumerable.Range(0, 30).Select(row => FormattableString.Invariant($"{row},7,{row * row},word,")));
        string table = folder.Write("t.csv", $"a,same,y,name,none\n{rows}\nfive,7,25,word,\n,7,1,word,\ninf,7,1,word,\n");
        CliResult fit = Cli.Run("kan", "fit", "--data", table, "--target", "y", "--steps", "3", "--out", folder["m.safetensors"]);
        Assert.True(fit.Code == 0, fit.Error);
        Assert.Contains("3 of 33 rows of", fit.Error, StringComparison.Ordinal);
        Assert.Contains("'a' has nothing in 1 (line 33); 'a' is no number in 2 (lines 32 'five', 34 'inf')", fit.Error, StringComparison.Ordinal);
        Assert.Contains("'name' (words), 'none' (empty)", fit.Error, StringComparison.Ordinal);
        Assert.Contains("the same value in every row, and not read: 'same' (7)", fit.Error, StringComparison.Ordinal);
        Assert.Contains("y from a", fit.Out, StringComparison.Ordinal);
        Cli.AssertFails(2, ["is there already", "--overwrite"], "kan", "fit", "--data", table, "--target", "y", "--out", folder["m.safetensors"]);
        Cli.AssertFails(1, ["'name'", "holds words, such as 'word'"], "kan", "fit", "--data", table, "--target", "y", "--columns", "a,name", "--out", folder["n.safetensors"]);
        Cli.AssertFails(1, ["'none'", "empty in every row"], "kan", "fit", "--data", table, "--target", "y", "--columns", "none", "--out", folder["n.safetensors"]);
        Cli.AssertFails(1, ["no column 'z'", "a, same, y"], "kan", "fit", "--data", table, "--target", "y", "--columns", "z", "--out", folder["n.safetensors"]);
        Cli.AssertFails(2, ["--width 3,1 does not fit"], "kan", "fit", "--data", table, "--target", "y", "--width", "3,1", "--out", folder["n.safetensors"]);
    }

    [Fact]
    public void A_formula_is_searched_for_in_a_table()
    {
        using TestFolder folder = new();
        string table = Product(folder);
        JsonElement found = Json("kan", "search", "--data", table, "--target", "y", "--seconds", "600", "--json");
        Assert.Equal(("exp(b^2 + a)", true, 60), (found.GetProperty("formula").GetString(), found.GetProperty("exact").GetBoolean(), found.GetProperty("rows").GetInt32()));
        Assert.InRange(found.GetProperty("largest").GetDouble(), 0, 1e-12);
        CliResult python = Cli.Run("kan", "search", "--data", table, "--target", "y", "--seconds", "600", "--format", "python", "--formula", folder["f.py"]);
        Assert.Contains("held out: 60 rows, error", python.Out, StringComparison.Ordinal);
        Assert.StartsWith(File.ReadAllText(folder["f.py"]).TrimEnd(), python.Out, StringComparison.Ordinal);
        Cli.AssertFails(1, ["no formula was found", "--seconds", "kan fit"], "kan", "search", "--data", table, "--target", "y", "--seconds", "1e-6");
        Cli.AssertFails(1, ["20 samples or more"], "kan", "search", "--data", folder.Write("few.csv", "a,y\n1,2\n2,4\n3,5\n"), "--target", "y");
    }

    [Fact]
    public void Nodes_edges_and_inputs_that_go_together_come_back_together()
    {
        using TestFolder folder = new();
        Random random = new(4);
        string table = folder.Write("t.csv", "a,b,y\n" + string.Join('\n', Enumerable.Range(0, 60).Select(_ => random.NextDouble()).Select(a => string.Create(CultureInfo.InvariantCulture, $"{a:R},{random.NextDouble():R},{a * a:R}"))));
        string model = folder["m.safetensors"], before = Json("kan", "fit", "--data", table, "--target", "y", "--width", "2,3,1", "--penalty", "0.01", "--steps", "10", "--out", model, "--json").GetProperty("network").GetString()!;
        Assert.StartsWith("[1, ", Json("kan", "prune", model, "--input-threshold", "0.1", "--json").GetProperty("after").GetString(), StringComparison.Ordinal);
        Assert.Equal(before, Json("kan", "undo", model, "--json").GetProperty("after").GetString());
        Cli.AssertFails(1, ["nothing to take back"], "kan", "undo", model);
    }

    [Fact]
    public void A_disk_that_is_full_leaves_the_model_as_it_was()
    {
        using TestFolder folder = new();
        string model = Fitted(folder);
        byte[] before = File.ReadAllBytes(model);
        foreach (string[] call in (string[][])[["kan", "refine", model, "--grid", "20"], ["kan", "prune", model], ["kan", "formula", model], ["kan", "fit", "--from", model, "--steps", "1"]])
        {
            using (FileFault.DiskFullAfter(100))
                Cli.AssertFails(1, ["cannot write"], call);
            Assert.Equal(before, File.ReadAllBytes(model));
        }
    }

    [Theory]
    [InlineData(2, "kan fit", "--data with a table and --target")]
    [InlineData(2, "kan fit --from a.safetensors --width 2,1", "--width is nothing to a network that goes on")]
    [InlineData(2, "kan fit --data a.csv --target y --columns y", "cannot be an input too")]
    [InlineData(2, "kan fit --data a.csv --target y --optimizer sgd", "sgd")]
    [InlineData(2, "kan fit --data a.csv --target y --test 1", "test fraction is 1")]
    [InlineData(1, "kan fit --data nowhere.csv --target y", "nowhere.csv")]
    [InlineData(1, "kan predict nowhere.safetensors --data a.csv", "there is no file 'nowhere.safetensors'")]
    [InlineData(2, "kan predict a.safetensors", "--data")]
    [InlineData(2, "kan prune a.safetensors --edge-threshold -1", "--edge-threshold is -1")]
    [InlineData(2, "kan refine a.safetensors", "--grid")]
    [InlineData(2, "kan formula a.safetensors --library sin,sinus", "no function 'sinus'")]
    [InlineData(2, "kan formula a.safetensors --simplicity 2", "2")]
    [InlineData(2, "kan search --data a.csv", "--target")]
    [InlineData(2, "kan search --data a.csv --target y --columns y", "cannot be an input too")]
    [InlineData(2, "kan search --data a.csv --target y --seconds 0", "seconds is 0")]
    [InlineData(2, "kan search --data a.csv --target y --format word", "word")]
    [InlineData(1, "kan search --data nowhere.csv --target y", "nowhere.csv")]
    public void Wrong_calls_are_told_in_one_line(int code, string call, string told) => Cli.AssertFails(code, [told], Cli.Args(call));

    private static JsonElement Json(params string[] call)
    {
        CliResult result = Cli.Run(call);
        Assert.True(result.Code == 0, result.Error);
        return JsonDocument.Parse(result.Out).RootElement;
    }

    // exp(a + b²), which [2, 1, 1] is.
    private static string Product(TestFolder folder)
    {
        Random random = new(4);
        return folder.Write("t.csv", "a,b,y\n" + string.Join('\n', Enumerable.Range(0, 300).Select(_ =>
        {
            (double a, double b) = (2 * random.NextDouble() - 1, 2 * random.NextDouble() - 1);
            return string.Create(CultureInfo.InvariantCulture, $"{a:R},{b:R},{Math.Exp(a + b * b):R}");
        })));
    }

    private static string Fitted(TestFolder folder)
    {
        CliResult fit = Cli.Run("kan", "fit", "--data", Product(folder), "--target", "y", "--width", "2,1,1", "--steps", "20", "--out", folder["m.safetensors"]);
        Assert.True(fit.Code == 0, fit.Error);
        return folder["m.safetensors"];
    }
}
