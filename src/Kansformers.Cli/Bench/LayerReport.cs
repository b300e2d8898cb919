namespace Kansformers.Cli.Bench;

/// <summary>What <c>bench layer</c> measures beside ours, and how it tells.</summary>
/// <param name="Reference">Whether the reference takes part.</param>
/// <param name="Memory">Whether memory is measured.</param>
/// <param name="Json">Whether one JSON object is printed in place of tables.</param>
/// <param name="Plot">The picture to draw, or null.</param>
internal sealed record LayerReport(bool Reference, bool Memory, bool Json, string? Plot);
