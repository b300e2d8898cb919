namespace Kansformers.Training;

/// <summary>The optimizers. A new one is a file with its options and its update of one parameter, and a line here.</summary>
public static class Optimizers
{
    /// <summary>Every optimizer with its defaults; the first is taken unless another is named.</summary>
    public static IReadOnlyList<OptimizerOptions> All { get; } =
    [
        new AdamWOptions(),
        new MuonOptions(),
    ];

    /// <summary>The defaults of an optimizer.</summary>
    /// <param name="kind">Its name, letter case aside.</param>
    /// <exception cref="KansformersException">There is none of that name; the message lists them.</exception>
    public static OptimizerOptions Named(string kind) => All.FirstOrDefault(entry => entry.Kind.Equals(kind, StringComparison.OrdinalIgnoreCase))
        ?? throw new KansformersException($"unknown optimizer '{kind}': use {string.Join(" or ", All.Select(entry => entry.Kind))}");
}
