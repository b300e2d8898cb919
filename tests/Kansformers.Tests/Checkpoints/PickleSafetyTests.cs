using Kansformers.Checkpoints;

namespace Kansformers.Tests.Checkpoints;

public class PickleSafetyTests
{
    [Theory]
    [InlineData("os", "system")]
    [InlineData("posix", "system")]
    [InlineData("nt", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("__builtin__", "exec")]
    [InlineData("builtins", "getattr")]
    [InlineData("subprocess", "Popen")]
    [InlineData("torch.storage", "_load_from_bytes")]
    [InlineData("torch", "load")]
    [InlineData("torch.hub", "load")]
    [InlineData("numpy.core.multiarray", "scalar")]
    [InlineData("collections", "OrderedDict.__class__")]
    [InlineData("__main__", "Model")]
    public void A_class_that_is_not_on_the_list_is_refused_by_name_and_not_executed(string module, string name)
    {
        using TestFolder folder = new();
        string witness = folder["executed"];
        Action<PickleEmitter> argument = to => to.Text($"touch '{witness}'");
        PickleEmitter stackGlobal = new();
        stackGlobal.Raw(0x80, 4).Text(module).Text(name).Raw(0x93).Tuple(argument).Raw((byte)'R');
        byte[][] pickles =
        [
            PickleEmitter.Of(to => to.Call(module, name, argument)),
            PickleEmitter.Of(to => to.Dictionary(("w", v => v.Global(module, name).Tuple(argument).Raw(0x81)))),
            PickleEmitter.Of(to => to.Raw((byte)'(').Text("x").Raw((byte)'i').Raw(System.Text.Encoding.UTF8.GetBytes($"{module}\n{name}\n"))),
            PickleEmitter.Of(to => to.Raw((byte)'(').Global(module, name).Text("x").Raw((byte)'o')),
            stackGlobal.Stop(),
        ];
        foreach (byte[] pickle in pickles)
        {
            foreach (byte[] file in new[] { PyTorchFiles.Archive(pickle), PyTorchFiles.Legacy(pickle, true) })
            {
                Assert.Contains(
                    $"refused: the file asks for '{module}.{name}', which is not on the list of classes that a checkpoint may hold; nothing was executed",
                    CheckpointFiles.Refusal(file),
                    StringComparison.Ordinal);
            }
        }

        Assert.False(File.Exists(witness));
    }

    [Fact]
    public void A_hostile_name_cannot_break_the_message()
    {
        byte[] pickle = PickleEmitter.Of(to => to.Raw(0x8c, 4).Raw("os\r\n"u8.ToArray()).Text(new string('x', 5000) + "\u001b[31m").Raw(0x93));
        string message = CheckpointFiles.Refusal(PyTorchFiles.Archive(pickle));
        Assert.Contains("'os??.xxx", message, StringComparison.Ordinal);
        Assert.True(message.Length < 500);
        Assert.DoesNotContain(message, char.IsControl);
    }

    [Theory]
    [InlineData(150, true)]
    [InlineData(1000, false)]
    [InlineData(1_000_000, false)]
    public void Nesting_is_bounded(int depth, bool allowed)
    {
        PickleEmitter nested = new();
        nested.Raw((byte)'}').Text("deep").Raw(new byte[depth].Select(_ => (byte)')').Take(1).ToArray());
        nested.Raw([.. Enumerable.Repeat((byte)0x85, depth)]).Raw((byte)'s');
        nested.Text("w").Tensor("FloatStorage", "0", 1, 0, [1], [1]).Raw((byte)'s');
        byte[] file = PyTorchFiles.Archive(nested.Stop(), ("data/0", new byte[4]));
        if (allowed)
        {
            using TestFolder folder = new();
            using TensorFile opened = StateDictionary.Load(folder.Write("a.pt", file));
            Assert.Single(opened.Tensors);
        }
        else
        {
            string message = CheckpointFiles.Refusal(file);
            Assert.True(message.Contains("nested deeper than 200", StringComparison.Ordinal) || message.Contains("million steps", StringComparison.Ordinal), message);
        }
    }

    [Fact]
    public void A_list_that_contains_itself_is_refused()
    {
        byte[] pickle = PickleEmitter.Of(to => to.Raw((byte)']', (byte)'q', 0, (byte)'h', 0, (byte)'a'));
        Assert.Contains("contains itself", CheckpointFiles.Refusal(PyTorchFiles.Archive(pickle)), StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_that_double_at_each_level_cost_nothing()
    {
        // A hundred levels, each holding the one below twice: 2^100 leaves if anybody walked them all.
        PickleEmitter pickle = new();
        pickle.Raw((byte)'}').Text("bomb").Raw((byte)')');
        for (int i = 0; i < 100; i++)
            pickle.Raw((byte)'2', 0x86);
        pickle.Raw((byte)'s').Text("w").Tensor("FloatStorage", "0", 1, 0, [1], [1]).Raw((byte)'s');
        using TestFolder folder = new();
        using TensorFile file = StateDictionary.Load(folder.Write("a.pt", PyTorchFiles.Archive(pickle.Stop(), ("data/0", new byte[4]))));
        Assert.Single(file.Tensors);
    }

    [Fact]
    public void Work_and_memory_are_bounded()
    {
        // Each of these few bytes asks for much more memory than it takes in the file.
        string megabyte = new('x', 1 << 20);
        PickleEmitter encodings = new();
        encodings.Global("_codecs", "encode").Raw((byte)'q', 0).Text(megabyte).Text("latin1").Raw(0x86, (byte)'q', 1);
        for (int i = 0; i < 100_000; i++)
            encodings.Raw((byte)'h', 0, (byte)'h', 1, (byte)'R', (byte)'0');
        byte[] containers = [.. Enumerable.Repeat((byte)'}', 4_000_000)];
        byte[] memo = [(byte)'N', .. Enumerable.Repeat((byte)0x94, 9_000_000)];
        foreach (byte[] pickle in new[] { encodings.Stop(), containers, memo })
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            string message = CheckpointFiles.Refusal(PyTorchFiles.Archive(pickle));
            Assert.Contains("million steps", message, StringComparison.Ordinal);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1L << 30);
        }
    }

    [Theory]
    [InlineData(new byte[] { (byte)'X', 255, 255, 255, 127 }, "announces a value of 2147483647 bytes")]
    [InlineData(new byte[] { 0x8d, 255, 255, 255, 255, 255, 255, 255, 255 }, "announces a value of -1 bytes")]
    [InlineData(new byte[] { (byte)'0' }, "takes a value where there is none")]
    [InlineData(new byte[] { (byte)'N', (byte)'(', (byte)'2' }, "takes a value where there is none")]
    [InlineData(new byte[] { (byte)'t' }, "a mark that it never set")]
    [InlineData(new byte[] { (byte)'h', 9 }, "refers to a value (9) that it never stored")]
    [InlineData(new byte[] { (byte)'N', (byte)'N', (byte)'a' }, "appends to something that is not a list")]
    [InlineData(new byte[] { (byte)'N', (byte)'N', (byte)'N', (byte)'s' }, "sets an item of something that is not a dictionary")]
    [InlineData(new byte[] { (byte)'}', (byte)']', (byte)'N', (byte)'s' }, "a key that is neither")]
    [InlineData(new byte[] { (byte)'N', (byte)')', (byte)'R' }, "calls something that is not a class")]
    [InlineData(new byte[] { (byte)'N', (byte)'N', (byte)'b' }, "gives attributes")]
    [InlineData(new byte[] { (byte)'N', (byte)'Q' }, "a storage is named in an unknown way")]
    [InlineData(new byte[] { 0x82, 1 }, "instruction 0x82")]
    [InlineData(new byte[] { 0x80, 9 }, "pickle protocol 9")]
    [InlineData(new byte[] { 0x8c, 1, 0xff }, "not valid UTF-8")]
    [InlineData(new byte[] { (byte)'c', (byte)'o' }, "a class name does not end")]
    public void A_malformed_pickle_is_refused(byte[] instructions, string expected) =>
        Assert.Contains(expected, CheckpointFiles.Refusal(PyTorchFiles.Archive(PickleEmitter.Of(to => to.Raw(instructions)))), StringComparison.Ordinal);

    [Fact]
    public void A_class_as_a_value_is_refused() =>
        Assert.Contains(
            "holds a class",
            CheckpointFiles.Refusal(PyTorchFiles.Archive(PickleEmitter.Of(to => to.Dictionary(("a", v => v.Global("torch", "Size")))))),
            StringComparison.Ordinal);
}
