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

    /// <summary>The kind of layer.</summary>
    public KanOptions Options { get; init; } = new BSplineOptions();

    /// <summary>The kind by its name.</summary>
    [JsonIgnore]
    public string Kan => Options.Kind;

    /// <summary>Which edges share a function.</summary>
    [JsonIgnore]
    public string Sharing => Options.Sharing.ToString();

    /// <summary>The grid size of kinds that have one.</summary>
    [JsonIgnore]
    public int? GridSize => int.TryParse(KanSettings.Get(Options, "grid-size"), out int size) ? size : null;

    /// <summary>The spline order of splines.</summary>
    [JsonIgnore]
    public int? SplineOrder => (Options as BSplineOptions)?.SplineOrder;

    /// <summary>Whether there are two ways to compute it, from all coefficients and from the live ones alone.</summary>
    [JsonIgnore]
    public bool HasPaths => Options is BSplineOptions && Options.Sharing.IsEdge;

    public Precision Precision { get; init; }

    /// <summary>The columns of the expanded input.</summary>
    [JsonIgnore]
    public long Width => Options.ExpandedWidth(In);

    [JsonIgnore]
    public string Title => FormattableString.Invariant($"{In} -> {Out}, {Tokens} tokens, {Options.Summary()}, {Precision.Text()}");
}
