using System.Buffers.Binary;
using System.Text;
using Kansformers.Checkpoints;
using Kansformers.Files;

namespace Kansformers.Tests.Checkpoints;

public class SafetensorsTests
{
    [Fact]
    public void What_is_written_is_read_back_with_types_shapes_and_metadata()
    {
        using TestFolder folder = new();
        string path = folder["a.safetensors"];
        StoredTensor[] tensors =
        [
            .. Enum.GetValues<StoredType>().Select((type, i) => StoredTensor.Create($"of {type}", type, [2, 3], Pattern(6 * type.Size(), i))),
            StoredTensor.Create("scalar", StoredType.F32, [], PyTorchFiles.Bytes(1.5f)),
            StoredTensor.Create("empty", StoredType.I16, [3, 0], default),
            StoredTensor.Create("имя \"quoted\"", StoredType.U8, [1], new byte[] { 7 }),
        ];
        SafetensorsWriter.Write(path, tensors, [new("format", "pt"), new("ключ", "значение\n")]);

        using TensorFile file = StateDictionary.Load(path);
        Assert.Equal(TensorFileFormat.Safetensors, file.Format);
        Assert.Equal(tensors.Length, file.Tensors.Length);
        foreach (StoredTensor tensor in tensors)
        {
            Assert.Equal(tensor.ToString(), file[tensor.Name].ToString());
            Assert.Equal(tensor.ToArray(), file[tensor.Name].ToArray());
        }

        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal("значение\n", file.Metadata["ключ"]);
        Assert.Equal(1.5f, Assert.Single(file["scalar"].ToArray<float>()));
    }

    [Fact]
    public void The_same_tensors_in_any_order_give_the_same_bytes_and_aligned_data()
    {
        using TestFolder folder = new();
        StoredTensor[] tensors =
        [
            StoredTensor.Create("b", StoredType.U8, [3], Pattern(3, 1)),
            StoredTensor.Create("a", StoredType.F32, [3], Pattern(12, 2)),
            StoredTensor.Create("c", StoredType.F64, [1], Pattern(8, 3)),
        ];
        SafetensorsWriter.Write(folder["1"], tensors, [new("x", "1"), new("y", "2")]);
        SafetensorsWriter.Write(folder["2"], tensors.Reverse(), [new("y", "2"), new("x", "1")]);
        byte[] bytes = File.ReadAllBytes(folder["1"]);
        Assert.Equal(bytes, File.ReadAllBytes(folder["2"]));
        Assert.Equal(0ul, BinaryPrimitives.ReadUInt64LittleEndian(bytes) % 8);
        using TensorFile file = StateDictionary.Load(folder["1"]);
        Assert.Equal(["c", "a", "b"], file.Tensors.Select(tensor => tensor.Name));
    }

