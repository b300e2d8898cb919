namespace Kansformers.Inspection;

/// <summary>What the page of a run's functions shows.</summary>
public sealed record ModelReportOptions
{
    /// <summary>How many edges of a layer are shown, those that matter most. Functions that edges share are all shown.</summary>
    public int Top { get; init; } = 48;

    /// <summary>How many of the edges that matter least are shown behind them.</summary>
    public int Least { get; init; } = 4;

    /// <summary>Of how many functions of a layer it is measured what the loss becomes without them; every fourth of them is of those that matter least.</summary>
    public int Without { get; init; } = 12;

    /// <summary>The least r2 at which a formula is said to fit a curve.</summary>
    public double LeastR2 { get; init; } = 0.99;

    /// <summary>The title.</summary>
    public string Title { get; init; } = "The learned functions of a run";

    /// <summary>The command that made the page; null for none.</summary>
    public string? Command { get; init; }

    /// <summary>Checks the options.</summary>
    /// <exception cref="KansformersException">One is invalid; the message names it.</exception>
    public void Validate()
    {
        if (Top is < 1 or > 1000)
            throw new KansformersException($"{nameof(ModelReportOptions)}.{nameof(Top)} is {Top}; it must be 1 to 1000");
        if (Least is < 0 or > 1000)
            throw new KansformersException($"{nameof(ModelReportOptions)}.{nameof(Least)} is {Least}; it must be 0 to 1000");
        if (Without is < 0 or > 2000)
            throw new KansformersException($"{nameof(ModelReportOptions)}.{nameof(Without)} is {Without}; it must be 0 to 2000");
        if (!(LeastR2 is >= 0 and <= 1))
            throw new KansformersException(FormattableString.Invariant($"{nameof(ModelReportOptions)}.{nameof(LeastR2)} is {LeastR2}; it must be 0 to 1"));
    }
}

/// <summary>How far a page is.</summary>
/// <param name="Done">The functions that are done.</param>
/// <param name="Total">All that are shown.</param>
public readonly record struct ReportProgress(long Done, long Total);
