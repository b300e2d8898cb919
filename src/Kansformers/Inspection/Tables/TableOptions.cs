using Kansformers.Runtime;

namespace Kansformers.Inspection;

/// <summary>How columns become what a network takes.</summary>
public enum TableScaling
{
    /// <summary>Inputs to -1 to 1, numbers to be learned to mean 0 and deviation 1.</summary>
    Range,

    /// <summary>All to mean 0 and deviation 1.</summary>
    Standard,

    /// <summary>As they are.</summary>
    None,
}

/// <summary>How a table becomes samples for a fit.</summary>
public sealed record TableOptions
{
    /// <summary>The column to learn.</summary>
    public string Target { get; init; } = "";

    /// <summary>The columns to learn from; null for all others that hold numbers.</summary>
    public IReadOnlyList<string>? Inputs { get; init; }

    /// <summary>Whether the target's values are classes; null where a target of words is, and one of numbers is not.</summary>
    public bool? IsClass { get; init; }

    /// <summary>How columns are scaled.</summary>
    public TableScaling Scaling { get; init; }

    /// <summary>The share of the rows to hold out.</summary>
    public double TestFraction { get; init; } = 0.2;

    /// <summary>What the choice of held-out rows follows from.</summary>
    public long Seed { get; init; }

    /// <summary>Checks every option.</summary>
    /// <exception cref="KansformersException">One is invalid; the message names it.</exception>
    public void Validate()
    {
        if (string.IsNullOrEmpty(Target))
            throw new KansformersException("no target is named; name the column to learn");
        Allowed.Require("scaling", Scaling);
        Allowed.Require(TestFraction is >= 0 and < 1, "test fraction", TestFraction, "0 to below 1");
        if (Inputs is { Count: 0 })
            throw new KansformersException("no input is named; name at least one column, or none for all");
        if (Inputs?.GroupBy(name => name).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new KansformersException($"column '{twice.Key}' is named twice among the inputs");
        if (Inputs?.Contains(Target) == true)
            throw new KansformersException($"column '{Target}' is the target; it cannot be an input too");
    }
}
