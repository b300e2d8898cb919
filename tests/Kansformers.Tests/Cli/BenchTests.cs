using System.Text.Json;
using System.Xml.Linq;
using Kansformers.Cli;
using Kansformers.Cli.Bench;
using Kansformers.Kan;

namespace Kansformers.Tests.Cli;

/// <summary><c>bench</c>: what scripts rely on, on sizes that take no time.</summary>
public class BenchTests
{
    private const string TinyLayer = "bench layer --shape 8x16 --tokens 64 --seconds 0.05 --threads 1";
    private const string TinyStep = "bench step --model gpt-nano --block 8 --batch 1 --vocab 11 --seconds 0.05 --threads 1";

    [Fact]
    public void Layer_reports_the_fields_of_the_contract_for_every_shape_grid_and_precision()
    {
        JsonElement json = Json(TinyLayer.Replace("8x16", "8x16,16x4", StringComparison.Ordinal) + " --grid-size 5,9 --precision both --no-memory --json");
        JsonElement[] cases = [.. json.GetProperty("cases").EnumerateArray()];
        Assert.Equal(
            [(8, 16, 5, "fp32"), (8, 16, 9, "fp32"), (8, 16, 5, "bf16"), (8, 16, 9, "bf16"), (16, 4, 5, "fp32"), (16, 4, 9, "fp32"), (16, 4, 5, "bf16"), (16, 4, 9, "bf16")],
            cases.Select(one => (one.GetProperty("in").GetInt32(), one.GetProperty("out").GetInt32(), one.GetProperty("grid_size").GetInt32(), one.GetProperty("precision").GetString()!)));
        foreach (JsonElement one in cases)
        {
            Assert.Equal((64, 3), (one.GetProperty("tokens").GetInt32(), one.GetProperty("spline_order").GetInt32()));
            AssertPositive(one, "reference_ms", "ours_ms", "gemm_bound_ms", "linear_ms", "ours_forward_ms", "reference_forward_ms", "linear_forward_ms");
            Assert.Equal(JsonValueKind.Null, one.GetProperty("ours_peak_bytes").ValueKind);
            foreach (JsonProperty timing in one.GetProperty("timings").EnumerateObject())
                AssertTiming(timing.Value);
        }

        JsonElement machine = json.GetProperty("machine");
        Assert.Equal(1, machine.GetProperty("threads").GetInt32());
        Assert.True(machine.GetProperty("cores").GetInt32() > 0);
        Assert.All(["cpu", "simd"], name => Assert.NotEqual("", machine.GetProperty(name).GetString()));
    }

    [Fact]
    public void Layer_measures_memory_in_processes_of_their_own()
    {
        JsonElement one = Assert.Single(Json(TinyLayer.Replace("--tokens 64", "--tokens 4096", StringComparison.Ordinal) + " --json").GetProperty("cases").EnumerateArray());
        long ours = one.GetProperty("ours_peak_bytes").GetInt64(), reference = one.GetProperty("reference_peak_bytes").GetInt64();

        // The reference keeps every basis of every input more than once; the engine keeps the input.
        Assert.True(reference > 4096L * 8 * 8 * sizeof(float), $"the reference took {reference} bytes");
        Assert.True(ours > 4096L * 16 * sizeof(float) && ours < reference, $"ours took {ours} bytes, the reference {reference}");
    }

    [Fact]
    public void Step_reports_the_fields_of_the_contract_for_every_placement()
    {
        JsonElement[] cases = [.. Json(TinyStep + " --placement attention+mlp,none --no-memory --json").GetProperty("cases").EnumerateArray()];
        Assert.Equal(["attention,mlp", "none"], cases.Select(one => one.GetProperty("placement").GetString()!));
        foreach (JsonElement one in cases)
        {
            Assert.Equal(("gpt-nano", "fp32"), (one.GetProperty("model").GetString(), one.GetProperty("precision").GetString()));
            Assert.Equal((11, 8, 1), (one.GetProperty("vocab").GetInt32(), one.GetProperty("block").GetInt32(), one.GetProperty("batch").GetInt32()));
            AssertPositive(one, "parameters", "reference_ms", "ours_ms", "gemm_bound_ms", "mlp_same_parameters_ms", "mlp_parameters", "tokens_per_second");
            Assert.Equal(JsonValueKind.Null, one.GetProperty("peak_memory_bytes").ValueKind);
        }
    }

