namespace Kansformers.Checkpoints;

/// <summary>What became of a tensor on its way from one layout to another.</summary>
public enum TensorFate
{
    /// <summary>It is as it was.</summary>
    Kept,

    /// <summary>It has another name.</summary>
    Renamed,

    /// <summary>It is transposed; it may have another name, too.</summary>
    Transposed,

    /// <summary>It is another tensor's value under a second name, and stands only once.</summary>
    Tied,

    /// <summary>It is left out: it holds nothing that is learned, as causal masks do, or is of a part that the model does not have.</summary>
    Dropped,

    /// <summary>It has another element type.</summary>
    Converted,

    /// <summary>The source lacks it, and it is made: causal masks that the original's classes expect.</summary>
    Added,

    /// <summary>It is some rows of a tensor of the result, such as the query's of query, key and value.</summary>
    Joined,

    /// <summary>Some of its rows are a tensor of the result.</summary>
    Split,

    /// <summary>It is of a layer that became one of another kind, which computes the same or nearly so.</summary>
    Fitted,
}

/// <summary>A line of the report of a conversion.</summary>
/// <param name="From">The name in the source; null for what is made.</param>
/// <param name="To">The name in the result; null for what is not in it.</param>
/// <param name="Fate">What became of it.</param>
public sealed record TensorChange(string? From, string? To, TensorFate Fate);
