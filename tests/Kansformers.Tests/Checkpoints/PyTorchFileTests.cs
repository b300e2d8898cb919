using System.IO.Compression;
using System.Numerics;
using Kansformers.Checkpoints;

namespace Kansformers.Tests.Checkpoints;

public class PyTorchFileTests
{
    private static readonly byte[] SixFloats = PyTorchFiles.Bytes(0f, 1f, 2f, 3f, 4f, 5f);

    [Fact]
    public void Views_of_one_storage_are_read_row_major()
    {
        byte[] pickle = PickleEmitter.Of(to => to.Dictionary(
            ("whole", v => v.Tensor("FloatStorage", "0", 6, 0, [2, 3], [3, 1])),
            ("transposed", v => v.Tensor("FloatStorage", "0", 6, 0, [3, 2], [1, 3])),
            ("column", v => v.Tensor("FloatStorage", "0", 6, 1, [2], [3])),
            ("expanded", v => v.Tensor("FloatStorage", "0", 6, 4, [2, 2], [0, 1])),
            ("scalar", v => v.Tensor("FloatStorage", "0", 6, 5, [], [])),
            ("none", v => v.Tensor("FloatStorage", "0", 6, 0, [0, 3], [3, 1])),
            ("parameter", v => v.Call("torch._utils", "_rebuild_parameter", a => a.Tensor("FloatStorage", "0", 6, 0, [3], [2]), a => a.Raw(0x88), a => a.Call("collections", "OrderedDict")))));
        using TestFolder folder = new();
        foreach (byte[] bytes in new[] { PyTorchFiles.Archive(pickle, ("data/0", SixFloats)), PyTorchFiles.Legacy(pickle, true, ("0", 6, SixFloats)) })
        {
            using TensorFile file = StateDictionary.Load(folder.Write("model.pt", bytes));
            Assert.Null(file.FoundUnder);
            Assert.Equal(["whole", "transposed", "column", "expanded", "scalar", "none", "parameter"], file.Tensors.Select(tensor => tensor.Name));
            Assert.Equal([0f, 1, 2, 3, 4, 5], file["whole"].ToArray<float>());
            Assert.Equal([0f, 3, 1, 4, 2, 5], file["transposed"].ToArray<float>());
            Assert.Equal([1f, 4], file["column"].ToArray<float>());
            Assert.Equal([4f, 5, 4, 5], file["expanded"].ToArray<float>());
            Assert.Equal([5f], file["scalar"].ToArray<float>());
            Assert.Equal([0, 3], file["none"].Shape);
            Assert.Empty(file["none"].ToArray<float>());
            Assert.Equal([0f, 2, 4], file["parameter"].ToArray<float>());
        }
    }

    [Fact]
    public void Plain_values_keep_their_types_and_the_state_dictionary_is_found()
    {
        byte[] pickle = PickleEmitter.Of(to => to.Dictionary(
            ("model_state_dict", v => v.Dictionary(("w", t => t.Tensor("HalfStorage", "0", 2, 0, [2], [1])), ("note", t => t.Text("not a tensor")))),
            ("step", v => v.Number(7)),
            ("large", v => v.Number(BigInteger.Pow(2, 70))),
            ("loss", v => v.Float(0.25)),
            ("done", v => v.Raw(0x88)),
            ("nothing", v => v.Raw((byte)'N')),
            ("list", v => v.List(i => i.Number(-1), i => i.Numbers(1, 2))),
            ("size", v => v.Call("torch", "Size", a => a.Numbers(3, 4))),
            ("type", v => v.Global("torch", "bfloat16")),
            ("device", v => v.Call("torch", "device", a => a.Text("cuda"), a => a.Number(1))),
            ("set", v => v.Call("__builtin__", "set", a => a.List(i => i.Number(5)))),
            ("bytes", v => v.Call("_codecs", "encode", a => a.Text("a\u00ff"), a => a.Text("latin1")))));
        using TestFolder folder = new();
        using TensorFile file = StateDictionary.Load(folder.Write("model.pt", PyTorchFiles.Archive(pickle, ("data/0", PyTorchFiles.Bytes((Half)1.5, (Half)(-2))), ("byteorder", "little"u8.ToArray()))));
        Assert.Equal("model_state_dict", file.FoundUnder);
        Assert.Equal([(Half)1.5, (Half)(-2)], Assert.Single(file.Tensors).ToArray<Half>());
        Assert.Equal(7L, Value("step"));
        Assert.Equal(BigInteger.Pow(2, 70), Value("large"));
        Assert.Equal(0.25, Value("loss"));
        Assert.Equal(true, Value("done"));
        Assert.Null(Value("nothing"));
        Assert.Equal([1L, 2L], Assert.IsType<PickleList>(Assert.IsType<PickleList>(Value("list"))[1]));
        Assert.Equal([3L, 4L], Assert.IsType<PickleList>(Value("size")));
        Assert.Equal("torch.bfloat16", Value("type"));
        Assert.Equal("cuda:1", Value("device"));
        Assert.Equal([5L], Assert.IsType<PickleList>(Value("set")));
        Assert.Equal([(byte)'a', 0xff], Assert.IsType<byte[]>(Value("bytes")));

        object? Value(string key)
        {
            Assert.True(file.Content!.TryGet(key, out object? value));
            return value;
        }
    }

