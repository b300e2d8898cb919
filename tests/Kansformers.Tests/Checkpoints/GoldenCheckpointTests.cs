using Kansformers.Checkpoints;

namespace Kansformers.Tests.Checkpoints;

/// <summary>Files that PyTorch and the safetensors library wrote.</summary>
public class GoldenCheckpointTests
{
    [Fact]
    public void MinGpt_archive_equals_its_safetensors_file()
    {
        using TensorFile expected = StateDictionary.Load(CheckpointFiles.Fixture("mingpt_gpt_small", "model.safetensors"));
        using TensorFile archive = StateDictionary.Load(CheckpointFiles.Fixture("mingpt_gpt_small", "model.pt"));
        Assert.Equal(TensorFileFormat.PyTorchArchive, archive.Format);
        Assert.Null(archive.FoundUnder);
        Assert.Equal(31, expected.Tensors.Length);
        CheckpointFiles.AssertSame(expected, archive);
    }

    [Theory]
    [InlineData("model.pt", TensorFileFormat.PyTorchArchive)]
    [InlineData("model_legacy.pt", TensorFileFormat.PyTorchLegacy)]
    public void Kansformers_files_of_both_kinds_equal_the_safetensors_file(string name, TensorFileFormat format)
    {
        using TensorFile expected = StateDictionary.Load(SharedFolder.Require("golden", "kansformers_gpt_small", "model.safetensors"));
        using TensorFile file = StateDictionary.Load(SharedFolder.Require("golden", "kansformers_gpt_small", name));
        Assert.Equal(format, file.Format);
        Assert.Equal(50, expected.Tensors.Length);
        CheckpointFiles.AssertSame(expected, file);
    }

    [Theory]
    [InlineData("hf_bart")]
    [InlineData("hf_bert_cls")]
    [InlineData("hf_bert_mlm")]
    [InlineData("hf_distilbert_cls")]
    [InlineData("hf_distilbert_mlm")]
    [InlineData("hf_gpt2")]
    [InlineData("hf_roberta_cls")]
    [InlineData("hf_roberta_mlm")]
    public void Hugging_Face_archives_hold_what_their_safetensors_files_hold(string folder)
    {
        using TensorFile expected = StateDictionary.Load(SharedFolder.Require("golden", folder, "model.safetensors"));
        using TensorFile archive = StateDictionary.Load(SharedFolder.Require("golden", folder, "pytorch_model.bin"));
        foreach (StoredTensor tensor in expected.Tensors)
            Assert.True(tensor.ToArray().AsSpan().SequenceEqual(archive[tensor.Name].ToArray()), tensor.Name);

        // Tensors that share a storage stand once in the safetensors file and under each name in the archive.
        foreach (StoredTensor tensor in archive.Tensors.Where(tensor => !expected.TryGet(tensor.Name, out _)))
            Assert.Contains(expected.Tensors, other => other.Shape.SequenceEqual(tensor.Shape) && other.ToArray().AsSpan().SequenceEqual(tensor.ToArray()));
    }

    [Fact]
    public void A_nested_checkpoint_shows_its_state_dictionary_and_everything_else()
    {
        using TensorFile expected = StateDictionary.Load(SharedFolder.Require("golden", "kansformers_gpt_small", "model.safetensors"));
        using TensorFile file = StateDictionary.Load(SharedFolder.Require("golden", "nested_checkpoint.pt"));
        Assert.Equal("model", file.FoundUnder);
        CheckpointFiles.AssertSame(expected, file);
        Assert.Equal(7L, Value<long>("iter"));
        Assert.True(Value<PickleDictionary>("config").TryGet("note", out object? note));
        Assert.Equal("nested", note);

        StoredTensor half = Value<StoredTensor>("half"), bfloat = Value<StoredTensor>("bf16"), strided = Value<StoredTensor>("strided");
        Assert.Equal("half F16 (2, 3)", half.ToString());
        Assert.Equal([0f, 1, 2, 3, 4, 5], half.ToArray<Half>().Select(value => (float)value));
        Assert.Equal("bf16 BF16 (6)", bfloat.ToString());
        Assert.Equal([0f, 1, 2, 3, 4, 5], bfloat.ToArray<ushort>().Select(bits => BitConverter.UInt32BitsToSingle((uint)bits << 16)));
        Assert.Equal("strided F32 (4, 3)", strided.ToString());
        Assert.Equal([0f, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11], strided.ToArray<float>());

        T Value<T>(string key)
        {
            Assert.True(file.Content!.TryGet(key, out object? value));
            return Assert.IsType<T>(value);
        }
    }
}
