using System.Globalization;
using System.Text.Json;
using Kansformers.Checkpoints;

namespace Kansformers.Transformers;

/// <summary>Typed access to a <c>config.json</c>, or another file of its kind; every fault names the file and the option.</summary>
/// <param name="folder">The folder.</param>
/// <param name="config">What the file holds.</param>
/// <param name="file">The name of the file.</param>
internal sealed class ConfigReader(string folder, JsonElement config, string file)
{
    /// <summary>Reads the configuration of a model.</summary>
    public ConfigReader(HuggingFaceFolder folder)
        : this(folder.Folder, folder.Config, HuggingFaceFolder.ConfigName)
    {
    }

    /// <summary>Whether the option is absent or null.</summary>
    public bool IsNull(string name) => !config.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null;

    /// <summary>Whether the option is absent or null, or a list or an object without entries.</summary>
    public bool IsEmpty(string name) => IsNull(name) || config.GetProperty(name) switch
    {
        { ValueKind: JsonValueKind.Array } list => list.GetArrayLength() == 0,
        { ValueKind: JsonValueKind.Object } entries => !entries.EnumerateObject().Any(),
        _ => false,
    };

    /// <summary>A whole number that must be there.</summary>
    public int Integer(string name) =>
        config.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
            ? number
            : throw Fault(name, "is missing or not a whole number");

    /// <summary>A number, or the default when it is absent.</summary>
    public double Number(string name, double otherwise) =>
        IsNull(name) ? otherwise : config.GetProperty(name) is { ValueKind: JsonValueKind.Number } value ? value.GetDouble() : throw Fault(name, "is not a number");

    /// <summary>A text, or the default when it is absent.</summary>
    public string Text(string name, string otherwise) =>
        IsNull(name) ? otherwise : config.GetProperty(name) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : throw Fault(name, "is not a text");

    /// <summary>A truth value, or the default when it is absent.</summary>
    public bool Truth(string name, bool otherwise) => IsNull(name) ? otherwise : config.GetProperty(name).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Fault(name, "is neither true nor false"),
    };

    /// <summary>A token id, or what is said to be meant when it is absent; null where it is null.</summary>
    public int? TokenId(string name, int? otherwise) =>
        !config.TryGetProperty(name, out JsonElement value) ? otherwise : value.ValueKind == JsonValueKind.Null ? null : Integer(name);

    /// <summary>The texts of a list; none when it is absent.</summary>
    public IReadOnlyList<string> Texts(string name)
    {
        if (IsNull(name))
            return [];
        JsonElement value = config.GetProperty(name);
        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(item => item.GetString()!)] : throw Fault(name, "is no list of texts");
    }

    /// <summary>The texts of an object whose keys count from 0, in that order; null when it is absent.</summary>
    public IReadOnlyList<string>? Numbered(string name)
    {
        if (Count(name) is not int count)
            return null;
        JsonElement value = config.GetProperty(name);
        string[] texts = new string[count];
        for (int at = 0; at < count; at++)
        {
            texts[at] = value.TryGetProperty(at.ToString(CultureInfo.InvariantCulture), out JsonElement text) && text.ValueKind == JsonValueKind.String ? text.GetString()!
                : throw Fault(name, $"has {count} entries, but no text \"{at.ToString(CultureInfo.InvariantCulture)}\"");
        }

        return texts;
    }

    /// <summary>The number of entries of an object; null when it is absent.</summary>
    public int? Count(string name)
    {
        if (IsNull(name))
            return null;
        JsonElement value = config.GetProperty(name);
        return value.ValueKind == JsonValueKind.Object ? value.EnumerateObject().Count() : throw Fault(name, "is no object");
    }

    /// <summary>A token id of the vocabulary, or several; null when it is absent.</summary>
    public IReadOnlyList<int>? TokenIds(string name, int vocabularySize)
    {
        if (IsNull(name))
            return null;
        JsonElement value = config.GetProperty(name);
        List<int> ids = [];
        foreach (JsonElement item in value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : new[] { value })
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out int id) || id < 0 || id >= vocabularySize)
                throw Fault(name, $"is {Short(value)}; it must be a token id of the model, 0 to {vocabularySize - 1}, or a list of such");
            ids.Add(id);
        }

        return ids.Count > 0 ? ids : throw Fault(name, "is an empty list; give a token id, or null for none");
    }

    /// <summary>Refuses an option that our model does not have.</summary>
    public void Require(string name, bool holds, string supported)
    {
        if (!holds)
            throw Fault(name, $"is {(config.TryGetProperty(name, out JsonElement value) ? Short(value) : "left out")}; supported is {supported}");
    }

    private static string Short(JsonElement value) => value.GetRawText() is { Length: > 60 } text ? text[..60] + "..." : value.GetRawText();

    private KansformersException Fault(string name, string problem) => new($"'{folder}': '{name}' in {file} {problem}");
}
