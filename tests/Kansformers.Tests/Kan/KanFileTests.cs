using Kansformers.Checkpoints;
using Kansformers.Kan;
using Kansformers.Tests.Cli;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Kan;

/// <summary>State dictionaries of the programs that the kinds come from: loaded as layers, and written back.</summary>
public class KanFileTests
{
    public static TheoryData<string> Programs => [.. Files.Keys];

    // Names and shapes as the programs make them; what a name ends with says what the numbers are.
    private static readonly Dictionary<string, (string Kind, string Tensors)> Files = new()
    {
        ["efficient-kan layer"] = ("bspline", "base_weight 5,4;spline_weight 5,4,8;spline_scaler 5,4;grid 4,12"),
        ["efficient-kan layer without scalers, order 2"] = ("bspline", "base_weight 5,4;spline_weight 5,4,9;grid 4,12"),
        ["efficient-kan network"] = ("bspline",
            "layers.0.base_weight 6,4;layers.0.spline_weight 6,4,8;layers.0.spline_scaler 6,4;layers.0.grid 4,12;layers.1.base_weight 3,6;layers.1.spline_weight 3,6,8;layers.1.spline_scaler 3,6;layers.1.grid 6,12"),
        ["fast-kan network"] = ("rbf",
            "layers.0.layernorm.weight 4;layers.0.layernorm.bias 4;layers.0.rbf.grid 8;layers.0.spline_linear.weight 6,32;layers.0.base_linear.weight 6,4;layers.0.base_linear.bias 6;"
            + "layers.1.layernorm.weight 6;layers.1.layernorm.bias 6;layers.1.rbf.grid 8;layers.1.spline_linear.weight 3,48;layers.1.base_linear.weight 3,6;layers.1.base_linear.bias 3"),
        ["fast-kan layer, plain"] = ("rbf", "rbf.grid 5;spline_linear.weight 6,20"),
        ["faster-kan network"] = ("switch",
            "layers.0.layernorm.weight 4;layers.0.layernorm.bias 4;layers.0.rbf.grid 8;layers.0.rbf.inv_denominator ;layers.0.spline_linear.weight 6,32;"
            + "layers.1.layernorm.weight 6;layers.1.layernorm.bias 6;layers.1.rbf.grid 8;layers.1.rbf.inv_denominator ;layers.1.spline_linear.weight 3,48"),
        ["ChebyKAN layers"] = ("chebyshev", "chebykan1.cheby_coeffs 4,6,5;chebykan1.arange 5;chebykan2.cheby_coeffs 6,3,5;chebykan2.arange 5"),
        ["ChebyKAN layer, older"] = ("chebyshev", "cheby_coeffs 4,6,3"),
        ["FourierKAN layer"] = ("fourier", "fouriercoeffs 2,3,4,7;bias 1,3"),
        ["FourierKAN layers without bias"] = ("fourier", "fkan1.fouriercoeffs 2,6,4,5;fkan2.fouriercoeffs 2,3,6,5"),
        ["KAT feed-forward"] = ("rational",
            "mlp.fc1.weight 16,8;mlp.fc1.bias 16;mlp.act1.weight_numerator 1,6;mlp.act1.weight_denominator 4,4;mlp.act2.weight_numerator 1,6;mlp.act2.weight_denominator 4,4;mlp.fc2.weight 8,16;mlp.fc2.bias 8"),
        ["KAT in sequence"] = ("rational", "0.weight_numerator 4,6;0.weight_denominator 4,4;1.weight 8,4;2.weight_numerator 1,5;2.weight_denominator 2,3;3.weight 3,8;3.bias 3"),
        ["KAT layer"] = ("rational", "weight_numerator 4,6;weight_denominator 4,4;weight 5,8;bias 5"),
    };

    [Theory]
    [MemberData(nameof(Programs))]
    public void A_programs_file_loads_and_comes_back(string program)
    {
        using TestFolder folder = new();
        using var scope = NewDisposeScope();
        (string kind, List<(string Name, Tensor Tensor)> tensors) = Make(program);
        StateDictionary.SavePyTorch(folder["from.pt"], tensors);
        Dictionary<string, Tensor> first = tensors.ToDictionary(entry => entry.Name, entry => entry.Tensor);
        using (KanFile file = KanFile.Open(folder["from.pt"]))
        {
            Assert.All(file.Layers, layer => Assert.Equal(kind, layer.Options.Kind));
            Assert.Equal(program.EndsWith('s') || program.Contains("network", StringComparison.Ordinal) || tensors.Count > 4 ? 2 : 1, file.Layers.Count);
            using KanStack network = file.ToStack();
            Tensor x = randn(7, file.Layers[0].InFeatures), expected = x;
            foreach (KanLinear layer in file.Layers)
                expected = layer.forward(expected);
            Assert.True(network.forward(x).eq(expected).all().item<bool>());
            Assert.True(expected.isfinite().all().item<bool>());
            file.Save(folder["loaded.safetensors"]);
        }

        AssertSame(first, folder["loaded.safetensors"]);
        using (KanFile again = KanFile.Open(folder["loaded.safetensors"]))
            again.Save(folder["back.pt"]);
        AssertSame(first, folder["back.pt"]);
    }

