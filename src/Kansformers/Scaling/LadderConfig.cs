using Kansformers.Comparisons;

namespace Kansformers.Scaling;

/// <summary>What a ladder is: kinds of models, each trained in several sizes and for several budgets.</summary>
public sealed record LadderConfig
{
    /// <summary>
    /// The kinds of models with their text and seeds. Their own sizes are those at which their learning rates were chosen; where <see cref="ComparisonConfig.Match"/>
    /// makes parameters equal, they are equal in each size of the ladder, to those of the first model.
    /// </summary>
    public required ComparisonConfig Kinds { get; init; }

    /// <summary>The sizes.</summary>
    public required IReadOnlyList<LadderSize> Sizes { get; init; }

    /// <summary>
    /// How long each of them is trained, each time by a run of its own: its learning rate has a schedule of its own that ends with it, since a loss on the way of a longer
    /// run is not what a run of that length comes to.
    /// </summary>
    public required IReadOnlyList<TokenBudget> Budgets { get; init; }

    /// <summary>How learning rates follow the width; null for the same rates in all sizes.</summary>
    public WidthRule? Rates { get; init; } = new();

    /// <summary>Reads a ladder from a JSON file; <c>docs/scaling.md</c> tells its format.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="KansformersException">It cannot be read, or something in it is unknown or wrong; the message names the place.</exception>
    public static LadderConfig Load(string path) => LadderFile.Read(path);

    /// <summary>Checks all that can be checked without the text.</summary>
    /// <exception cref="KansformersException">The message names the option or the model, and what is allowed.</exception>
    public void Validate()
    {
        Kinds.Validate();
        Require(Sizes, "size", "32,64,128");
        Require(Budgets, "budget", "10x,20x");
        if (Kinds.Match is { Steps: not StepMatch.Settings } or { MostParameters: not null })
            throw new KansformersException($"match is '{Kinds.Match}'; in a ladder it must be none or parameters, for its budgets say how long models are trained");
        if (Kinds.Baseline is not null)
            throw new KansformersException($"baseline is '{Kinds.Baseline}', but a ladder has none; leave it out");
        Rates?.Validate();
    }

    private static void Require<T>(IReadOnlyList<T> all, string what, string example)
    {
        if (all.Count == 0)
            throw new KansformersException($"there is no {what}; give at least one, as in {example}");
        if (all.GroupBy(one => one).FirstOrDefault(group => group.Count() > 1) is { Key: T twice })
            throw new KansformersException($"the {what} {twice} is given twice");
    }
}
