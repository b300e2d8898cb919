namespace Kansformers.Inspection;

/// <summary>How well a function reproduces an edge's curve.</summary>
/// <param name="Formula">The function with the best a, b, c and d that were found.</param>
/// <param name="R2">1 - Σ (y - formula)² / Σ (y - mean)², over all samples; 1 where every y is the same, for d alone reproduces them.</param>
/// <param name="Score">What <see cref="CurveFit.Suggest"/> orders by, least first.</param>
public sealed record EdgeFit(EdgeFormula Formula, double R2, double Score);
