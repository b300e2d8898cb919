using Kansformers.Transformers;

namespace Kansformers.Evaluation;

/// <summary>
/// How well whole entities were found: an entity is right where its first word, its last word and its type are. By the definition of conlleval (Tjong Kim Sang and De
/// Meulder, 2003), by which an entity that begins with I- counts, too.
/// </summary>
public sealed record EntityMeasures
{
    private const string Outside = "O";

    /// <summary>The share of the entities that were found which are right.</summary>
    public required double Precision { get; init; }

    /// <summary>The share of the entities that there are which were found.</summary>
    public required double Recall { get; init; }

    /// <summary>The harmonic mean of both, of all entities together.</summary>
    public required double F1 { get; init; }

    /// <summary>How many entities there are.</summary>
    public required int Entities { get; init; }

    /// <summary>Each type by itself, in alphabetical order.</summary>
    public required IReadOnlyList<EntityMeasure> Types { get; init; }

    /// <summary>Whether labels are those of entities: O, and B-TYPE or I-TYPE.</summary>
    /// <param name="names">The labels.</param>
    public static bool AreFor(IEnumerable<string> names)
    {
        string[] others = [.. names.Where(name => name != Outside)];
        return others.Length > 0 && others.All(name => name is "B" or "I" || name.StartsWith("B-", StringComparison.Ordinal) || name.StartsWith("I-", StringComparison.Ordinal));
    }

    /// <summary>The measures.</summary>
    /// <param name="texts">Of each text the right labels of its words, and those that were given.</param>
    /// <exception cref="ArgumentException">A text has not as many of the one as of the other.</exception>
    public static EntityMeasures Of(IEnumerable<(IReadOnlyList<string> Wanted, IReadOnlyList<string> Found)> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        SortedDictionary<string, (int Right, int Found, int Wanted)> types = new(StringComparer.Ordinal);
        foreach ((IReadOnlyList<string> wanted, IReadOnlyList<string> found) in texts)
        {
            if (wanted.Count != found.Count)
                throw new ArgumentException($"{wanted.Count} labels and {found.Count} answers are no pairs", nameof(texts));
            HashSet<(int First, int Last, string Type)> right = [.. In(wanted)];
            foreach ((int First, int Last, string Type) entity in right)
                Add(entity.Type, (0, 0, 1));
            foreach ((int First, int Last, string Type) entity in In(found))
                Add(entity.Type, (right.Contains(entity) ? 1 : 0, 1, 0));
        }

        EntityMeasure all = Measure("", (types.Values.Sum(type => type.Right), types.Values.Sum(type => type.Found), types.Values.Sum(type => type.Wanted)));
        return new EntityMeasures { Precision = all.Precision, Recall = all.Recall, F1 = all.F1, Entities = all.Entities, Types = [.. types.Select(entry => Measure(entry.Key, entry.Value))] };

        void Add(string type, (int Right, int Found, int Wanted) more)
        {
            (int rightOnes, int foundOnes, int wantedOnes) = types.GetValueOrDefault(type);
            types[type] = (rightOnes + more.Right, foundOnes + more.Found, wantedOnes + more.Wanted);
        }
    }

    /// <summary>The entities of a text.</summary>
    /// <param name="labels">The labels of its words.</param>
    internal static IEnumerable<(int First, int Last, string Type)> In(IReadOnlyList<string> labels)
    {
        int first = -1;
        string type = "";
        for (int word = 0; word <= labels.Count; word++)
        {
            string label = word < labels.Count ? labels[word] : Outside, own = label.Length > 2 ? label[2..] : "";
            bool goesOn = first >= 0 && label.StartsWith('I') && own == type;
            if (goesOn)
                continue;
            if (first >= 0)
                yield return (first, word - 1, type);
            (first, type) = label == Outside ? (-1, "") : (word, own);
        }
    }

    private static EntityMeasure Measure(string type, (int Right, int Found, int Wanted) counts) =>
        new(type, Ratio(counts.Right, counts.Found), Ratio(counts.Right, counts.Wanted), Ratio(2 * counts.Right, counts.Found + counts.Wanted), counts.Wanted);

    private static double Ratio(double part, double whole) => whole == 0 ? 0 : part / whole;
}

/// <summary>How well entities of one type were found.</summary>
/// <param name="Type">The type, such as PER.</param>
/// <param name="Precision">The share of those found which are right.</param>
/// <param name="Recall">The share of those that there are which were found.</param>
/// <param name="F1">The harmonic mean of both.</param>
/// <param name="Entities">How many there are.</param>
public sealed record EntityMeasure(string Type, double Precision, double Recall, double F1, int Entities);
