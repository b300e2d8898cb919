using System.Text.Json;
using System.Text.RegularExpressions;
using Kansformers.Inspection;
using Kansformers.Kan;
using Kansformers.Tests.Training;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Tests.Inspection;

/// <summary>The page holds the reading's numbers, in one file that nothing comes into from elsewhere.</summary>
public partial class ModelReportTests
{
    [Theory]
    [InlineData("bspline:sharing=edge")]
    [InlineData("rbf:sharing=edge")]
    [InlineData("rational:sharing=group:2")]
    [InlineData("bspline:sharing=channel")]
    public void The_page_tells_the_readings_numbers(string kan)
    {
        using TestFolder folder = new();
        RunFolder run = Trained(folder, kan);
        using TransformerModel model = run.LoadModel();
        byte[][] before = [.. model.state_dict().Values.Select(tensor => tensor.bytes.ToArray())];
        ModelReading reading = FunctionReader.Read(run, model, new ReadingOptions { Tokens = 64 });
        using RemovalLoss removal = new(run, model, 64);
        ModelReport report = ModelReport.Read(reading, removal, new ModelReportOptions { Top = 6, Least = 2, Without = 4, LeastR2 = 0.5 });
        Assert.Equal(before, model.state_dict().Values.Select(tensor => tensor.bytes.ToArray()));
        Assert.True(removal.Tokens >= 64);

        JsonElement[] layers = [.. Data(report.Html()).GetProperty("layers").EnumerateArray()];
        Assert.Equal(reading.Layers.Select(layer => layer.Layer.Name), layers.Select(layer => layer.GetProperty("name").GetString()));
        for (int at = 0; at < layers.Length; at++)
        {
            LayerReading layer = reading.Layers[at];
            JsonElement[] shown = [.. layers[at].GetProperty("shown").EnumerateArray()];
            Assert.Equal(layer.Layer.IsEdge ? 8 : layer.Layer.Functions, shown.Length);
            Assert.Equal(Math.Min(4, shown.Length), shown.Count(function => function.GetProperty("removal").ValueKind == JsonValueKind.Object));
            Assert.Equal(layer.Layer.Functions, shown[^1].GetProperty("rank").GetInt64());
            IReadOnlyList<FunctionReading> top = layer.Top(shown.Length);
            for (int i = 0; i < Math.Min(6, shown.Length); i++)
            {
                FunctionReading function = top[i];
                Same(function.Attribution, shown[i].GetProperty("attribution"));
                Same(function.Deviation, shown[i].GetProperty("deviation"));
                Assert.Equal(layer.Layer.Describe(function.Place), shown[i].GetProperty("words").GetString());
                string name = kan.EndsWith("edge", StringComparison.Ordinal) ? $"{function.Place.Index} → {function.Place.Output}" : kan.EndsWith("channel", StringComparison.Ordinal) ? $"channel {function.Place.Index}" : $"group {function.Place.Index}";
                Assert.Equal(name, shown[i].GetProperty("name").GetString());
                double[] y = [.. shown[i].GetProperty("y").EnumerateArray().Select(value => value.GetDouble())];
                (double from, double to) = (shown[i].GetProperty("from").GetDouble(), shown[i].GetProperty("to").GetDouble());
                double[] known = layer.Layer.Values(function.Place, [.. Enumerable.Range(0, y.Length).Select(p => from + (to - from) * p / (y.Length - 1))]);
                double size = known.Max(Math.Abs) + 1e-6;
                Assert.All(y.Zip(known), pair => Assert.InRange(Math.Abs(pair.First - pair.Second) / size, 0, 1e-4));
                InputReading input = layer.Input(function.Place);
                Assert.Equal(input.Histogram.Counts, shown[i].GetProperty("bins").GetProperty("counts").EnumerateArray().Select(count => count.GetInt64()));
                Same(input.Outside, shown[i].GetProperty("outside"));
            }

            Assert.All(report.Layers[at].Shown.Where(function => function.Formula is not null), function => Assert.InRange(function.Formula!.R2, 0.5, 1));
        }
    }