    [Fact]
    public void An_archive_with_a_directory_of_64_bits_is_read()
    {
        byte[] bytes = PyTorchFiles.Archive64(OneTensor(6, 0, [6], [1]), ("data/0", SixFloats));
        using (System.IO.Compression.ZipArchive check = new(new MemoryStream(bytes)))
            Assert.Equal(["model/data.pkl", "model/data/0"], check.Entries.Select(entry => entry.FullName));
        using TestFolder folder = new();
        using TensorFile file = StateDictionary.Load(folder.Write("model.pt", bytes));
        Assert.Equal([0f, 1, 2, 3, 4, 5], file["w"].ToArray<float>());
        Assert.Contains("zip64 directory", CheckpointFiles.Refusal([.. bytes[..^42], .. new byte[20], .. bytes[^22..]]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_pickle_of_protocol_4_is_read()
    {
        // FRAME, SHORT_BINUNICODE, MEMOIZE, STACK_GLOBAL, EMPTY_SET, ADDITEMS, FROZENSET, BINBYTES8 and the like.
        PickleEmitter pickle = new();
        pickle.Raw(0x80, 4, 0x95).Raw(new byte[8]).Raw((byte)'}', 0x94, (byte)'(');
        Short("w").Raw(0x94).Tensor("LongStorage", "0", 1, 0, [], []);
        Short("class");
        Short("torch");
        Short("float32").Raw(0x93);
        Short("set").Raw(0x8f, (byte)'(', (byte)'K', 3, 0x90);
        Short("frozen").Raw((byte)'(', (byte)'K', 4, 0x91);
        Short("bytes").Raw(0x8e).Raw(BitConverter.GetBytes(2L)).Raw(8, 9);
        Short("again").Raw((byte)'h', 1).Raw((byte)'u');
        using TestFolder folder = new();
        using TensorFile file = StateDictionary.Load(folder.Write("model.pt", PyTorchFiles.Archive(pickle.Stop(), ("data/0", PyTorchFiles.Bytes(42L)))));
        Assert.Equal([42L], file["w"].ToArray<long>());
        Assert.Equal(["w", "class", "set", "frozen", "bytes", "again"], file.Content!.Select(pair => pair.Key));
        Assert.True(file.Content!.TryGet("again", out object? again));
        Assert.Equal("w", again);
        Assert.True(file.Content!.TryGet("frozen", out object? frozen));
        Assert.Equal([4L], Assert.IsType<PickleList>(frozen));

        PickleEmitter Short(string text) => pickle.Raw(0x8c, (byte)text.Length).Raw(System.Text.Encoding.UTF8.GetBytes(text));
    }

    [Fact]
    public void A_legacy_storage_may_be_a_part_of_another()
    {
        byte[] pickle = PickleEmitter.Of(to => to.Dictionary(("w", v => v.Call(
            "torch._utils",
            "_rebuild_tensor",
            a => a.Storage("FloatStorage", "9", 6, part => part.Tuple(i => i.Text("10"), i => i.Number(2), i => i.Number(3))),
            a => a.Number(1),
            a => a.Numbers(2),
            a => a.Numbers(1)))));
        using TestFolder folder = new();
        using TensorFile file = StateDictionary.Load(folder.Write("model.pt", PyTorchFiles.Legacy(pickle, true, ("9", 6, SixFloats))));
        Assert.Equal(TensorFileFormat.PyTorchLegacy, file.Format);
        Assert.Equal([3f, 4f], file["w"].ToArray<float>());
    }

    [Fact]
    public void A_big_endian_file_is_refused()
    {
        byte[] pickle = OneTensor(6, 0, [6], [1]);
        Assert.Contains("byte order is 'big'", CheckpointFiles.Refusal(PyTorchFiles.Archive(pickle, ("data/0", SixFloats), ("byteorder", "big"u8.ToArray()))), StringComparison.Ordinal);
        Assert.Contains("big-endian", CheckpointFiles.Refusal(PyTorchFiles.Legacy(pickle, false, ("0", 6, SixFloats))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(6, 1, new long[] { 6 }, new long[] { 1 }, "tensor 'w' has shape (6) and needs 7 elements, its storage has 6")]
    [InlineData(6, 0, new long[] { 2, 3 }, new long[] { 4, 1 }, "tensor 'w' has shape (2, 3) and needs 7 elements")]
    [InlineData(6, -1, new long[] { 2 }, new long[] { 1 }, "tensor 'w'")]
    [InlineData(6, 0, new long[] { 2 }, new long[] { -1 }, "tensor 'w' has a stride that is not a whole number from 0 on")]
    [InlineData(6, 0, new long[] { -2 }, new long[] { 1 }, "tensor 'w' has a size that is not a whole number from 0 on")]
    [InlineData(6, 0, new long[] { 2 }, new long[] { long.MaxValue }, "needs")]
    [InlineData(6, 1, new long[] { 3 }, new long[] { long.MaxValue }, "too large")]
    [InlineData(6, 0, new long[] { long.MaxValue, 2 }, new long[] { 0, 0 }, "too large")]
    [InlineData(6, 0, new long[] { 1L << 40 }, new long[] { 0 }, "would take 4398046511104 bytes of memory")]
    [InlineData(6, 0, new long[] { 2, 3 }, new long[] { 1 }, "tensor 'w' has 2 sizes and 1 strides")]
    [InlineData(7, 0, new long[] { 6 }, new long[] { 1 }, "torage '0' has ")]
    [InlineData(1L << 61, 0, new long[] { 6 }, new long[] { 1 }, "truncated: storage '0' would hold 2305843009213693952 elements")]
    public void A_tensor_that_reaches_beyond_its_storage_is_refused(long count, long offset, long[] shape, long[] strides, string expected)
    {
        byte[] pickle = OneTensor(count, offset, shape, strides);
        Assert.Contains(expected, CheckpointFiles.Refusal(PyTorchFiles.Archive(pickle, ("data/0", SixFloats))), StringComparison.Ordinal);
        Assert.Contains(expected, CheckpointFiles.Refusal(PyTorchFiles.Legacy(pickle, true, ("0", 6, SixFloats))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_storage_is_named()
    {
        byte[] pickle = OneTensor(6, 0, [6], [1]);
        Assert.Contains("lacks storage '0'", CheckpointFiles.Refusal(PyTorchFiles.Archive(pickle)), StringComparison.Ordinal);
        Assert.Contains("list of storages", CheckpointFiles.Refusal(PyTorchFiles.Legacy(pickle, true)), StringComparison.Ordinal);
        Assert.Contains("list of storages", CheckpointFiles.Refusal(PyTorchFiles.Legacy(pickle, true, ("1", 6, SixFloats))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_flipped_bit_in_an_archive_is_found_by_its_checksum()
    {
        byte[] pickle = OneTensor(6, 0, [6], [1]);
        byte[] bytes = PyTorchFiles.Archive(pickle, ("data/0", SixFloats));
        int at = bytes.AsSpan().IndexOf(SixFloats);
        bytes[at + 5] ^= 4;
        Assert.Contains("'model/data/0' is corrupted: its CRC-32", CheckpointFiles.Refusal(bytes), StringComparison.Ordinal);
        bytes[at + 5] ^= 4;
        bytes[bytes.AsSpan().IndexOf(pickle) + 9] ^= 1;
        Assert.Contains("'model/data.pkl' is corrupted: its CRC-32", CheckpointFiles.Refusal(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        byte[] pickle = OneTensor(6, 0, [6], [1]);
        foreach (byte[] bytes in new[] { PyTorchFiles.Archive(pickle, ("data/0", SixFloats)), PyTorchFiles.Legacy(pickle, true, ("0", 6, SixFloats)) })
        {
            for (int keep = 0; keep < bytes.Length; keep++)
                CheckpointFiles.Refusal(bytes[..keep]);
        }

        byte[] golden = File.ReadAllBytes(CheckpointFiles.Fixture("mingpt_gpt_small", "model.pt"));
        Assert.Contains("truncated: the zip archive has no directory at its end", CheckpointFiles.Refusal(golden[..20_000]), StringComparison.Ordinal);
    }

    [Fact]
    public void Archives_of_other_kinds_are_refused_with_a_reason()
    {
        byte[] pickle = OneTensor(6, 0, [6], [1]);
        Assert.Contains("compressed", CheckpointFiles.Refusal(PyTorchFiles.Zip(CompressionLevel.Optimal, ("data.pkl", pickle), ("data/0", new byte[24]))), StringComparison.Ordinal);
        Assert.Contains("not one that torch.save wrote", CheckpointFiles.Refusal(PyTorchFiles.Zip(CompressionLevel.NoCompression, ("other", pickle))), StringComparison.Ordinal);
        Assert.Contains("TorchScript", CheckpointFiles.Refusal(PyTorchFiles.Archive(pickle, ("data/0", SixFloats), ("constants.pkl", pickle))), StringComparison.Ordinal);
        Assert.Contains("twice", CheckpointFiles.Refusal(PyTorchFiles.Archive(pickle, ("data/0", SixFloats), ("data/0", SixFloats))), StringComparison.Ordinal);
        Assert.Contains("its archive version is '99'", CheckpointFiles.Refusal(PyTorchFiles.Zip(CompressionLevel.NoCompression, ("data.pkl", pickle), ("version", "99"u8.ToArray()))), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_of_other_kinds_are_refused_with_a_reason()
    {
        Assert.Contains("the file is empty", CheckpointFiles.Refusal([]), StringComparison.Ordinal);
        Assert.Contains("neither a safetensors file nor", CheckpointFiles.Refusal("hello, this is text"u8.ToArray()), StringComparison.Ordinal);
        Assert.Contains("web page", CheckpointFiles.Refusal("\n<!DOCTYPE html>"u8.ToArray()), StringComparison.Ordinal);
        Assert.Contains("git lfs pull", CheckpointFiles.Refusal("version https://git-lfs.github.com/spec/v1\n"u8.ToArray()), StringComparison.Ordinal);
        using TestFolder folder = new();
        Assert.Contains("there is no such file", Assert.Throws<KansformersException>(() => StateDictionary.Load(folder["a.pt"])).Message, StringComparison.Ordinal);
        Assert.Contains("it is a folder", Assert.Throws<KansformersException>(() => StateDictionary.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_tensors_is_refused_with_its_keys()
    {
        byte[] pickle = PickleEmitter.Of(to => to.Dictionary(("epoch", v => v.Number(1)), ("args", v => v.Text("x"))));
        Assert.Contains("its keys are 'epoch', 'args'", CheckpointFiles.Refusal(PyTorchFiles.Archive(pickle)), StringComparison.Ordinal);
        Assert.Contains("holds no dictionary", CheckpointFiles.Refusal(PyTorchFiles.Archive(PickleEmitter.Of(to => to.Number(1)))), StringComparison.Ordinal);
    }

    private static byte[] OneTensor(long count, long offset, long[] shape, long[] strides) =>
        PickleEmitter.Of(to => to.Dictionary(("w", v => v.Tensor("FloatStorage", "0", count, offset, shape, strides))));
}
