using System.Diagnostics;
using Kansformers.Checkpoints;
using static TorchSharp.torch;

namespace Kansformers.Tests.Checkpoints;

public class PyTorchWriterTests
{
    [Theory]
    [InlineData("mingpt_gpt_small/model.pt")]
    [InlineData("mingpt_gpt_small/model.safetensors")]
    public void A_file_that_was_read_and_written_again_holds_the_same(string name)
    {
        using TestFolder folder = new();
        using TensorFile before = StateDictionary.Load(CheckpointFiles.Fixture(name.Split('/')));
        StateDictionary.SavePyTorch(folder["again.pt"], before.Tensors);
        using TensorFile after = StateDictionary.Load(folder["again.pt"]);
        Assert.Equal(TensorFileFormat.PyTorchArchive, after.Format);
        Assert.Equal(before.Tensors.Select(tensor => tensor.Name), after.Tensors.Select(tensor => tensor.Name));
        CheckpointFiles.AssertSame(before, after);
    }

    [Fact]
    public void Every_golden_file_comes_through()
    {
        string golden = SharedFolder.Require("golden");
        using TestFolder folder = new();
        string[] paths = [.. Directory.EnumerateFiles(golden, "*", SearchOption.AllDirectories).Where(path => Path.GetExtension(path) is ".pt" or ".bin" or ".safetensors")];
        Assert.True(paths.Length > 20);
        foreach (string path in paths)
        {
            using TensorFile before = StateDictionary.Load(path);
            StateDictionary.SavePyTorch(folder["again.pt"], before.Tensors);
            using (TensorFile after = StateDictionary.Load(folder["again.pt"]))
                CheckpointFiles.AssertSame(before, after);
            StateDictionary.Save(folder["again.safetensors"], before.Tensors, before.Metadata);
            using (TensorFile after = StateDictionary.Load(folder["again.safetensors"]))
            {
                CheckpointFiles.AssertSame(before, after);
                Assert.Equal(before.Metadata, after.Metadata);
            }
        }
    }

    [Fact]
    public void Nested_values_keep_their_types()
    {
        byte[] pickle = PickleEmitter.Of(to => to.Dictionary(
            ("model", v => v.Dictionary(("w", t => t.Tensor("HalfStorage", "0", 2, 0, [2], [1])))),
            ("numbers", v => v.List(i => i.Number(-1), i => i.Number(300), i => i.Number(1L << 40), i => i.Number(System.Numerics.BigInteger.Pow(-2, 71)), i => i.Numbers(1, 2))),
            ("loss", v => v.Float(0.1)),
            ("done", v => v.Raw(0x88)),
            ("nothing", v => v.Raw((byte)'N')),
            ("bytes", v => v.Call("_codecs", "encode", a => a.Text("a\u00ff"), a => a.Text("latin1")))));
        using TestFolder folder = new();
        using TensorFile before = StateDictionary.Load(folder.Write("model.pt", PyTorchFiles.Archive(pickle, ("data/0", PyTorchFiles.Bytes((Half)1.5, (Half)(-2))))));
        StateDictionary.SavePyTorch(folder["again.pt"], before.Content!);
        using TensorFile after = StateDictionary.Load(folder["again.pt"]);
        Assert.Equal("model", after.FoundUnder);
        Same(before.Content, after.Content);
    }

    [Fact]
    public void The_nested_golden_checkpoint_comes_through()
    {
        using TestFolder folder = new();
        using TensorFile before = StateDictionary.Load(SharedFolder.Require("golden", "nested_checkpoint.pt"));
        StateDictionary.SavePyTorch(folder["again.pt"], before.Content!);
        using TensorFile after = StateDictionary.Load(folder["again.pt"]);
        Same(before.Content, after.Content);
    }