    [Fact]
    public void The_loss_without_a_function_is_that_of_a_model_whose_function_is_0()
    {
        using TestFolder folder = new();
        RunFolder run = Trained(folder, "bspline:sharing=edge");
        using TransformerModel model = run.LoadModel();
        using RemovalLoss removal = new(run, model, 64);
        FunctionLayer layer = FunctionLayer.Of(model)[0];
        FunctionPlace place = new(1, 2);
        FunctionRemoval told = removal.Of(layer, place);
        using (layer.Without(place))
        {
            using RemovalLoss without = new(run, model, 64);
            Assert.Equal(without.Loss, told.Loss, 12);
        }

        Assert.Equal(told.Loss - removal.Loss, told.Rise, 12);
        Assert.True(told.Error > 0);
        using RemovalLoss again = new(run, model, 64);
        Assert.Equal(removal.Loss, again.Loss);
        Assert.Throws<KansformersException>(() => new RemovalLoss(run, model, 0));
    }

    [Fact]
    public void Nothing_comes_from_elsewhere_and_no_name_is_markup()
    {
        const string evil = "</script><img src=x onerror=alert(1)>&\"'";
        ModelReport report = new(evil, evil, 5, new ReportSample(5, true, 1), [Layer(evil)]);
        string page = report.Html();
        Assert.DoesNotContain("<img", page, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(2, Count(page, "</script>"));
        Assert.Equal(evil, Data(page).GetProperty("title").GetString());
        Assert.Equal(evil, Data(page).GetProperty("layers")[0].GetProperty("name").GetString());
        Assert.Equal(JsonValueKind.Null, Data(page).GetProperty("layers")[0].GetProperty("score").ValueKind);
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"(src|href)\s*=", page.Replace("img src=x", "", StringComparison.Ordinal).Split("<script")[0].Replace(SvgEscaped, "", StringComparison.Ordinal));
        Assert.All(Addresses().Matches(page), match => Assert.Equal("http://www.w3.org/2000/svg", match.Value));
    }

    [Theory]
    [InlineData(0, 4, 4, 0.9, "Top is 0")]
    [InlineData(4, -1, 4, 0.9, "Least is -1")]
    [InlineData(4, 4, -1, 0.9, "Without is -1")]
    [InlineData(4, 4, 4, 1.5, "LeastR2 is 1.5")]
    public void Wrong_options_are_named(int top, int least, int without, double r2, string told) =>
        Assert.Contains(told, Assert.Throws<KansformersException>(new ModelReportOptions { Top = top, Least = least, Without = without, LeastR2 = r2 }.Validate).Message, StringComparison.Ordinal);

    [Fact]
    public void Chromium_draws_the_function_that_the_address_names()
    {
        string? chromium = Chromium.Path;
        Assert.SkipWhen(chromium is null, "there is no chromium on this machine");
        using TestFolder folder = new();
        RunFolder run = Trained(folder, "bspline:sharing=edge");
        using TransformerModel model = run.LoadModel();
        ModelReading reading = FunctionReader.Read(run, model, new ReadingOptions { Tokens = 64 });
        using RemovalLoss removal = new(run, model, 64);
        ModelReport report = ModelReport.Read(reading, removal, new ModelReportOptions { Top = 6, Least = 2, Without = 8 });
        File.WriteAllText(folder["a page.html"], report.Html());
        ReportLayer layer = report.Layers[1];
        ReportFunction function = layer.Shown[3];

        string dom = Chromium.Dom(chromium!, folder["a page.html"], $"#{layer.Name}/{function.Id}");
        Assert.Contains($"id=\"one-title\">{char.ToUpperInvariant(function.Words[0])}{function.Words[1..]}<", dom, StringComparison.Ordinal);
        Assert.Equal(report.Layers.Count, Count(dom, "class=\"layer\""));
        Assert.Equal(layer.Shown.Count, Count(dom, "data-id="));
        Assert.Equal(2, Count(dom, "aria-selected=\"true\""));
        Assert.Matches($"data-id=\"{function.Id}\"[^>]*aria-selected=\"true\"", dom);
        Assert.Contains(function.Removal!.Loss.ToString("F5", System.Globalization.CultureInfo.InvariantCulture), dom, StringComparison.Ordinal);
        Assert.Equal(layer.Shown.Count + 1, Count(dom, "class=\"curve\""));
        Assert.Contains($"{function.Rank} of {layer.Functions}", dom.Replace(",", "", StringComparison.Ordinal), StringComparison.Ordinal);
        string first = Chromium.Dom(chromium!, folder["a page.html"], "#nowhere/99");
        Assert.Matches($"data-id=\"{report.Layers[0].Shown[0].Id}\"[^>]*aria-selected=\"true\"", first);
    }