    [Fact]
    public void A_full_disk_keeps_the_old_file()
    {
        using TestFolder folder = new();
        string path = folder["a.safetensors"];
        StoredTensor tensor = StoredTensor.Create("a", StoredType.U8, [5000], Pattern(5000, 0));
        SafetensorsWriter.Write(path, [tensor], null);
        byte[] before = File.ReadAllBytes(path);
        using (FileFault.DiskFullAfter(3000))
            Assert.Throws<KansformersException>(() => SafetensorsWriter.Write(path, [tensor, tensor.WithName("b")], null));
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Two_tensors_of_one_name_cannot_be_written()
    {
        using TestFolder folder = new();
        StoredTensor tensor = StoredTensor.Create("a", StoredType.U8, [1], new byte[1]);
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(folder["a"], [tensor, tensor], null));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(folder["a"], [tensor.WithName("__metadata__")], null));
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "truncated: tensor 'a' ends at byte 8 of the data, the file has 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 12, "the tensors take 8 bytes, but the data has 12")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "tensor 'a': F32 (3) takes 12 bytes, the header gives it 8")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}""", 6, "'b' overlaps 'a'")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[6,10]}}""", 10, "hole of 2 bytes before tensor 'b'")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}""", 8, "names 'a' twice")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"shape":[4],"data_offsets":[0,4]}}""", 4, "names 'shape' twice")]
    [InlineData("""{"a":{"dtype":"Q4","shape":[4],"data_offsets":[0,4]}}""", 4, "tensor 'a': its type 'Q4' is not supported")]
    [InlineData("""{"a":{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}}""", 4, "tensor 'a': shape holds something else than whole numbers")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,4]}}""", 4, "tensor 'a': shape holds something else than whole numbers")]
    [InlineData("""{"a":{"dtype":"F64","shape":[4611686018427387904,4],"data_offsets":[0,4]}}""", 4, "tensor 'a': its shape is too large")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[4,0]}}""", 4, "data_offsets end (0) before they start (4)")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4,8]}}""", 4, "data_offsets has 3 numbers")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4]}}""", 0, "tensor 'a': its header entry lacks")]
    [InlineData("""{"a":[1]}""", 0, "the header entry 'a' is not an object")]
    [InlineData("""{"__metadata__":{"a":1}}""", 0, "the metadata 'a' is not a text")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", 0, "the metadata names 'a' twice")]
    [InlineData("""{"a":""", 0, "not valid JSON")]
    [InlineData("""{} {}""", 0, "not valid JSON")]
    [InlineData("""{"\ud800":{}}""", 0, "not valid JSON")]
    [InlineData("""[]""", 0, "not a JSON object")]
    public void A_header_that_breaks_a_rule_is_refused(string header, int dataBytes, string expected) =>
        Assert.Contains(expected, CheckpointFiles.Refusal(WithHeader(Encoding.UTF8.GetBytes(header), dataBytes), "a.safetensors"), StringComparison.Ordinal);

    [Fact]
    public void Fields_of_later_versions_of_the_format_and_spaces_at_the_end_are_passed_over()
    {
        using TestFolder folder = new();
        byte[] header = Encoding.UTF8.GetBytes("""{"a":{"dtype":"U8","new":{"x":[1,{}]},"shape":[2],"data_offsets":[0,2]}}    """);
        using TensorFile file = StateDictionary.Load(folder.Write("a", WithHeader(header, 2)));
        Assert.Equal("a U8 (2)", Assert.Single(file.Tensors).ToString());
    }

    [Fact]
    public void A_tensor_beyond_two_gigabytes_is_read_in_parts()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a file system that keeps holes as holes");
        using TestFolder folder = new();
        const long length = 3_000_000_000;
        byte[] header = Encoding.UTF8.GetBytes($$$"""{"a":{"dtype":"U8","shape":[{{{length}}}],"data_offsets":[0,{{{length}}}]}}""");
        string path = folder.Write("a", WithHeader(header, 0));
        using (FileStream stream = File.OpenWrite(path))
        {
            stream.Position = 8 + header.Length + length - 2;
            stream.Write([5, 6]);
        }

        using TensorFile file = StateDictionary.Load(path);
        byte[] end = new byte[3];
        file["a"].Read(length - 3, end);
        Assert.Equal([0, 5, 6], end);
        Assert.Throws<ArgumentOutOfRangeException>(() => file["a"].Read(length - 2, end));
        Assert.Contains("too many for an array", Assert.Throws<KansformersException>(() => file["a"].ToArray<byte>()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_that_is_not_UTF8_is_refused() =>
        Assert.Contains("not valid UTF-8", CheckpointFiles.Refusal(WithHeader([(byte)'{', (byte)'"', 0xff, (byte)'"'], 0), "a.safetensors"), StringComparison.Ordinal);

    [Fact]
    public void A_header_longer_than_the_format_allows_is_refused() =>
        Assert.Contains("more than the 100000000", CheckpointFiles.Refusal([0, 0, 0, 0, 0, 0, 0, 255, (byte)'{'], "a.safetensors"), StringComparison.Ordinal);

    [Theory]
    [InlineData(3, "truncated: a safetensors file starts with 8 bytes")]
    [InlineData(20, "truncated: the header is 2816 bytes long, the file has 20")]
    [InlineData(30_000, "truncated: tensor '")]
    public void A_truncated_file_is_refused(int keep, string expected)
    {
        byte[] bytes = File.ReadAllBytes(CheckpointFiles.Fixture("mingpt_gpt_small", "model.safetensors"));
        string message = CheckpointFiles.Refusal(bytes[..keep], "a.safetensors");
        Assert.Contains(expected.Replace("2816", BinaryPrimitives.ReadUInt64LittleEndian(bytes).ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal), message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_that_is_not_there_is_named()
    {
        using TensorFile file = StateDictionary.Load(CheckpointFiles.Fixture("mingpt_gpt_small", "model.safetensors"));
        Assert.Contains("it has no tensor 'x'", Assert.Throws<KansformersException>(() => file["x"]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_closed_file_cannot_be_read()
    {
        TensorFile file = StateDictionary.Load(CheckpointFiles.Fixture("mingpt_gpt_small", "model.safetensors"));
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Tensors[0].ToArray());
    }

    private static byte[] WithHeader(byte[] header, int dataBytes) =>
        [.. BitConverter.GetBytes((long)header.Length), .. header, .. new byte[dataBytes]];

    private static byte[] Pattern(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