    [Fact]
    public void A_row_for_all_groups_is_one_until_they_differ()
    {
        using TestFolder folder = new();
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        StateDictionary.SavePyTorch(folder["kat.pt"], Make("KAT feed-forward").Tensors);
        using KanFile file = KanFile.Open(folder["kat.pt"]);
        KanLinear layer = file.Layers[0];
        Tensor numerator = layer.get_parameter("weight_numerator")!;
        Assert.Equal([4L, 6], numerator.shape);
        Assert.True(numerator.eq(numerator[..1]).all().item<bool>());
        Assert.Equal(["mlp.fc1", "mlp.fc2"], file.LayerNames);
        numerator[2, 1] = 7f;
        file.Save(folder["changed.safetensors"]);
        using TensorFile changed = StateDictionary.Load(folder["changed.safetensors"]);
        Assert.Equal([4L, 6], changed["mlp.act1.weight_numerator"].Shape);
        Assert.Equal([1L, 6], changed["mlp.act2.weight_numerator"].Shape);
        using KanFile reread = KanFile.Open(folder["changed.safetensors"]);
        Tensor x = randn(3, 8);
        Assert.True(reread.Layers[0].forward(x).eq(layer.forward(x)).all().item<bool>());
    }

    [Fact]
    public void What_shapes_do_not_tell_is_an_option_and_is_kept()
    {
        using TestFolder folder = new();
        using var scope = NewDisposeScope();
        StateDictionary.SavePyTorch(folder["rbf.pt"], Make("fast-kan layer, plain").Tensors);
        StateDictionary.SavePyTorch(folder["switch.pt"], Make("faster-kan network").Tensors);
        using (KanFile file = KanFile.Open(folder["rbf.pt"], "rbf:denominator=0.3"))
        {
            Assert.Equal(0.3, Assert.IsType<RadialBasisOptions>(file.Layers[0].Options).Denominator);
            file.Save(folder["rbf.safetensors"]);
        }

        using (KanFile file = KanFile.Open(folder["rbf.safetensors"]))
            Assert.Equal(0.3, Assert.IsType<RadialBasisOptions>(file.Layers[0].Options).Denominator);
        using (KanFile file = KanFile.Open(folder["switch.pt"]))
            Assert.Equal(SwitchRule.Program, Assert.IsType<SwitchOptions>(file.Layers[0].Options).Rule);
        using (KanFile file = KanFile.Open(folder["switch.pt"], "switch:rule=exact"))
            Assert.Equal(SwitchRule.Exact, Assert.IsType<SwitchOptions>(file.Layers[1].Options).Rule);
    }

    [Theory]
    [InlineData("grid 4,12", null, "holds no KAN layer")]
    [InlineData("base_weight 5,4;spline_weight 5,4,8;spline_scaler 5,4;grid 4,12;ln.weight 5", null, "'ln.weight'")]
    [InlineData("base_weight 5,4;spline_weight 5,4,8", null, "'grid'")]
    [InlineData("spline_weight 5,4,8;grid 4,8", null, "spline order")]
    [InlineData("spline_weight 5,4,8;grid 3,12", null, "'grid' has shape")]
    [InlineData("base_weight 4,4;spline_weight 5,4,8;grid 4,12", null, "'base_weight' has shape")]
    [InlineData("spline_weight 5,32;grid 4,12", null, "3 dimensions")]
    [InlineData("spline_linear.weight 6,20;rbf.grid 8", null, "8 centres")]
    [InlineData("spline_linear.weight 6,20", null, "'rbf.grid'")]
    [InlineData("spline_linear.weight 6,20;rbf.grid 5;layernorm.weight 4", null, "layernorm.bias")]
    [InlineData("fouriercoeffs 3,3,4,7", null, "'fouriercoeffs' has shape")]
    [InlineData("weight_numerator 4,6;weight_denominator 4,4", null, "0 linear layers")]
    [InlineData("weight_numerator 4,6;weight 5,8", null, "'weight_denominator'")]
    [InlineData("weight_numerator 3,6;weight_denominator 3,4;weight 5,8", null, "3 equal groups")]
    [InlineData("weight_numerator 2,6;weight_denominator 4,4;weight 5,8", null, "'weight_numerator' has shape")]
    [InlineData("a.weight_numerator 4,6;a.weight_denominator 4,4;b.weight 5,8;c.weight 5,5", null, "2 linear layers")]
    [InlineData("cheby_coeffs 4,6,3", "fourier:bias=true", "of the kind fourier")]
    [InlineData("cheby_coeffs 4,6,3", "chebyshev:degree=5", "does not fit 'chebyshev:degree=5'")]
    [InlineData("cheby_coeffs 4,6,3", "chebyshev:oops=5", "no option 'oops'")]
    [InlineData("rbf.grid 5;spline_linear.weight 6,20", "rbf:denominator=-1", "denominator is -1")]
    [InlineData("rbf.grid 5;spline_linear.weight 6,20", "rbf:norm=layer-norm", "lacks 'layernorm.weight'")]
    public void What_is_no_such_file_is_refused_in_a_line(string tensors, string? options, string words)
    {
        using TestFolder folder = new();
        using var scope = NewDisposeScope();
        StateDictionary.SavePyTorch(folder["odd.pt"], Tensors(tensors));
        string message = Assert.Throws<KansformersException>(() => KanFile.Open(folder["odd.pt"], options)).Message;
        Assert.Contains(words, message, StringComparison.Ordinal);
        Assert.Single(message.Split('\n'));
    }

