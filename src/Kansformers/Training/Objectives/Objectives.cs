namespace Kansformers.Training;

/// <summary>The objectives. A new one is a file with its options, its batches and their loss, and a line here.</summary>
public static class Objectives
{
    /// <summary>Every objective with its defaults; the first is taken unless another is named.</summary>
    public static IReadOnlyList<ObjectiveOptions> All { get; } =
    [
        new NextTokenOptions(),
    ];

    /// <summary>The defaults of an objective.</summary>
    /// <param name="kind">Its name, letter case aside.</param>
    /// <exception cref="KansformersException">There is none of that name; the message lists them.</exception>
    public static ObjectiveOptions Named(string kind) => All.FirstOrDefault(entry => entry.Kind.Equals(kind, StringComparison.OrdinalIgnoreCase))
        ?? throw new KansformersException($"unknown objective '{kind}': use {string.Join(" or ", All.Select(entry => entry.Kind))}");
}
