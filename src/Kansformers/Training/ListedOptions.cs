using System.Text.Json.Serialization;

namespace Kansformers.Training;

/// <summary>
/// An entry of a list, such as <see cref="Optimizers"/>, with its settings. The lists hold every entry once, with its defaults; command line, run
/// configuration, tests and docs read them.
/// </summary>
/// <typeparam name="T">The options of all entries of the list.</typeparam>
public abstract record ListedOptions<T>
    where T : ListedOptions<T>
{
    /// <summary>Names the entry.</summary>
    /// <param name="kind">Its name in the list: lower case, words joined by hyphens.</param>
    /// <param name="summary">What it is, in a few words.</param>
    private protected ListedOptions(string kind, string summary) => (Kind, Summary) = (kind, summary);

    /// <summary>The entry's name on the command line and in a run's configuration.</summary>
    [JsonPropertyOrder(-1)]
    public string Kind { get; }

    /// <summary>What it is, in a few words.</summary>
    [JsonIgnore]
    public string Summary { get; }

    /// <summary>The numbers that the command line can set.</summary>
    public virtual IReadOnlyList<Setting<T>> Settings() => [];

    /// <summary>The words that the command line can set.</summary>
    public virtual IReadOnlyList<WordSetting<T>> Words() => [];

    /// <summary>Checks every setting.</summary>
    /// <exception cref="KansformersException">The message names the setting, its value and what is allowed.</exception>
    public virtual void Validate()
    {
    }
}

/// <summary>A number that the command line can set.</summary>
/// <param name="Name">Its name in words: <c>weight decay</c>.</param>
/// <param name="Description">What it is, for a list of options.</param>
/// <param name="Value">Its value.</param>
/// <param name="With">The options with another value.</param>
/// <typeparam name="T">The options that it belongs to.</typeparam>
public sealed record Setting<T>(string Name, string Description, double Value, Func<double, T> With);

/// <summary>A choice among words that the command line can set.</summary>
/// <param name="Name">Its name in words.</param>
/// <param name="Description">What it is, for a list of options.</param>
/// <param name="Value">The word that is chosen, in lower case.</param>
/// <param name="Allowed">All words, in lower case; none where any text will do, such as a path.</param>
/// <param name="With">The options with another of the words.</param>
/// <typeparam name="T">The options that it belongs to.</typeparam>
public sealed record WordSetting<T>(string Name, string Description, string Value, IReadOnlyList<string> Allowed, Func<string, T> With)
{
    /// <summary>A choice among the values of an enumeration.</summary>
    internal static WordSetting<T> Of<TEnum>(string name, string description, TEnum value, Func<TEnum, T> with)
        where TEnum : struct, Enum =>
        new(name, description, Word(value), [.. Enum.GetValues<TEnum>().Select(Word)], word => with(Enum.GetValues<TEnum>().First(one => Word(one) == word)));

    private static string Word<TEnum>(TEnum value)
        where TEnum : struct, Enum => value.ToString().ToLowerInvariant();
}
