using System.Text.Json;

namespace Kansformers.Text;

/// <summary>A value of a tokenizer file, and where it stands, so that every complaint can say so.</summary>
internal readonly struct JsonField(JsonElement element, string path)
{
    public string Path => path.Length == 0 ? "the file" : path;

    public bool IsNull => element.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;

    public bool IsObject => element.ValueKind == JsonValueKind.Object;

    public bool IsString => element.ValueKind == JsonValueKind.String;

    public bool IsArray => element.ValueKind == JsonValueKind.Array;

    /// <summary>A property; null when it is not there.</summary>
    public JsonField this[string name]
    {
        get
        {
            Require(JsonValueKind.Object, "an object");
            return new JsonField(element.TryGetProperty(name, out JsonElement value) ? value : default, path.Length == 0 ? name : $"{path}.{name}");
        }
    }

    public string Text()
    {
        Require(JsonValueKind.String, "a text");
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException failure)
        {
            throw new KansformersException($"{Path} holds half a character", failure);
        }
    }

    public string TextOr(string otherwise) => IsNull ? otherwise : Text();

    public bool FlagOr(bool otherwise) => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null or JsonValueKind.Undefined => otherwise,
        _ => throw Wrong("true or false"),
    };

    public int Number(int low, int high)
    {
        if (element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int value) && value >= low && value <= high)
            return value;
        throw Wrong(FormattableString.Invariant($"a whole number from {low} to {high}"));
    }

    public double NumberOr(double otherwise)
    {
        if (IsNull)
            return otherwise;
        return element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out double value) ? value : throw Wrong("a number");
    }

    public IEnumerable<JsonField> Items()
    {
        Require(JsonValueKind.Array, "a list");
        string at = Path;
        return element.EnumerateArray().Select((item, index) => new JsonField(item, FormattableString.Invariant($"{at}[{index}]")));
    }

    /// <summary>The properties of an object, each name once.</summary>
    public IEnumerable<(string Name, JsonField Value)> Entries()
    {
        Require(JsonValueKind.Object, "an object");
        List<(string, JsonField)> entries = [];
        foreach (JsonProperty property in element.EnumerateObject())
        {
            string name;
            try
            {
                name = property.Name;
            }
            catch (InvalidOperationException failure)
            {
                throw new KansformersException($"{Path} has a name that holds half a character", failure);
            }

            entries.Add((name, new JsonField(property.Value, $"{Path}['{Short(name)}']")));
        }

        return entries;
    }

    /// <summary>Refuses every property that this reader does not know, so that none is passed over in silence.</summary>
    public JsonField Only(params string[] names)
    {
        foreach ((string name, JsonField value) in Entries())
        {
            if (!value.IsNull && Array.IndexOf(names, name) < 0)
                throw new KansformersException($"{Path} has a property '{Short(name)}', which is not supported");
        }

        return this;
    }

    public KansformersException Wrong(string expected) => new($"{Path} must be {expected}{(IsNull ? ", and is missing" : "")}");

    private static string Short(string name) => name.Length <= 40 ? name : name[..40] + "...";

    private void Require(JsonValueKind kind, string expected)
    {
        if (element.ValueKind != kind)
            throw Wrong(expected);
    }
}
