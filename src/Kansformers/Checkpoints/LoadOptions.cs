using System.Collections.Immutable;

namespace Kansformers.Checkpoints;

/// <summary>How strictly a file must match the model that it is loaded into. By default exactly.</summary>
public sealed record LoadOptions
{
    /// <summary>Whether the model may keep its own value for a tensor of that name that the file lacks. Default: never.</summary>
    public Func<string, bool> AllowMissing { get; init; } = _ => false;

    /// <summary>Whether a tensor of that name in the file may be left aside. Default: never.</summary>
    public Func<string, bool> AllowUnexpected { get; init; } = _ => false;
}

/// <summary>What loading a file into a model did.</summary>
public sealed record LoadReport
{
    /// <summary>How many tensors of the model took their value from the file.</summary>
    public required int Loaded { get; init; }

    /// <summary>How many of them have another element type in the file, and were converted.</summary>
    public required int Converted { get; init; }

    /// <summary>Tensors of the model that the file lacks, which was allowed.</summary>
    public required ImmutableArray<string> Missing { get; init; }

    /// <summary>Tensors of the file that the model lacks, which was allowed.</summary>
    public required ImmutableArray<string> Unexpected { get; init; }
}
