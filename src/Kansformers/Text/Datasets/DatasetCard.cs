using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Kansformers.Text;

/// <summary>A subset as a data set's card describes it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsDefault">Whether it is the one to take when none is named.</param>
/// <param name="Folder">The folder of its files, where the card gives one.</param>
/// <param name="Splits">The patterns of each split's files; null where they go by their names.</param>
internal sealed record CardSubset(string Name, bool IsDefault, string? Folder, IReadOnlyList<(string Split, IReadOnlyList<string> Patterns)>? Splits);

/// <summary>
/// What the YAML at the top of a data set's README.md says of its files: the <c>configs</c> that the hub's documentation describes as manual
/// configuration. Everything else in it is passed over.
/// </summary>
internal static class DatasetCard
{
    private const int MostNested = 64;

    /// <summary>The subsets that the card lists; none where it does not.</summary>
    /// <exception cref="KansformersException">The card cannot be read.</exception>
    public static IReadOnlyList<CardSubset> Subsets(string readme)
    {
        string text = readme.TrimStart('\uFEFF').ReplaceLineEndings("\n");
        int end = text.StartsWith("---\n", StringComparison.Ordinal) ? text.IndexOf("\n---", 3, StringComparison.Ordinal) : -1;
        if (end < 0)
            return [];
        try
        {
            Parser parser = new(new StringReader(text[4..(end + 1)]));
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _) || Read(parser, [], 0) is not Dictionary<string, object?> root || root.GetValueOrDefault("configs") is not List<object?> configs)
                return [];
            return [.. configs.Select(Subset)];
        }
        catch (Exception failure) when (failure is YamlException or FormatException or InvalidOperationException or ArgumentException)
        {
            // The reader of YAML lets the latter two out where a text is damaged.
            throw new KansformersException($"the card (README.md) cannot be read: {failure.Message}; name files instead: hub:owner/name:path/of/*.parquet", failure);
        }
    }

    private static CardSubset Subset(object? node)
    {
        if (node is not Dictionary<string, object?> config || config.GetValueOrDefault("config_name") is not string name)
            throw new FormatException("its configs have no config_name");
        bool isDefault = config.GetValueOrDefault("default") is "true" or "True" or "TRUE";
        string? folder = config.GetValueOrDefault("data_dir") as string;
        return config.GetValueOrDefault("data_files") switch
        {
            null => new CardSubset(name, isDefault, folder, null),
            List<object?> list when list.Exists(item => item is Dictionary<string, object?>) => new CardSubset(name, isDefault, folder, [.. list.Select(Split)]),
            object patterns => new CardSubset(name, isDefault, folder, [("train", Patterns(patterns))]),
        };
    }

    private static (string Split, IReadOnlyList<string> Patterns) Split(object? node) =>
        node is Dictionary<string, object?> entry && entry.GetValueOrDefault("split") is string split ? (split, Patterns(entry.GetValueOrDefault("path"))) : throw new FormatException("its data_files have no split");

    private static List<string> Patterns(object? node) => node switch
    {
        string one => [one],
        List<object?> many when many.TrueForAll(item => item is string) => [.. many.Cast<string>()],
        _ => throw new FormatException("its data_files have no path"),
    };

    // A text, a list or a dictionary; by events, so that a hostile file cannot nest as deep as it likes.
    private static object? Read(Parser parser, Dictionary<AnchorName, object?> anchors, int depth)
    {
        if (depth > MostNested)
            throw new FormatException("it is nested too deep");
        if (parser.TryConsume<AnchorAlias>(out AnchorAlias? alias))
            return anchors.GetValueOrDefault(alias.Value);
        AnchorName anchor = parser.Current is NodeEvent node ? node.Anchor : AnchorName.Empty;
        object? value = ReadValue(parser, anchors, depth);
        if (!anchor.IsEmpty)
            anchors[anchor] = value;
        return value;
    }

    private static object ReadValue(Parser parser, Dictionary<AnchorName, object?> anchors, int depth)
    {
        if (parser.TryConsume<SequenceStart>(out _))
        {
            List<object?> list = [];
            while (!parser.TryConsume<SequenceEnd>(out _))
                list.Add(Read(parser, anchors, depth + 1));
            return list;
        }

        if (!parser.TryConsume<MappingStart>(out _))
            return parser.Consume<Scalar>().Value;
        Dictionary<string, object?> map = [];
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            object? key = Read(parser, anchors, depth + 1), value = Read(parser, anchors, depth + 1);
            if (key is string name)
                map[name] = value;
        }

        return map;
    }
}
