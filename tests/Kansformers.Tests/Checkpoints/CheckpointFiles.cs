using Kansformers.Checkpoints;

namespace Kansformers.Tests.Checkpoints;

/// <summary>What the tests of this room share.</summary>
internal static class CheckpointFiles
{
    /// <summary>The path of a file that lies under <c>tests/Kansformers.Tests/Fixtures</c>.</summary>
    public static string Fixture(params string[] parts)
    {
        Assert.SkipWhen(SharedFolder.RepositoryRoot is null, "needs the checkout that the tests were built from");
        return Path.Combine([SharedFolder.RepositoryRoot!, "tests", "Kansformers.Tests", "Fixtures", .. parts]);
    }

    public static string Write(this TestFolder folder, string name, byte[] bytes)
    {
        string path = folder[name];
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>The message of the refusal of a file, which must be one line and name the file.</summary>
    public static string Refusal(byte[] bytes, string name = "model.pt")
    {
        using TestFolder folder = new();
        string path = folder.Write(name, bytes);
        KansformersException failure = Assert.Throws<KansformersException>(() =>
        {
            using TensorFile file = StateDictionary.Load(path);
            foreach (StoredTensor tensor in file.Tensors)
                tensor.ToArray();
        });
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
        return failure.Message;
    }

    public static byte[] ToArray(this StoredTensor tensor)
    {
        byte[] bytes = new byte[tensor.ByteLength];
        tensor.CopyTo(bytes);
        return bytes;
    }

    /// <summary>Both files hold the same tensors: names (in any order), types, shapes and every bit.</summary>
    public static void AssertSame(TensorFile expected, TensorFile actual)
    {
        Assert.Equal(expected.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal), actual.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal));
        foreach (StoredTensor tensor in expected.Tensors)
        {
            StoredTensor other = actual[tensor.Name];
            Assert.Equal(tensor.ToString(), other.ToString());
            Assert.True(tensor.ToArray().AsSpan().SequenceEqual(other.ToArray()), $"{tensor.Name} differs");
        }
    }
}
