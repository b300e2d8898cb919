namespace Kansformers.Training;

/// <summary>The recipes. A new one is a file, and a line here.</summary>
public static class Recipes
{
    /// <summary>Every recipe; the first is taken unless another is named.</summary>
    public static IReadOnlyList<Recipe> All { get; } =
    [
        new TunedRecipe(),
        new OriginalRecipe(),
    ];

    /// <summary>A recipe.</summary>
    /// <param name="name">Its name, letter case aside.</param>
    /// <exception cref="KansformersException">There is none of that name; the message lists them.</exception>
    public static Recipe Named(string name) => All.FirstOrDefault(entry => entry.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new KansformersException($"unknown recipe '{name}': use {string.Join(" or ", All.Select(entry => entry.Name))}");
}