    [Fact]
    public void Step_can_leave_contestants_out_and_measures_the_memory_of_the_others()
    {
        JsonElement one = Assert.Single(Json(TinyStep + " --no-reference --no-linear --precision bf16 --json").GetProperty("cases").EnumerateArray());
        AssertPositive(one, "ours_ms", "peak_memory_bytes", "peak_extra_bytes");
        Assert.All(["reference_ms", "mlp_same_parameters_ms", "reference_peak_memory_bytes"], name => Assert.Equal(JsonValueKind.Null, one.GetProperty(name).ValueKind));
    }

    [Fact]
    public void Decode_reports_tokens_a_second()
    {
        JsonElement json = Json("bench decode --model gpt-nano --vocab 11 --block 16 --prompt-tokens 5 --tokens 6 --seconds 0.05 --threads 1 --json");
        AssertPositive(
            Assert.Single(json.GetProperty("cases").EnumerateArray()),
            "ours_tokens_per_second", "dense_tokens_per_second", "reference_tokens_per_second", "ours_first_token_ms", "reference_first_token_ms", "speedup");
        Assert.Equal(3, json.GetProperty("layers").GetArrayLength());
        foreach (JsonElement layer in json.GetProperty("layers").EnumerateArray())
            AssertPositive(layer, "in", "out", "live_us", "dense_us", "linear_us");
    }

    [Fact]
    public void Steps_and_decoding_take_any_family_with_its_own_options()
    {
        JsonElement step = Json("bench step --family kansformer --model kansformer-nano --block 8 --batch 1 --vocab 11 --feed-forward gated --inner 64 --seconds 0.05 --threads 1 --no-memory --json").GetProperty("cases")[0];
        Assert.Equal(("kansformer-nano", "kansformer", "none"), (step.GetProperty("model").GetString(), step.GetProperty("family").GetString(), step.GetProperty("placement").GetString()));
        AssertPositive(step, "parameters", "reference_ms", "ours_ms", "gemm_bound_ms", "mlp_same_parameters_ms", "mlp_parameters");
        JsonElement decode = Json("bench decode --family kansformer --model kansformer-nano --vocab 11 --block 16 --prompt-tokens 5 --tokens 6 --seconds 0.05 --threads 1 --json");
        AssertPositive(decode.GetProperty("cases")[0], "ours_tokens_per_second", "reference_tokens_per_second");
        Assert.Equal(0, decode.GetProperty("layers").GetArrayLength());
        Cli.AssertFails(2, ["--inner is nothing to the family gpt"], Cli.Args("bench step --model gpt-nano --inner 64"));
        Cli.AssertFails(2, ["unknown model 'gpt-nano' of the family kansformer"], Cli.Args("bench step --family kansformer --model gpt-nano"));
    }

    [Fact]
    public void Memory_reports_layers_and_steps()
    {
        JsonElement[] cases = [.. Json("bench memory --shape 8x16 --tokens 64 --model gpt-nano --block 8 --batch 1 --vocab 11 --no-reference --no-linear --threads 1 --json").GetProperty("cases").EnumerateArray()];
        Assert.Equal([("layer", "ours"), ("layer", "linear"), ("step", "ours")], cases.Select(one => (one.GetProperty("what").GetString()!, one.GetProperty("contestant").GetString()!)));
        foreach (JsonElement one in cases)
            AssertPositive(one, "peak_extra_bytes", "baseline_bytes", "peak_bytes");
    }

