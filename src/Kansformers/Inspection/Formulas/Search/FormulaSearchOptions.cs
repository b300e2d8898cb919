using Kansformers.Runtime;

namespace Kansformers.Inspection;

/// <summary>How a formula is searched for (<see cref="FormulaSearch"/>).</summary>
public sealed record FormulaSearchOptions
{
    /// <summary>The names of the inputs, a column each; null for x1, x2 and so on.</summary>
    public IReadOnlyList<string>? Variables { get; init; }

    /// <summary>How long the search may take, in seconds; it ends with the best formula by then.</summary>
    public double Seconds { get; init; } = 60;

    /// <summary>The most rows that are looked at; of more, some are taken, spread over all.</summary>
    public int MostRows { get; init; } = 1000;

    /// <summary>Checks every option.</summary>
    /// <exception cref="KansformersException">One is invalid; the message names it.</exception>
    public void Validate()
    {
        Allowed.Require(Seconds > 0 && double.IsFinite(Seconds), "seconds", Seconds, "above 0");
        Allowed.Require(MostRows >= FormulaSearch.LeastRows, "most rows", MostRows, $"{FormulaSearch.LeastRows} or more");
        if (Variables is not null && Variables.Distinct().Count() != Variables.Count)
            throw new KansformersException("two inputs have the same name");
    }
}
