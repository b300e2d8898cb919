namespace Kansformers.Inspection;

/// <summary>Which table a network was fitted to and how it was read; kept with the network, so that the same rows can be had again.</summary>
public sealed record TableSource
{
    /// <summary>The path of the table.</summary>
    public string Data { get; init; } = "";

    /// <summary>The columns that are the network's samples, in order.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];

    /// <summary>The column that was learned.</summary>
    public string Target { get; init; } = "";

    /// <summary>The classes by their numbers, where the target is one of some words; empty where it is a number.</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary>The share of the rows that were held out.</summary>
    public double TestFraction { get; init; } = 0.2;

    /// <summary>What the choice of held-out rows follows from.</summary>
    public long Seed { get; init; }

    /// <summary>The loss that goes with the target.</summary>
    public FitLoss Loss => Classes.Count > 0 ? FitLoss.CrossEntropy : FitLoss.MeanSquare;
}
