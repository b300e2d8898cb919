using System.CommandLine;
using System.Globalization;
using Kansformers.Training;

namespace Kansformers.Cli;

/// <summary>The option that plans finer grids in the middle of a training.</summary>
internal static class RefinementChoice
{
    private const string Name = "--refine-grid";

    /// <summary>The option.</summary>
    public static Option<string?> Option() => new(Name)
    {
        Description = "give the KAN layers (bspline, rbf, switch) finer grids under the same curves in the middle of the training, as STEP:SIZE,STEP:SIZE: 1000:10,1500:20; a multiple of the size "
            + "before (rbf, switch: of the size less one) keeps the functions exactly, and what the optimizer remembers goes along, unless :fresh stands behind the size; with --resume, what is still to come",
    };

    /// <summary>The plan; null where the option is not given.</summary>
    /// <exception cref="UsageException">The text is no such list.</exception>
    public static IReadOnlyList<PlannedRefinement>? Parse(string? text) => text is null ? null : [.. text.Split(',').Select(One)];

    private static PlannedRefinement One(string part)
    {
        string[] sides = part.Split(':');
        bool isFresh = sides.Length == 3 && sides[2] == "fresh";
        return (sides.Length == 2 || isFresh) && long.TryParse(sides[0], NumberStyles.None, CultureInfo.InvariantCulture, out long step)
            && int.TryParse(sides[1], NumberStyles.None, CultureInfo.InvariantCulture, out int size) ? new PlannedRefinement(step, size) { IsFresh = isFresh }
            : throw new UsageException($"{Name}: '{part}' is no STEP:SIZE; write 1000:10 for grid size 10 from step 1000 on, several joined by commas");
    }
}
