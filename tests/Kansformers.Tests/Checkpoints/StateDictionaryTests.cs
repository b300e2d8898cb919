using Kansformers.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Checkpoints;

public class StateDictionaryTests
{
    [Fact]
    public void Tensors_of_every_type_and_layout_survive_a_file()
    {
        using DisposeScope scope = NewDisposeScope();
        using TestFolder folder = new();
        ScalarType[] types =
        [
            ScalarType.Float16, ScalarType.BFloat16, ScalarType.Float32, ScalarType.Float64, ScalarType.Int8,
            ScalarType.Byte, ScalarType.Int16, ScalarType.Int32, ScalarType.Int64, ScalarType.Bool,
        ];
        Tensor values = arange(24, dtype: ScalarType.Float32).reshape(2, 3, 4);
        List<(string Name, Tensor Tensor)> tensors = [.. types.Select(type => ($"of {type}", values.to(type)))];
        tensors.Add(("transposed", values.transpose(0, 2)));
        tensors.Add(("sliced", values.slice(2, 1, 4, 2)));
        tensors.Add(("expanded", values.slice(0, 0, 1, 1).expand(5, 3, 4)));
        tensors.Add(("scalar", tensor(2.5)));
        tensors.Add(("empty", zeros(0, 4)));
        tensors.Add(("parameter", nn.Parameter(values.clone())));
        string path = folder["a.safetensors"];
        StateDictionary.Save(path, tensors, new Dictionary<string, string> { ["format"] = "pt" });

        using TensorFile file = StateDictionary.Load(path);
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal(tensors.Count, file.Tensors.Length);
        foreach ((string name, Tensor expected) in tensors)
        {
            Tensor actual = StateDictionary.ToTensor(file[name]);
            Assert.Equal(expected.dtype, actual.dtype);
            Assert.Equal(expected.shape, actual.shape);
            Assert.True(expected.equal(actual).all().item<bool>(), name);
        }

        Tensor converted = StateDictionary.ToTensor(file["of BFloat16"], CPU, ScalarType.Float64);
        Assert.Equal(ScalarType.Float64, converted.dtype);
        Assert.Equal(276.0, converted.sum().item<double>());
    }

    [Fact]
    public void A_tensor_outlives_its_file_and_nothing_leaks()
    {
        string path = CheckpointFiles.Fixture("mingpt_gpt_small", "model.safetensors");
        Tensor first;
        using (TensorFile file = StateDictionary.Load(path))
            first = StateDictionary.ToTensor(file["transformer.wte.weight"], type: ScalarType.Float32);
        using TensorFile again = StateDictionary.Load(path);
        Assert.Equal(again["transformer.wte.weight"].ToArray<float>(), first.data<float>().ToArray());
        first.Dispose();

        using DisposeScope scope = NewDisposeScope();
        StateDictionary.ToTensor(again["transformer.wte.weight"], type: ScalarType.Float64);
        Assert.Equal(1, scope.DisposablesCount);
    }

