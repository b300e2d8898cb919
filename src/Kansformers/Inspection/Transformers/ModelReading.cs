namespace Kansformers.Inspection;

/// <summary>What the learned functions of a model do on a corpus.</summary>
/// <param name="Layers">The layers through which anything went, in the model's order.</param>
/// <param name="Tokens">How many tokens were read.</param>
public sealed record ModelReading(IReadOnlyList<LayerReading> Layers, long Tokens)
{
    /// <summary>The layer of that name, or of a name that ends so after a dot.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="KansformersException">There is none, or more than one; the message names those that there are.</exception>
    public LayerReading Layer(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        LayerReading[] found = [.. Layers.Where(layer => layer.Layer.Name == name)];
        if (found.Length == 0)
            found = [.. Layers.Where(layer => layer.Layer.Name.EndsWith("." + name, StringComparison.Ordinal))];
        return found.Length == 1 ? found[0]
            : throw new KansformersException($"{(found.Length == 0 ? $"there is no layer '{name}' with learned functions" : $"several layers end in '{name}'")}: name one of {string.Join(", ", Layers.Select(layer => layer.Layer.Name))}");
    }
}