    [Fact]
    public void Tied_tensors_are_written_once_and_the_same_values_give_the_same_bytes()
    {
        using var scope = NewDisposeScope();
        using TestFolder folder = new();
        Tensor weight = randn(300, 40), turned = weight.t();
        (string, Tensor)[] tensors = [("a", weight), ("b", weight), ("turned", turned), ("none", zeros(0, 3)), ("scalar", tensor(2.5)), ("flag", tensor(true))];
        StateDictionary.SavePyTorch(folder["one.pt"], tensors);
        StateDictionary.SavePyTorch(folder["two.pt"], tensors);
        Assert.Equal(File.ReadAllBytes(folder["one.pt"]), File.ReadAllBytes(folder["two.pt"]));
        Assert.InRange(new FileInfo(folder["one.pt"]).Length, 2 * 48_000, 2 * 48_000 + 4000);
        using TensorFile file = StateDictionary.Load(folder["one.pt"]);
        foreach ((string name, Tensor expected) in tensors)
            Assert.True(StateDictionary.ToTensor(file[name]).equal(expected).all().item<bool>(), name);
    }

    [Fact]
    public void Two_tensors_of_one_name_are_refused()
    {
        using TestFolder folder = new();
        StoredTensor one = StoredTensor.Create("a", StoredType.U8, [1], new byte[1]);
        Assert.Throws<ArgumentException>(() => StateDictionary.SavePyTorch(folder["x.pt"], [one, one]));
        Assert.False(File.Exists(folder["x.pt"]));
    }

    [Fact]
    public void PyTorch_loads_what_was_written()
    {
        using TestFolder folder = new();
        using TensorFile source = StateDictionary.Load(CheckpointFiles.Fixture("mingpt_gpt_small", "model.pt"));
        StateDictionary.SavePyTorch(folder["ours.pt"], source.Tensors);
        const string program = """
            import sys, torch
            ours = torch.load(sys.argv[1], map_location='cpu'); theirs = torch.load(sys.argv[2], map_location='cpu')
            assert list(ours) == list(theirs), 'names'
            assert all(torch.equal(ours[n], theirs[n]) and ours[n].dtype == theirs[n].dtype for n in theirs), 'values'
            print('same', len(ours))
            """;
        string? output = Run("python3") ?? Run("/usr/bin/python3");
        Assert.SkipWhen(output is null, "needs python3 with torch (Debian: python3-torch)");
        Assert.Equal($"same {source.Tensors.Length}", output!.Trim());

        // Null where there is no such Python, or it has no torch.
        string? Run(string python)
        {
            try
            {
                using Process process = Process.Start(new ProcessStartInfo(python, ["-c", program, folder["ours.pt"], source.Path]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
                string error = process.StandardError.ReadToEnd(), result = process.StandardOutput.ReadToEnd();
                process.WaitForExit();
                return error.Contains("No module named 'torch'", StringComparison.Ordinal) ? null : result + error;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return null;
            }
        }
    }

    private static void Same(object? expected, object? found)
    {
        switch (expected)
        {
            case PickleDictionary pairs:
                PickleDictionary others = Assert.IsType<PickleDictionary>(found);
                Assert.Equal(pairs.Select(pair => pair.Key), others.Select(pair => pair.Key));
                foreach ((object key, object? value) in pairs)
                {
                    Assert.True(others.TryGet(key, out object? other));
                    Same(value, other);
                }

                break;
            case PickleList items:
                PickleList list = Assert.IsType<PickleList>(found);
                Assert.Equal((items.IsTuple, items.Count), (list.IsTuple, list.Count));
                for (int at = 0; at < items.Count; at++)
                    Same(items[at], list[at]);
                break;
            case StoredTensor tensor:
                StoredTensor same = Assert.IsType<StoredTensor>(found);
                Assert.Equal((tensor.Type, tensor.ToString()), (same.Type, same.ToString()));
                Assert.Equal(tensor.ToArray(), same.ToArray());
                break;
            default:
                Assert.Equal(expected, found);
                break;
        }
    }
}
