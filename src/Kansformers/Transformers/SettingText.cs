using System.Globalization;

namespace Kansformers.Transformers;

/// <summary>The value of a <see cref="FamilySetting"/> as a text tells it.</summary>
/// <param name="Name">The setting, for messages.</param>
/// <param name="Value">The text.</param>
internal readonly record struct SettingText(string Name, string Value)
{
    /// <summary>A setting that reads its text in this way.</summary>
    /// <param name="name">Its name: lower case, words joined by hyphens.</param>
    /// <param name="description">What it is, and its default.</param>
    /// <param name="with">The options with the value.</param>
    public static FamilySetting Setting<TOptions>(string name, string description, Func<TOptions, SettingText, TOptions> with)
        where TOptions : ModelOptions => new(name, description, (options, value) => with((TOptions)options, new SettingText(name, value)));

    /// <summary>A whole number.</summary>
    /// <exception cref="KansformersException">It is none.</exception>
    public int Integer() => int.TryParse(Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : throw Fault("a whole number");

    /// <summary>True or false.</summary>
    /// <exception cref="KansformersException">It is neither.</exception>
    public bool Truth() => bool.TryParse(Value, out bool truth) ? truth : throw Fault("true or false");

    /// <summary>One of some values by its name, in whatever case.</summary>
    /// <exception cref="KansformersException">It is none of them.</exception>
    public T Named<T>()
        where T : struct, Enum
    {
        // Enum.Parse would take numbers and lists, too.
        string value = Value;
        string[] names = [.. Enum.GetNames<T>().Select(name => name.ToLowerInvariant())];
        int at = Array.FindIndex(names, name => name.Equals(value, StringComparison.OrdinalIgnoreCase));
        return at >= 0 ? Enum.GetValues<T>()[at] : throw Fault($"{string.Join(", ", names[..^1])} or {names[^1]}");
    }

    private KansformersException Fault(string allowed) => new($"{Name} is '{Value}'; it must be {allowed}");
}
