namespace Kansformers.Inspection;

/// <summary>Why a search for a formula ended.</summary>
public enum FormulaSearchEnd
{
    /// <summary>A formula was found that is off by rounding alone.</summary>
    Exact,

    /// <summary>All that there was to try was tried.</summary>
    Tried,

    /// <summary>Its time was over (<see cref="FormulaSearchOptions.Seconds"/>).</summary>
    Seconds,

    /// <summary>It was asked to end.</summary>
    Cancelled,
}

/// <summary>What a search for a formula came to.</summary>
/// <param name="Best">The best formula; null where no network came near the samples.</param>
/// <param name="How">The network that it came from, in words.</param>
/// <param name="Error">Its root mean square error on the samples, as a share of their standard deviation; infinite where there is none.</param>
/// <param name="End">Why the search ended.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record FormulaSearchResult(Formula? Best, string How, double Error, FormulaSearchEnd End, double Seconds);

/// <summary>Where a search for a formula is.</summary>
/// <param name="Tried">The networks that were fitted so far.</param>
/// <param name="At">What is tried, in words.</param>
/// <param name="Seconds">Since it began.</param>
/// <param name="Best">The best formula so far; null for none.</param>
/// <param name="Error">Its root mean square error on the samples, as a share of their standard deviation.</param>
public sealed record FormulaSearchStep(int Tried, string At, double Seconds, Formula? Best, double Error);
