namespace Kansformers.Transformers;

/// <summary>The sizes of a GPT by name, as minGPT and the original Kansformers knew them.</summary>
public static class GptPresets
{
    private static readonly (string Name, int Layers, int Heads, int Width)[] Known =
    [
        ("openai-gpt", 12, 12, 768),
        ("gpt2", 12, 12, 768),
        ("gpt2-medium", 24, 16, 1024),
        ("gpt2-large", 36, 20, 1280),
        ("gpt2-xl", 48, 25, 1600),
        ("gopher-44m", 8, 16, 512),
        ("gpt-mini", 6, 6, 192),
        ("gpt-micro", 4, 4, 128),
        ("gpt-nano", 3, 3, 48),
    ];

    /// <summary>The names, largest models first within each family.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Known.Select(preset => preset.Name)];

    /// <summary>The layers, heads and width of a preset, laid over <paramref name="options"/>.</summary>
    /// <exception cref="KansformersException">No such preset; the message lists those there are.</exception>
    public static GptOptions Apply(string name, GptOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        foreach ((string known, int layers, int heads, int width) in Known)
        {
            if (known == name)
                return options with { Layers = layers, Heads = heads, Width = width };
        }

        throw new KansformersException($"unknown model '{name}': use one of {string.Join(", ", Names)}, or give --layers, --heads and --embd");
    }

    /// <summary>The preset of these sizes, or null.</summary>
    internal static (string Name, int Heads)? Of(int layers, int width)
    {
        foreach ((string name, int presetLayers, int heads, int presetWidth) in Known)
        {
            if (name != "openai-gpt" && presetLayers == layers && presetWidth == width)
                return (name, heads);
        }

        return null;
    }
}
