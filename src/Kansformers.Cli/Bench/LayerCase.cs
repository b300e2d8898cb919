using System.Text.Json.Serialization;
using Kansformers.Kan;
using Kansformers.Runtime;

namespace Kansformers.Cli.Bench;

/// <summary>The size of a layer that is measured.</summary>
internal sealed record LayerCase
{
    public required long In { get; init; }

    public required long Out { get; init; }

    public required long Tokens { get; init; }

    public int GridSize { get; init; } = 5;

    public int SplineOrder { get; init; } = 3;

    public Precision Precision { get; init; }

    [JsonIgnore]
    public KanOptions Options => new() { GridSize = GridSize, SplineOrder = SplineOrder };

    /// <summary>The columns of the expanded input: the base activation and every basis of every input.</summary>
    [JsonIgnore]
    public long Width => In * (Options.Coefficients + 1);

    [JsonIgnore]
    public string Title => FormattableString.Invariant($"{In} -> {Out}, {Tokens} tokens, grid {GridSize}, order {SplineOrder}, {Precision.Text()}");
}
