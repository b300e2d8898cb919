using System.CommandLine;
using Kansformers.Training;

namespace Kansformers.Cli;

/// <summary>An option that names an entry of one of the library's lists, with an option for each number and word that entries can be told.</summary>
internal sealed class ListedChoice<T>
    where T : ListedOptions<T>
{
    private readonly Option<string?> _kind;
    private readonly (string Name, Option<double?> Option)[] _numbers;
    private readonly (string Name, Option<string?> Option)[] _words;
    private readonly Func<string, T> _named;

    /// <param name="option">The option, such as <c>--optimizer</c>.</param>
    /// <param name="description">What it chooses.</param>
    /// <param name="all">The list.</param>
    /// <param name="named">Finds an entry.</param>
    /// <param name="otherwise">Which one stands where none is named.</param>
    public ListedChoice(string option, string description, IReadOnlyList<T> all, Func<string, T> named, string otherwise)
    {
        _named = named;
        _kind = new Option<string?>(option)
        {
            Description = $"{description}: {string.Join("; ", all.Select(entry => $"{entry.Kind}, {entry.Summary}"))} [default: {otherwise}]",
        };
        _numbers = [.. all.SelectMany(entry => entry.Settings().Select(setting => (entry.Kind, Setting: setting))).GroupBy(entry => entry.Setting.Name)
            .Select(same => (same.Key, new Option<double?>(Flag(same.Key)) { Description = Described(same.First().Setting.Description, [.. same.Select(entry => (entry.Kind, Text(entry.Setting.Value)))]) }))];
        _words = [.. all.SelectMany(entry => entry.Words().Select(setting => (entry.Kind, Setting: setting))).GroupBy(entry => entry.Setting.Name)
            .Select(same => (same.Key, new Option<string?>(Flag(same.Key)) { Description = Described(Choices(same.First().Setting), [.. same.Select(entry => (entry.Kind, entry.Setting.Value))]) }))];
    }

    /// <summary>All of its options.</summary>
    public IEnumerable<Option> All => [_kind, .. _numbers.Select(setting => setting.Option), .. _words.Select(setting => setting.Option)];

    /// <summary>Whether an entry is named.</summary>
    public bool IsNamed(ParseResult parsed) => parsed.GetValue(_kind) is not null;

    /// <summary>The entry that is named, as it stands in the list.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="unsaid">What stands where none is named, or this one.</param>
    /// <exception cref="UsageException">There is no such entry.</exception>
    public T Named(ParseResult parsed, T unsaid)
    {
        try
        {
            return parsed.GetValue(_kind) is string kind && _named(kind) is T named && named.Kind != unsaid.Kind ? named : unsaid;
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }
    }

    /// <summary>The entry, with the numbers and words that were given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="unsaid">What stands where nothing is given.</param>
    /// <exception cref="UsageException">There is no such entry, or it has no such number or word.</exception>
    public T Read(ParseResult parsed, T unsaid)
    {
        T entry = Named(parsed, unsaid);
        foreach ((string name, Option<double?> option) in _numbers)
        {
            if (parsed.GetValue(option) is double value)
                entry = Find(entry.Settings(), setting => setting.Name == name, option, entry).With(value);
        }

        foreach ((string name, Option<string?> option) in _words)
        {
            if (parsed.GetValue(option) is not string word)
                continue;
            WordSetting<T> setting = Find(entry.Words(), setting => setting.Name == name, option, entry);
            entry = setting.With(setting.Allowed.Count == 0 ? word : setting.Allowed.FirstOrDefault(allowed => allowed.Equals(word, StringComparison.OrdinalIgnoreCase))
                ?? throw new UsageException($"unknown {name} '{word}': use {string.Join(" or ", setting.Allowed)}"));
        }

        return entry;
    }

    private TSetting Find<TSetting>(IReadOnlyList<TSetting> settings, Func<TSetting, bool> wanted, Option option, T entry)
        where TSetting : class =>
        settings.FirstOrDefault(wanted) ?? throw new UsageException($"{option.Name} is nothing to {_kind.Name} {entry.Kind}; leave it out");

    private static string Choices(WordSetting<T> setting) => setting.Allowed.Count == 0 ? setting.Description : $"{setting.Description}: {string.Join(" or ", setting.Allowed)}";

    // One default where all entries agree.
    private static string Described(string description, IReadOnlyList<(string Kind, string Value)> defaults) => defaults.All(entry => entry.Value.Length == 0) ? description
        : $"{description} [default: {(defaults.DistinctBy(entry => entry.Value).Count() == 1 ? defaults[0].Value : string.Join(", ", defaults.Select(entry => $"{entry.Value} with {entry.Kind}")))}]";

    private static string Flag(string name) => $"--{name.Replace(' ', '-')}";

    private static string Text(double value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
