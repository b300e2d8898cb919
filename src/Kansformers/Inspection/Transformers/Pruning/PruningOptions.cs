namespace Kansformers.Inspection;

/// <summary>Which edges are pruned first.</summary>
public enum PruningOrder
{
    /// <summary>Those by which the loss is expected to rise least (<see cref="FunctionReading.Attribution"/>).</summary>
    Attribution,

    /// <summary>Those with the least share of their output's deviation (<see cref="FunctionReading.Share"/>).</summary>
    Deviation,

    /// <summary>Those of the smallest numbers (<see cref="FunctionReading.Magnitude"/>).</summary>
    Magnitude,

    /// <summary>Any, by chance.</summary>
    Chance,
}

/// <summary>Which edges of a model are pruned, and what is left in their place.</summary>
public sealed record PruningOptions
{
    /// <summary>The share of all edges that are gone afterwards, those among them that were before: 0 to 1.</summary>
    public double Share { get; init; } = 0.25;

    /// <summary>Which first.</summary>
    public PruningOrder Order { get; init; }

    /// <summary>
    /// Whether the mean of what a pruned edge gave, over the tokens that were read, is added to its output's bias: then only how it moved around its mean is lost. A model without
    /// biases in its KAN layers gets them.
    /// </summary>
    public bool KeepMeans { get; init; } = true;

    /// <summary>Decides which edges go by chance.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Checks the options.</summary>
    /// <exception cref="KansformersException">One is invalid; the message names it.</exception>
    public void Validate()
    {
        if (!(Share is >= 0 and <= 1))
            throw new KansformersException(FormattableString.Invariant($"{nameof(PruningOptions)}.{nameof(Share)} is {Share}; it must be 0 to 1"));
        if (!Enum.IsDefined(Order))
            throw new KansformersException($"{nameof(PruningOptions)}.{nameof(Order)} is {Order}; use one of {string.Join(", ", Enum.GetNames<PruningOrder>())}");
    }
}

/// <summary>What was pruned of a layer.</summary>
/// <param name="Name">The layer's name.</param>
/// <param name="Edges">How many edges it has.</param>
/// <param name="Pruned">How many of them are pruned.</param>
public sealed record PrunedLayer(string Name, long Edges, long Pruned);
