using System.Collections;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kansformers.Transformers;

/// <summary>What labels are called, in their order. Two are equal whose names are.</summary>
[JsonConverter(typeof(LabelNamesConverter))]
public sealed class LabelNames : IReadOnlyList<string>, IEquatable<LabelNames>
{
    private const int MostShown = 10;

    private readonly string[] _names;
    private readonly bool _areNumbers;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);

    /// <summary>Takes the names.</summary>
    /// <param name="names">A name for each label; no two are the same.</param>
    /// <exception cref="KansformersException">Two are the same.</exception>
    public LabelNames(IEnumerable<string> names)
    {
        _names = [.. names];
        for (int label = 0; label < _names.Length; label++)
        {
            if (!_ids.TryAdd(_names[label], label))
                throw new KansformersException($"two labels are called '{Checkpoints.Readable.Text(_names[label])}'; give each a name of its own");
        }
    }

    // Those of labels that have no names.
    private LabelNames(int count)
        : this(Enumerable.Range(0, count).Select(Unnamed)) => _areNumbers = true;

    /// <summary>What the labels of a model are called; those that have no names go by their numbers as well.</summary>
    internal static LabelNames Of(EncoderOptions model) => model.LabelNames ?? new LabelNames(model.Labels);

    /// <summary>What Hugging Face's library calls a label that has no name.</summary>
    /// <param name="label">The label, counted from 0.</param>
    internal static string Unnamed(int label) => string.Create(CultureInfo.InvariantCulture, $"LABEL_{label}");

    /// <summary>Which label a name is of, counted from 0; null where none is called so.</summary>
    internal int? IdOf(string name) => _ids.TryGetValue(name, out int label)
        || (_areNumbers && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out label) && label < Count) ? label : null;

    /// <summary>The first of them, for messages.</summary>
    internal string Shown => string.Join(", ", _names.Take(MostShown)) + (Count > MostShown ? $" and {Count - MostShown} more" : "");

    /// <inheritdoc/>
    public int Count => _names.Length;

    /// <inheritdoc/>
    public string this[int index] => _names[index];

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator() => ((IEnumerable<string>)_names).GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(LabelNames? other) => other is not null && _names.SequenceEqual(other._names);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LabelNames);

    /// <inheritdoc/>
    public override int GetHashCode() => _names.Aggregate(_names.Length, HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", _names);

    IEnumerator IEnumerable.GetEnumerator() => _names.GetEnumerator();
}

/// <summary>Names of labels as a list of texts.</summary>
internal sealed class LabelNamesConverter : JsonConverter<LabelNames>
{
    /// <inheritdoc/>
    public override LabelNames Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException("the names of labels are no list");
        List<string> names = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            names.Add(reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException("the name of a label is no text"));
        return new LabelNames(names);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, LabelNames value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (string name in value)
            writer.WriteStringValue(name);
        writer.WriteEndArray();
    }
}
