using System.Globalization;
using Kansformers.Kan;

namespace Kansformers.Transformers;

/// <summary>What became of each linear layer of a module.</summary>
/// <param name="Layers">A line for each layer, in the module's order.</param>
public sealed record SwapReport(IReadOnlyList<SwapResult> Layers)
{
    /// <summary>The layers that were replaced.</summary>
    public IEnumerable<SwapResult> Replaced => Layers.Where(layer => layer.Reason is null);

    /// <summary>The layers that stayed, with their reasons.</summary>
    public IEnumerable<SwapResult> Skipped => Layers.Where(layer => layer.Reason is not null);

    /// <summary>The largest error of a layer beside its largest output; 0 where none was measured.</summary>
    public double LargestRelativeError => Replaced.Select(layer => layer.Match?.RelativeError ?? 0).DefaultIfEmpty().Max();

    /// <summary>A line for each layer, and a last one that counts them.</summary>
    public override string ToString() => string.Join('\n', [.. Layers, $"{Replaced.Count()} replaced, {Skipped.Count()} skipped"]);
}

/// <summary>What became of a layer.</summary>
/// <param name="Name">Its name in the module.</param>
/// <param name="Inputs">Its inputs.</param>
/// <param name="Outputs">Its outputs.</param>
public sealed record SwapResult(string Name, long Inputs, long Outputs)
{
    /// <summary>The KAN layer in its place; null where it stayed, or became linear.</summary>
    public KanLinear? Kan { get; init; }

    /// <summary>Why it stayed; null where it was replaced.</summary>
    public string? Reason { get; init; }

    /// <summary>How nearly the KAN layer computes the same; null where it was not asked to, or nothing was replaced.</summary>
    public LayerMatch? Match { get; init; }

    /// <summary>What else there is to say, such as that it is frozen; null for nothing.</summary>
    public string? Note { get; init; }

    /// <summary>The layer in a line.</summary>
    public override string ToString()
    {
        string size = string.Create(CultureInfo.InvariantCulture, $"{Name} ({Inputs} -> {Outputs})");
        string what = Reason is not null ? $"stays: {Reason}" : Kan?.Options.Summary() ?? "linear";
        string match = Match is null ? "" : string.Create(CultureInfo.InvariantCulture, $"; {Words(Match.How)}, largest error {Match.LargestError:g2} of {Match.LargestOutput:g3} on {Match.Samples} samples");
        return $"{size}: {what}{match}{(Note is null ? "" : $"; {Note}")}";
    }

    private static string Words(KanAgreement how) => how switch
    {
        KanAgreement.Exact => "exact",
        KanAgreement.ExactInRange => "exact in the grid's range",
        _ => "fitted",
    };
}
