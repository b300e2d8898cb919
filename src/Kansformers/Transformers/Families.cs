namespace Kansformers.Transformers;

/// <summary>The families. A new one is a file in <c>Families</c> with its options and its model, and a line here.</summary>
public static class Families
{
    /// <summary>Every family; the first is taken unless another is named, and by files that name none.</summary>
    public static IReadOnlyList<Family> All { get; } =
    [
        new GptFamily(),
        new KansformerFamily(),
        new BertFamily(),
        new DistilBertFamily(),
        new RobertaFamily(),
        new BartFamily(),
    ];

    /// <summary>The names of the presets of all families.</summary>
    public static IReadOnlyList<string> PresetNames { get; } = [.. All.SelectMany(family => family.Presets).Select(preset => preset.Name)];

    /// <summary>The families that continue text, for messages.</summary>
    internal static string Causal => string.Join(", ", All.Where(family => family.IsCausal).Select(family => family.Name));

    /// <summary>A family.</summary>
    /// <param name="name">Its name, letter case aside.</param>
    /// <exception cref="KansformersException">There is none of that name; the message lists them.</exception>
    public static Family Named(string name) => All.FirstOrDefault(family => family.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new KansformersException($"unknown family '{name}': use {string.Join(" or ", All.Select(family => family.Name))}");

    /// <summary>The family of options.</summary>
    /// <param name="options">The options.</param>
    /// <exception cref="KansformersException">They are of none that is listed.</exception>
    public static Family Of(ModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return All.FirstOrDefault(family => family.Defaults.GetType() == options.GetType())
            ?? throw new KansformersException($"{options.GetType().Name} are the options of no family that is listed in {nameof(Families)}");
    }

    /// <summary>A preset, with its family.</summary>
    /// <param name="name">The preset's name.</param>
    /// <param name="family">The family that it must be of; null for any.</param>
    /// <exception cref="KansformersException">There is none of that name; the message lists those there are.</exception>
    public static (Family Family, ModelPreset Preset) Preset(string name, Family? family = null)
    {
        foreach (Family one in family is null ? All : [family])
        {
            if (one.Presets.FirstOrDefault(preset => preset.Name == name) is ModelPreset found)
                return (one, found);
        }

        string[] names = [.. (family is null ? All : [family]).SelectMany(one => one.Presets).Select(preset => preset.Name)];
        string which = names.Length > 0 ? $"use one of {string.Join(", ", names)}, or give" : "give";
        throw new KansformersException($"unknown model '{name}'{(family is null ? "" : $" of the family {family.Name}")}: {which} ModelOptions.Layers, ModelOptions.Heads and ModelOptions.Width");
    }
}
