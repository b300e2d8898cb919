using System.Globalization;
using System.Text.Json.Nodes;

namespace Kansformers.Text;

/// <summary>The rows of a Parquet file with all of their columns that can be read: texts, numbers, truth values, and lists and objects of these, one list deep.</summary>
internal static class ParquetRows
{
    /// <summary>What is read, in words.</summary>
    public const string Readable = "of Parquet columns are read that hold texts, numbers or truth values, and lists and objects of these, one list deep";

    /// <summary>The rows; a column of lists or objects is JSON.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="KansformersException">It is damaged, or cannot be read.</exception>
    public static IEnumerable<TableRecord> Read(string path)
    {
        if (SourceStream.IsPacked(path))
            throw new KansformersException($"'{path}' is a Parquet file within a packed one; unpack it (Parquet is packed inside)");
        using ParquetReader end = new(path);
        List<Leaf> leaves = [];
        try
        {
            foreach (ParquetColumn column in end.Footer.Columns.Where(column => column.IsReadable))
                leaves.Add(new Leaf(column, new ParquetReader(path)));
            string[] nested = [.. leaves.Select(leaf => leaf.Column).Where(IsNested).Select(column => column.Path.Names[0]).Distinct()];
            for (long row = 1; row <= end.Footer.Rows; row++)
            {
                Dictionary<string, string?> values = new(StringComparer.Ordinal);
                Dictionary<string, JsonNode> objects = new(StringComparer.Ordinal);
                foreach (Leaf leaf in leaves)
                {
                    if (!leaf.Reader.Next(leaf.Column, leaf.Row))
                        throw new KansformersException($"'{path}' changed while it was read; start again when it is complete");
                    if (IsNested(leaf.Column))
                        Add(objects, leaf);
                    else
                        values[leaf.Column.Path.Names[0]] = leaf.Row[0].Text;
                }

                foreach (string name in nested)
                    values[name] = objects.GetValueOrDefault(name)?.ToJsonString();
                yield return new TableRecord(path, row, values) { Nested = nested };
            }
        }
        finally
        {
            foreach (Leaf leaf in leaves)
                leaf.Reader.Dispose();
        }
    }

    private static bool IsNested(ParquetColumn column) => column.Path.Names.Count > 1 || column.Path.Repetitions > 0;

    private static void Add(Dictionary<string, JsonNode> objects, Leaf leaf)
    {
        ParquetPath path = leaf.Column.Path;
        if (path.Repetitions == 0)
        {
            Set(objects, path.Names, Node(leaf.Column, leaf.Row[0].Text));
            return;
        }

        if (leaf.Row[0].Definition < path.ListDefinition)
        {
            if (leaf.Row[0].Definition == path.ListDefinition - 1)
                Set(objects, path.Names, new JsonArray());
            return;
        }

        JsonArray list = Find(objects, path.Names) as JsonArray ?? [];
        if (list.Parent is null && !ReferenceEquals(objects.GetValueOrDefault(path.Names[0]), list))
            Set(objects, path.Names, list);
        for (int i = 0; i < leaf.Row.Count; i++)
        {
            JsonNode? value = Node(leaf.Column, leaf.Row[i].Text);
            if (i == list.Count)
                list.Add(path.Within.Count == 0 ? value : new JsonObject());
            if (path.Within.Count > 0 && list[i] is JsonObject entry)
                Set(entry, path.Within, value);
        }
    }

    private static JsonNode? Find(Dictionary<string, JsonNode> objects, IReadOnlyList<string> names)
    {
        JsonNode? node = objects.GetValueOrDefault(names[0]);
        foreach (string name in names.Skip(1))
            node = (node as JsonObject)?[name];
        return node;
    }

    private static void Set(Dictionary<string, JsonNode> objects, IReadOnlyList<string> names, JsonNode? value)
    {
        if (names.Count == 1)
        {
            if (value is not null)
                objects[names[0]] = value;
            return;
        }

        if (!objects.TryGetValue(names[0], out JsonNode? top))
            objects[names[0]] = top = new JsonObject();
        Set((JsonObject)top, [.. names.Skip(1)], value);
    }

    private static void Set(JsonObject into, IReadOnlyList<string> names, JsonNode? value)
    {
        foreach (string name in names.SkipLast(1))
        {
            if (into[name] is not JsonObject next)
                into[name] = next = [];
            into = next;
        }

        into[names[^1]] = value;
    }

    private static JsonNode? Node(ParquetColumn column, string? text) => text is null ? null : column.Content switch
    {
        ParquetContent.Text => JsonValue.Create(text),
        ParquetContent.Fraction when !double.IsFinite(double.Parse(text, CultureInfo.InvariantCulture)) => JsonValue.Create(text),
        _ => JsonNode.Parse(text),
    };

    private sealed record Leaf(ParquetColumn Column, ParquetReader Reader)
    {
        public List<ParquetEntry> Row { get; } = [];
    }
}