    [Theory]
    [InlineData("bench step --model gpt-nano --vocab 17 --block 8 --batch 1 --no-memory")]
    [InlineData("bench decode --model gpt-nano --vocab 17 --block 8 --prompt-tokens 2 --tokens 3")]
    public void Steps_and_decoding_know_kinds_and_sharings(string command)
    {
        foreach ((string kind, string sharing) in new[] { ("rational", "group:4"), ("chebyshev", "edge") })
        {
            CliResult result = Cli.Run([.. Cli.Args(command), "--kan", kind, "--kan-sharing", sharing, "--seconds", "0.01", "--json"]);
            Assert.True(result.Code == 0, result.Error);
            JsonElement one = JsonDocument.Parse(result.Out).RootElement.GetProperty("cases")[0];
            Assert.Equal((kind, sharing), (one.GetProperty("kan").GetString(), one.GetProperty("sharing").GetString()));
        }

        CliResult bad = Cli.Run([.. Cli.Args(command), "--kan", "rational:sharing=group:7"]);
        Assert.Equal(2, bad.Code);
        Assert.Contains("group:7", bad.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Tables_name_every_contestant_and_the_plot_is_a_picture()
    {
        using TestFolder folder = new();
        CliResult result = Cli.Run([.. Cli.Args(TinyLayer), "--grid-size", "3,5,9", "--no-memory", "--plot", folder["grid.svg"]]);
        Assert.True(result.Code == 0, result.Error);
        Assert.All(["8 -> 16, 64 tokens, bspline, grid size 3, spline order 3, fp32", "reference", "ours", "bound (products)", "linear layer", "ours, all coefficients", "ours, live coefficients", "by grid size"], text => Assert.Contains(text, result.Out, StringComparison.Ordinal));
        XElement picture = XDocument.Load(folder["grid.svg"]).Root!;
        Assert.Equal("svg", picture.Name.LocalName);
        Assert.Equal(3 * 4, picture.Descendants().Count(element => element.Name.LocalName == "circle"));
    }

    [Fact]
    public void The_public_benchmark_holds_every_listed_kind_at_one_number_of_parameters()
    {
        PublicNetwork[] networks = [.. Public("--public")];
        Assert.Equal(KanKinds.Names, networks.Select(network => network.Kan!.Kind).Distinct());
        Assert.Equal(KanKinds.All.Where(kind => kind.Sharing.IsEdge).Select(kind => kind.Kind), networks.Where(network => network.Kan!.Sharing.IsEdge).Select(network => network.Kan!.Kind));
        Assert.All(KanKinds.Names, name => Assert.Contains(networks, network => network.Kan!.Kind == name && network.Kan.Sharing.ToString() == "group:8"));
        Assert.All(networks, network => Assert.InRange(Parameters(network), 9_990_000, 10_030_000));
        Assert.Equal((10_000, 1000), (new PublicNetwork().ForMlp().Hidden, networks[0].Hidden));
        Assert.Equal(new BSplineOptions(), networks[0].Kan);
    }

    [Theory]
    [InlineData("--kan rbf", "rbf edge, rbf group:8")]
    [InlineData("--kan rbf --kan-sharing channel", "rbf channel")]
    [InlineData("--kan bspline:grid-size=20,sharing=group:4 rational", "bspline group:4, rational group:8")]
    public void The_public_benchmark_takes_the_kinds_that_are_asked_for(string options, string kinds)
    {
        PublicNetwork[] networks = [.. Public("--public " + options)];
        Assert.Equal(kinds, string.Join(", ", networks.Select(network => $"{network.Kan!.Kind} {network.Kan.Sharing}")));
        Assert.All(networks, network => Assert.InRange(Parameters(network), 9_900_000, 10_100_000));
    }

    [Fact]
    public void The_public_benchmark_keeps_the_size_that_is_asked_for() =>
        Assert.Equal(20, ((BSplineOptions)Assert.Single(Public("--public --kan bspline:grid-size=20")).Kan!).GridSize);

    [Fact]
    public void The_public_benchmark_reports_time_and_parameters_beside_the_mlp()
    {
        using TestFolder folder = new();
        CliResult result = Cli.Run([.. Cli.Args("bench layer --public --kan chebyshev:sharing=group:8 --seconds 0.02 --no-memory --json --plot"), folder["public.svg"]]);
        Assert.True(result.Code == 0, result.Error);
        JsonElement[] variants = [.. JsonDocument.Parse(result.Out).RootElement.GetProperty("variants").EnumerateArray()];
        Assert.Equal([("chebyshev", "ours"), ("chebyshev", "reference"), (null, "MLP")], variants.Select(one => (one.GetProperty("kan").GetString(), one.GetProperty("variant").GetString()!)));
        foreach (JsonElement one in variants)
        {
            AssertPositive(one, "hidden", "parameters", "forward_ms", "backward_ms", "forward_min_ms", "backward_min_ms", "rounds");
            Assert.All(["forward_peak_bytes", "peak_bytes"], name => Assert.Equal(JsonValueKind.Null, one.GetProperty(name).ValueKind));
        }

        Assert.Equal("svg", XDocument.Load(folder["public.svg"]).Root!.Name.LocalName);
    }

    [Fact]
    public void Layer_reports_every_listed_kind_and_sharing_with_its_memory_and_draws_them()
    {
        using TestFolder folder = new();
        string[] kinds = [.. KanKinds.Names, "bspline:sharing=group:8", "chebyshev:sharing=channel"];
        CliResult result = Cli.Run([.. Cli.Args("bench layer --shape 8x16 --tokens 16 --seconds 0.01 --threads 1 --no-memory --json --kan"), .. kinds, "--plot", folder["kinds.svg"]]);
        Assert.True(result.Code == 0, result.Error);
        JsonElement[] cases = [.. JsonDocument.Parse(result.Out).RootElement.GetProperty("cases").EnumerateArray()];
        Assert.Equal(KanKinds.Names.Concat(["bspline", "chebyshev"]), cases.Select(one => one.GetProperty("kan").GetString()!));
        Assert.Equal(["group:8", "channel"], cases[^2..].Select(one => one.GetProperty("sharing").GetString()!));
        foreach (JsonElement one in cases)
        {
            AssertPositive(one, "reference_ms", "ours_ms", "gemm_bound_ms", "linear_ms", "ours_forward_ms");
            Assert.Equal(JsonValueKind.Null, one.GetProperty("dense_ms").ValueKind);
        }

        XElement picture = XDocument.Load(folder["kinds.svg"]).Root!;
        Assert.All(KanKinds.Names, name => Assert.Contains(picture.Descendants(), element => element.Name.LocalName == "text" && element.Value.Split(' ')[0] == name));
    }

    [Fact]
    public void Memory_is_measured_behind_a_warm_up_of_the_same_kind()
    {
        // Three groups do not divide the inputs of a warm-up that knows nothing of the kind.
        JsonElement one = Assert.Single(Json("bench layer --kan rbf:sharing=group:3 --shape 24x8 --tokens 64 --seconds 0.01 --threads 1 --no-reference --json").GetProperty("cases").EnumerateArray());
        AssertPositive(one, "ours_peak_bytes", "linear_peak_bytes");
    }

    [Theory]
    [InlineData("bench", "layer, step, decode, memory")]
    [InlineData("bench paint", "unknown verb 'bench paint'")]
    [InlineData("bench layer --shape 12", "--shape '12'")]
    [InlineData("bench layer --shape 8x0", "--shape '8x0'")]
    [InlineData("bench layer --tokens 0", "--tokens is 0")]
    [InlineData("bench layer --grid-size 5,x", "--grid-size '5,x'")]
    [InlineData("bench layer --spline-order 0", "spline order is 0")]
    [InlineData("bench layer --precision fp8", "'fp8'")]
    [InlineData("bench layer --seconds 0", "--seconds is 0")]
    [InlineData("bench layer --threads 0", "--threads is 0")]
    [InlineData("bench layer --plot a.svg", "--plot needs several grid sizes")]
    [InlineData("bench layer --public --shape 8x8", "leave --shape out")]
    [InlineData("bench layer --public --grid-size 5", "leave --grid-size out")]
    [InlineData("bench layer --public --precision bf16", "leave --precision out")]
    [InlineData("bench layer --public --kan rbf:grid-size=1", "grid size is 1")]
    [InlineData("bench layer --public --kan rational --kan-sharing group:7", "group:7")]
    [InlineData("bench step --model gpt-huge", "unknown model 'gpt-huge'")]
    [InlineData("bench step --placement nowhere", "nowhere")]
    [InlineData("bench step --batch 0", "--batch is 0")]
    [InlineData("bench decode --prompt-tokens 200 --tokens 100", "--block 256")]
    [InlineData("bench memory --tokens 0", "--tokens is 0")]
    public void A_call_that_makes_no_sense_is_one_line_and_exit_code_2(string call, string part) =>
        Cli.AssertFails(CommandLineApp.BadUsage, [part], Cli.Args(call));

    [Fact]
    public void The_verb_of_the_processes_that_measure_memory_is_not_shown() =>
        Assert.DoesNotContain(MemoryChild.Verb, Cli.Run("bench", "--help").Out, StringComparison.Ordinal);

    private static IReadOnlyList<PublicNetwork> Public(string options)
    {
        LayerOptions layer = new();
        System.CommandLine.Command command = new("layer") { new System.CommandLine.Option<bool>("--public") };
        layer.AddTo(command);
        return layer.ReadPublic(command.Parse(Cli.Args(options)));
    }

    private static long Parameters(PublicNetwork network) =>
        network.Kan!.ParameterCount(network.Inputs, network.Hidden) + network.Kan.ParameterCount(network.Hidden, network.Outputs);

    private static JsonElement Json(string call)
    {
        CliResult result = Cli.Run(Cli.Args(call));
        Assert.True(result.Code == 0, result.Error);
        return JsonDocument.Parse(result.Out).RootElement;
    }

    private static void AssertPositive(JsonElement json, params string[] names) =>
        Assert.All(names, name => Assert.True(json.GetProperty(name).ValueKind == JsonValueKind.Number && json.GetProperty(name).GetDouble() > 0, $"{name} is {json.GetProperty(name)}"));

    private static void AssertTiming(JsonElement timing)
    {
        Assert.True(timing.GetProperty("rounds").GetInt32() >= RoundRobin.FewestRounds);
        Assert.InRange(timing.GetProperty("min_ms").GetDouble(), 1e-6, timing.GetProperty("median_ms").GetDouble());
        Assert.InRange(timing.GetProperty("forward_ms").GetDouble(), 1e-6, double.MaxValue);
    }
}