    [Fact]
    public void Layers_that_do_not_follow_one_another_are_no_network()
    {
        using TestFolder folder = new();
        using var scope = NewDisposeScope();
        StateDictionary.SavePyTorch(folder["two.pt"], Tensors("a.cheby_coeffs 4,6,3;b.cheby_coeffs 4,6,3"));
        using KanFile file = KanFile.Open(folder["two.pt"]);
        Assert.Equal(2, file.Layers.Count);
        Assert.Contains("'b' takes 4 inputs", Assert.Throws<KansformersException>(file.ToStack).Message, StringComparison.Ordinal);
        using KanLinear wrong = new(4, 3), other = new(5, 2);
        Assert.Throws<ArgumentException>(() => new KanStack(new[] { wrong, other }));
    }

    [Fact]
    public void Convert_takes_such_files_and_says_what_it_cannot()
    {
        using TestFolder folder = new();
        using var scope = NewDisposeScope();
        (_, List<(string Name, Tensor Tensor)> tensors) = Make("fast-kan network");
        StateDictionary.SavePyTorch(folder["kan.pt"], tensors.Select(entry => (entry.Name, entry.Tensor.to_type(ScalarType.Float64))));
        CliResult result = Cli.Cli.Run("convert", folder["kan.pt"], "--out", folder["kan.safetensors"], "--kan", "rbf:denominator=0.4");
        Assert.True(result.Code == 0, result.Error);
        Assert.Contains($"{tensors.Count} kept", result.Out, StringComparison.Ordinal);
        Assert.Equal(0, Cli.Cli.Run("convert", folder["kan.safetensors"], "--out", folder["back.pt"], "--json").Code);
        AssertSame(tensors.ToDictionary(entry => entry.Name, entry => entry.Tensor.to_type(ScalarType.Float64)), folder["back.pt"]);
        Cli.Cli.AssertFails(1, ["exists already"], "convert", folder["kan.safetensors"], "--out", folder["back.pt"]);
        Cli.Cli.AssertFails(2, ["bare KAN layers", "not to hf"], "convert", folder["kan.pt"], "--out", folder["x"]);
        Cli.Cli.AssertFails(2, ["--heads"], "convert", folder["kan.pt"], "--out", folder["x.pt"], "--heads", "2");
        Cli.Cli.AssertFails(2, ["no option 'oops'"], "convert", folder["kan.pt"], "--out", folder["x.pt"], "--kan", "rbf:oops=1");
        Cli.Cli.AssertFails(1, ["kind switch"], "convert", folder["kan.pt"], "--out", folder["x.pt"], "--kan", "switch");
        Cli.Cli.AssertFails(2, ["--kan is for --to-kan, or for files of bare KAN layers"], "convert", folder["none.pt"], "--out", folder["x.pt"], "--kan", "rbf");
        Assert.False(File.Exists(folder["x.pt"]));
    }

    private static (string Kind, List<(string Name, Tensor Tensor)> Tensors) Make(string program) => (Files[program].Kind, Tensors(Files[program].Tensors));

    private static List<(string, Tensor)> Tensors(string text)
    {
        random.manual_seed(5);
        return [.. text.Split(';').Select(entry => entry.Split(' ')).Select(parts => (parts[0], Values(parts[0], [.. parts[1].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse)])))];
    }

    private static Tensor Values(string name, long[] shape) => name.EndsWith("grid", StringComparison.Ordinal) ? linspace(-2, 2, shape[^1]).expand(shape).contiguous()
        : name.EndsWith("arange", StringComparison.Ordinal) ? arange(shape[0], ScalarType.Int64)
        : name.EndsWith("inv_denominator", StringComparison.Ordinal) ? tensor(0.7f)
        : randn(shape);

    private static void AssertSame(Dictionary<string, Tensor> expected, string path)
    {
        using TensorFile file = StateDictionary.Load(path);
        Assert.Equal(expected.Keys.Order(), file.Tensors.Select(tensor => tensor.Name).Order());
        foreach (StoredTensor tensor in file.Tensors)
        {
            using Tensor read = StateDictionary.ToTensor(tensor);
            Assert.Equal((tensor.Name, expected[tensor.Name].dtype), (tensor.Name, read.dtype));
            Assert.Equal(expected[tensor.Name].shape, read.shape);
            Assert.True(expected[tensor.Name].eq(read).all().item<bool>(), tensor.Name);
        }
    }
}