    // Keys are pressed by a script of the test's own, at the page's end.
    [Theory]
    [InlineData("ArrowRight", 0, 1)]
    [InlineData("End", 0, 7)]
    [InlineData("]", 1, 0)]
    public void Keys_move_among_functions_and_layers(string key, int layer, int function)
    {
        string? chromium = Chromium.Path;
        Assert.SkipWhen(chromium is null, "there is no chromium on this machine");
        using TestFolder folder = new();
        RunFolder run = Trained(folder, "bspline:sharing=edge");
        using TransformerModel model = run.LoadModel();
        ModelReport report = ModelReport.Read(FunctionReader.Read(run, model, new ReadingOptions { Tokens = 64 }), null, new ModelReportOptions { Top = 6, Least = 2 });
        string press = $"<script>document.body.dispatchEvent(new KeyboardEvent('keydown', {{ key: '{key}', bubbles: true }}));</script></body>";
        File.WriteAllText(folder["page.html"], report.Html().Replace("</body>", press, StringComparison.Ordinal));
        string dom = Chromium.Dom(chromium!, folder["page.html"], "");
        ReportFunction wanted = report.Layers[layer].Shown[function];
        Assert.Matches($"data-id=\"{wanted.Id}\"[^>]*aria-selected=\"true\"", dom);
        Assert.Matches($"data-name=\"{Regex.Escape(report.Layers[layer].Name)}\"[^>]*aria-selected=\"true\"", dom);
    }

    private const string SvgEscaped = "&lt;img src=x";

    private static RunFolder Trained(TestFolder folder, string kan)
    {
        RunConfig config = TinyTraining.Config(folder);
        config = config with { Model = config.Model with { Placement = KanPlacement.Mlp, Kan = KanSettings.Parse(kan) } };
        using (TrainingRun run = TrainingRun.Start(config, folder["run"]))
            run.Run();
        return RunFolder.Open(folder["run"]);
    }

    private static ReportLayer Layer(string name) => new(name, name, 1)
    {
        Inputs = 1,
        Outputs = 1,
        IsEdge = true,
        IsNormed = false,
        Pruned = 0,
        Ranking = FunctionRanking.Attribution,
        Score = double.NaN,
        Low = 0,
        High = 1,
        Outside = 0,
        SplineShare = 1,
        Shown = [],
    };

    private static void Same(double known, JsonElement told)
    {
        if (!double.IsFinite(known))
            Assert.Equal(JsonValueKind.Null, told.ValueKind);
        else
            Assert.InRange(Math.Abs(told.GetDouble() - known), 0, Math.Abs(known) * 1e-6);
    }

    private static JsonElement Data(string page)
    {
        const string begin = "<script type=\"application/json\" id=\"report\">";
        int from = page.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        return JsonDocument.Parse(page[from..page.IndexOf("</script>", from, StringComparison.Ordinal)]).RootElement;
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    [GeneratedRegex("https?://[^\"'\\s]+")]
    private static partial Regex Addresses();
}
