using Kansformers.Checkpoints;
using Kansformers.Inspection;

namespace Kansformers.Tests.Inspection;

public class KanNetworkFileTests
{
    [Fact]
    public void A_file_keeps_everything()
    {
        using TestFolder folder = new();
        KanNetwork network = KanNetworkTests.Make("formulas", 4, 2);
        network.InputScaling = [new ColumnScaling("length", 2, 3), new ColumnScaling("width", -1, 0.5)];
        network.TargetScaling = [new ColumnScaling("a", 1, 2), new ColumnScaling("b", 0, 10)];
        Samples x = Tables.Random(30, 2, 1);
        network.Regrid(x);
        network = network.WithNodes([[1], [0, 1, 2], [0, 1]]);
        network.Save(folder["network.safetensors"]);
        KanNetwork loaded = KanNetwork.Load(folder["network.safetensors"]);
        Assert.Equal(network.Options, loaded.Options);
        Assert.Equal([1], loaded.InputColumns);
        Assert.Equal(0, Tables.Distance(network.Forward(x), loaded.Forward(x)));
        Assert.Equal(0, Tables.Distance(network.Predict(x), loaded.Predict(x)));
        Assert.Equal(10 * network.Forward(Samples.OfColumns([(x[0, 0] - 2) / 3], [(x[0, 1] + 1) / 0.5]))[0, 1], network.Predict(x)[0, 1], 1e-12);
        Assert.Equal("x^2", loaded.Layers[0].FormulaOf(2, 0)!.Function.Name);
        // And it goes on from there as the other does.
        Samples y = Tables.Random(30, 2, 2);
        network.Fit(new FitData(x, y), new FitOptions { Steps = 2 });
        loaded.Fit(new FitData(x, y), new FitOptions { Steps = 2 });
        Assert.Equal(0, Tables.Distance(network.Forward(x), loaded.Forward(x)));
    }

    [Theory]
    [InlineData("model_state")]
    [InlineData("model.safetensors")]
    public void Pykans_state_dictionary_is_written_and_read(string name)
    {
        using TestFolder folder = new();
        KanNetwork network = KanNetworkTests.Make(name == "model_state" ? "formulas" : "products", 3, 3);
        network.SavePykan(folder[name]);
        KanNetwork loaded = KanNetwork.LoadPykan(folder[name], name == "model_state" ? null : network.Options);
        Samples x = Tables.Random(30, 2, 1);
        Assert.Equal(network.Options.Widths, loaded.Options.Widths);
        Assert.Equal(0, Tables.Distance(network.Forward(x), loaded.Forward(x)));
        using TensorFile file = StateDictionary.Load(folder[name]);
        Assert.Equal([2L, network.Layers[0].Subnodes, 6], file["act_fun.0.coef"].Shape);
    }

    [Fact]
    public void What_is_missing_or_does_not_fit_is_told()
    {
        using TestFolder folder = new();
        KanNetwork network = KanNetworkTests.Make("formulas", 3, 3);
        string path = folder["network.safetensors"];
        network.SavePykan(path);
        Assert.Contains("has a formula", Assert.Throws<KansformersException>(() => KanNetwork.LoadPykan(path)).Message, StringComparison.Ordinal);
        Assert.Contains("holds no KAN network", Assert.Throws<KansformersException>(() => KanNetwork.Load(path)).Message, StringComparison.Ordinal);
        KanNetwork plain = KanNetworkTests.Make("plain", 3, 3);
        plain.SavePykan(path);
        Assert.Contains("layers", Assert.Throws<KansformersException>(() => KanNetwork.LoadPykan(path, new KanNetworkOptions { Widths = [2, 5, 1, 1] })).Message, StringComparison.Ordinal);
        StoredTensor[] tensors = [.. PykanState.Write(plain).Where(tensor => tensor.Name != "act_fun.1.mask")];
        StateDictionary.Save(path, tensors);
        Assert.Contains("act_fun.1.mask", Assert.Throws<KansformersException>(() => KanNetwork.LoadPykan(path)).Message, StringComparison.Ordinal);
        plain.Layers[0].BaseScale[0] = double.NaN;
        StateDictionary.Save(path, PykanState.Write(plain));
        Assert.Contains("no number", Assert.Throws<KansformersException>(() => KanNetwork.LoadPykan(path)).Message, StringComparison.Ordinal);
    }
}
