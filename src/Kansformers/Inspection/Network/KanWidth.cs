using System.Text.Json.Serialization;

namespace Kansformers.Inspection;

/// <summary>The nodes of one level of a <see cref="KanNetwork"/>: addition nodes first, each the sum of its edges, then multiplication nodes, each a product of such sums.</summary>
public sealed record KanWidth
{
    /// <summary>Names the nodes of a level.</summary>
    /// <param name="additions">The number of addition nodes.</param>
    /// <param name="arities">For each multiplication node how many sums it multiplies, 2 or more.</param>
    public KanWidth(int additions, params IReadOnlyList<int> arities)
    {
        ArgumentNullException.ThrowIfNull(arities);
        (Additions, Arities) = (additions, [.. arities]);
    }

    /// <summary>The number of addition nodes.</summary>
    public int Additions { get; }

    /// <summary>The factors of each multiplication node.</summary>
    public IReadOnlyList<int> Arities { get; }

    /// <summary>The number of nodes of both sorts.</summary>
    [JsonIgnore]
    public int Nodes => Additions + Arities.Count;

    /// <summary>The number of sums that edges lead into: one for an addition node, as many as its arity for a multiplication node.</summary>
    [JsonIgnore]
    public int Subnodes => Additions + Arities.Sum();

    /// <summary>Addition nodes alone.</summary>
    /// <param name="additions">Their number.</param>
    public static implicit operator KanWidth(int additions) => FromInt32(additions);

    /// <summary>Addition nodes alone.</summary>
    /// <param name="additions">Their number.</param>
    public static KanWidth FromInt32(int additions) => new(additions);

    /// <inheritdoc/>
    public bool Equals(KanWidth? other) => other is not null && Additions == other.Additions && Arities.SequenceEqual(other.Arities);

    /// <inheritdoc/>
    public override int GetHashCode() => Arities.Aggregate(Additions, HashCode.Combine);

    /// <summary>The level as pykan writes it, arities behind it: <c>2</c>, <c>[2, 1]</c>, <c>[2, 1] of 3</c>.</summary>
    public override string ToString() => Arities.Count == 0 ? $"{Additions}"
        : Arities.All(arity => arity == 2) ? $"[{Additions}, {Arities.Count}]" : $"[{Additions}, {Arities.Count}] of {string.Join(' ', Arities)}";

    /// <summary>The first subnode of a node.</summary>
    internal int FirstSubnode(int node) => node <= Additions ? node : Additions + Arities.Take(node - Additions).Sum();

    /// <summary>How many subnodes a node has.</summary>
    internal int SubnodesOf(int node) => node < Additions ? 1 : Arities[node - Additions];
}
