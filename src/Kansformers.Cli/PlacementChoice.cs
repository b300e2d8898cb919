using System.CommandLine;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary>The option that says which linear layers are KANs.</summary>
internal static class PlacementChoice
{
    /// <param name="joined">How several places are joined.</param>
    public static Option<string?> Option(string joined) => new("--placement")
    {
        Description = $"which linear layers are KANs: all, none, or any of attention, mlp, head {joined} [default: {string.Join(", ", Families.All.Select(family => $"{family.Defaults.Placement.Text()} for {family.Name}"))}]",
    };

    /// <summary>The placement; null where none is given.</summary>
    /// <exception cref="KansformersException">It is none.</exception>
    public static KanPlacement? Parse(string? text) => text is null ? null : KanPlacements.Parse(text);
}
