using System.Text.Json;
using System.Text.Json.Nodes;
using Kansformers.Checkpoints;
using Kansformers.Tests.Checkpoints;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Tests.Transformers;

/// <summary>Committed folders in Hugging Face's layout, and what trials of them share.</summary>
internal static class HuggingFaceFixture
{
    public static string Folder(string name) => Path.GetDirectoryName(CheckpointFiles.Fixture(name, "config.json"))!;

    /// <summary>The <c>config.json</c> of a folder.</summary>
    public static JsonObject Config(string folder) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!.AsObject();

    /// <summary>Writes a folder with other options and weights to another one.</summary>
    public static void Change(TestFolder folder, string name, Action<JsonObject> change, Func<IReadOnlyList<StoredTensor>, IReadOnlyList<StoredTensor>> weights)
    {
        JsonObject config = Config(Folder(name));
        change(config);
        folder.Write("config.json", config.ToJsonString());
        using TensorFile theirs = StateDictionary.Load(Path.Combine(Folder(name), "model.safetensors"));
        StateDictionary.Save(folder["model.safetensors"], [.. weights(theirs.Tensors)]);
    }

    /// <summary>A configuration has these options, and says of them what another one does, but for some.</summary>
    public static void SameConfig(JsonObject expected, JsonObject found, string options, params string[] but)
    {
        Assert.Equal(options.Split(' ').Order(StringComparer.Ordinal), found.Select(entry => entry.Key).Order(StringComparer.Ordinal));
        foreach ((string option, JsonNode? value) in found.Where(entry => expected.ContainsKey(entry.Key) && !but.Contains(entry.Key)))
            Assert.True(Same(expected[option], value), $"{option}: {expected[option]?.ToJsonString()}, {value?.ToJsonString()}");
    }

    /// <summary>Two models have the same options and the same weights, bit by bit.</summary>
    public static void Same(TransformerModel expected, TransformerModel found)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(expected.Options, found.Options);
        Dictionary<string, Tensor> theirs = expected.state_dict(), ours = found.state_dict();
        Assert.Equal(theirs.Keys.Order(), ours.Keys.Order());
        Assert.All(theirs, entry => Assert.True(entry.Value.equal(ours[entry.Key]).all().item<bool>(), entry.Key));
    }

    // Numbers by their value: 1 and 1.0 are the same.
    private static bool Same(JsonNode? expected, JsonNode? found) => JsonNode.DeepEquals(expected, found)
        || (expected?.GetValueKind() == JsonValueKind.Number && found?.GetValueKind() == JsonValueKind.Number && expected.GetValue<double>() == found.GetValue<double>());
}
