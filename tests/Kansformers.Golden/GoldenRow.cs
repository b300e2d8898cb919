namespace Kansformers.Golden;

/// <summary>One tensor compared with what the original program computed.</summary>
/// <param name="Name">The tensor's name in the golden file.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Absolute">The largest absolute difference.</param>
/// <param name="Relative">That difference as a share of the largest expected magnitude.</param>
/// <param name="Tolerance">The largest relative difference that counts as equal.</param>
public sealed record GoldenRow(string Name, string Shape, double Absolute, double Relative, double Tolerance)
{
    /// <summary>Whether the tensors agree; a NaN never does.</summary>
    public bool Ok => Relative <= Tolerance;
}

/// <summary>The comparison of one golden path.</summary>
/// <param name="Path">The file or folder.</param>
/// <param name="Kind">What it holds, as its content told.</param>
/// <param name="Rows">A row per tensor.</param>
public sealed record GoldenReport(string Path, string Kind, IReadOnlyList<GoldenRow> Rows)
{
    /// <summary>What is to be known of what the comparison says; null for nothing.</summary>
    public string? Note { get; init; }

    /// <summary>Whether every tensor agrees.</summary>
    public bool Ok => Rows.Count > 0 && Rows.All(row => row.Ok);

    /// <summary>The row that comes closest to its tolerance, or is furthest beyond.</summary>
    public GoldenRow? Worst => Rows.MaxBy(row => double.IsNaN(row.Relative) ? double.PositiveInfinity : row.Relative / Math.Max(row.Tolerance, double.Epsilon * 1e16));
}