    [Fact]
    public void A_complex_tensor_cannot_be_saved_and_is_named()
    {
        using TestFolder folder = new();
        using Tensor complex = zeros(2, dtype: ScalarType.ComplexFloat32);
        KansformersException failure = Assert.Throws<KansformersException>(() => StateDictionary.Save(folder["a"], [("z", complex)]));
        Assert.Contains("tensor 'z' has type ComplexFloat32", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parameters_and_buffers_take_the_values_of_the_file_converted_to_their_types()
    {
        using DisposeScope scope = NewDisposeScope();
        using TestFolder folder = new();
        using nn.Module source = Model(3), target = Model(3);
        StateDictionary.Save(
            folder["a.safetensors"],
            source.state_dict().Select(pair => (pair.Key, pair.Value.is_floating_point() ? pair.Value.to(ScalarType.BFloat16) : pair.Value)));
        using TensorFile file = StateDictionary.Load(folder["a.safetensors"]);
        LoadReport report = StateDictionary.LoadInto(target, file);
        Assert.Equal((7, 6), (report.Loaded, report.Converted));
        Assert.Empty(report.Missing);
        Assert.Empty(report.Unexpected);
        foreach ((string name, Tensor value) in target.state_dict())
        {
            Tensor expected = source.state_dict()[name];
            Assert.Equal(expected.dtype, value.dtype);
            Assert.True(expected.to(ScalarType.BFloat16).equal(value.to(ScalarType.BFloat16)).all().item<bool>(), name);
        }

        Assert.All(target.parameters(), parameter => Assert.True(parameter.requires_grad && parameter.is_leaf));
    }

    [Fact]
    public void Every_bit_of_a_file_of_the_same_type_arrives()
    {
        using DisposeScope scope = NewDisposeScope();
        using TestFolder folder = new();
        using nn.Module source = Model(3), target = Model(3);
        StateDictionary.Save(folder["1"], source.state_dict().Select(pair => (pair.Key, pair.Value)));
        using (TensorFile file = StateDictionary.Load(folder["1"]))
            StateDictionary.LoadInto(target, file);
        StateDictionary.Save(folder["2"], target.state_dict().Select(pair => (pair.Key, pair.Value)));
        Assert.Equal(File.ReadAllBytes(folder["1"]), File.ReadAllBytes(folder["2"]));
    }

    [Fact]
    public void A_file_that_does_not_fit_is_told_in_one_message_and_changes_nothing()
    {
        using DisposeScope scope = NewDisposeScope();
        using TestFolder folder = new();
        using nn.Module target = Model(3);
        Dictionary<string, byte[]> before = Snapshot(target);
        StateDictionary.Save(
            folder["a"],
            [("linear.bias", ones(4)), ("linear.weight", ones(4, 5)), ("norm.weight", ones(4)), ("norm.bias", ones(4)), ("norm.running_mean", ones(4)), ("extra", ones(1))]);
        using TensorFile file = StateDictionary.Load(folder["a"]);
        KansformersException failure = Assert.Throws<KansformersException>(() => StateDictionary.LoadInto(target, file));
        Assert.Equal(
            $"'{folder["a"]}' does not fit the model: tensor 'linear.weight' has shape (4, 5) in the file, the model needs (4, 3); "
            + "the file lacks 2 tensors of the model: 'norm.running_var', 'norm.num_batches_tracked'; the model does not know 1 tensor of the file: 'extra'",
            failure.Message);
        Assert.Equal(before, Snapshot(target));
    }

    [Fact]
    public void A_long_list_of_problems_is_cut_and_counted()
    {
        using DisposeScope scope = NewDisposeScope();
        using TestFolder folder = new();
        StateDictionary.Save(folder["a"], Enumerable.Range(10, 20).Select(i => ($"extra{i}", ones(1))));
        using TensorFile file = StateDictionary.Load(folder["a"]);
        using nn.Module target = Model(3);
        string message = Assert.Throws<KansformersException>(() => StateDictionary.LoadInto(target, file)).Message;
        Assert.Contains("'extra17' and 12 more", message, StringComparison.Ordinal);
        Assert.DoesNotContain("extra18", message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_may_be_missing_or_left_over_is_reported()
    {
        using DisposeScope scope = NewDisposeScope();
        using TestFolder folder = new();
        using nn.Module target = Model(3);
        StateDictionary.Save(folder["a"], [("linear.weight", full([4, 3], 7f)), ("extra", ones(1))]);
        using TensorFile file = StateDictionary.Load(folder["a"]);
        LoadReport report = StateDictionary.LoadInto(target, file, new LoadOptions
        {
            AllowMissing = name => name.StartsWith("norm.", StringComparison.Ordinal) || name == "linear.bias",
            AllowUnexpected = name => name == "extra",
        });
        Assert.Equal(1, report.Loaded);
        Assert.Equal(6, report.Missing.Length);
        Assert.Equal(["extra"], report.Unexpected);
        Assert.Equal(84f, target.state_dict()["linear.weight"].sum().item<float>());
    }

    [Fact]
    public void A_corrupted_archive_changes_nothing()
    {
        // The last storage of the file is damaged: the ones before it must not have been loaded either.
        using DisposeScope scope = NewDisposeScope();
        using TestFolder folder = new();
        using nn.Module target = nn.Sequential(("a", nn.Linear(2, 2, hasBias: false)), ("b", nn.Linear(2, 2, hasBias: false)));
        byte[] pickle = PickleEmitter.Of(to => to.Dictionary(
            ("a.weight", v => v.Tensor("FloatStorage", "0", 4, 0, [2, 2], [2, 1])),
            ("b.weight", v => v.Tensor("FloatStorage", "1", 4, 0, [2, 2], [1, 2]))));
        byte[] last = PyTorchFiles.Bytes(5f, 6f, 7f, 8f);
        byte[] bytes = PyTorchFiles.Archive(pickle, ("data/0", PyTorchFiles.Bytes(1f, 2f, 3f, 4f)), ("data/1", last));
        Dictionary<string, byte[]> before = Snapshot(target);
        byte[] damaged = [.. bytes];
        damaged[bytes.AsSpan().IndexOf(last) + 2] ^= 1;
        using (TensorFile file = StateDictionary.Load(folder.Write("bad.pt", damaged)))
            Assert.Contains("CRC-32", Assert.Throws<KansformersException>(() => StateDictionary.LoadInto(target, file)).Message, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot(target));

        using (TensorFile file = StateDictionary.Load(folder.Write("good.pt", bytes)))
            StateDictionary.LoadInto(target, file);
        Assert.Equal([5f, 7f, 6f, 8f], target.state_dict()["b.weight"].data<float>().ToArray());
    }

    private static TorchSharp.Modules.Sequential Model(long inputs) =>
        nn.Sequential(("linear", nn.Linear(inputs, 4)), ("norm", nn.BatchNorm1d(4)));

    private static Dictionary<string, byte[]> Snapshot(nn.Module module) =>
        module.state_dict().ToDictionary(pair => pair.Key, pair => pair.Value.detach().contiguous().bytes.ToArray());
}
