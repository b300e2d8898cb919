using System.CommandLine;
using Kansformers.Training;

namespace Kansformers.Cli;

/// <summary>An option that names an entry of one of the library's lists, with an option for each number that entries can be told.</summary>
internal sealed class ListedChoice<T>
    where T : ListedOptions<T>
{
    private readonly Option<string> _kind;
    private readonly (string Name, Option<double> Option)[] _settings;
    private readonly Func<string, T> _named;

    /// <param name="option">The option, such as <c>--optimizer</c>.</param>
    /// <param name="description">What it chooses.</param>
    /// <param name="all">The list.</param>
    /// <param name="named">Finds an entry.</param>
    public ListedChoice(string option, string description, IReadOnlyList<T> all, Func<string, T> named)
    {
        _named = named;
        _kind = new Option<string>(option)
        {
            Description = $"{description}: {string.Join("; ", all.Select(entry => $"{entry.Kind}, {entry.Summary}"))}",
            DefaultValueFactory = _ => all[0].Kind,
        };
        _settings = [.. all.SelectMany(entry => entry.Settings()).DistinctBy(setting => setting.Name).Select(setting => (setting.Name, Numeric(setting)))];
    }

    /// <summary>All of its options.</summary>
    public IEnumerable<Option> All => [_kind, .. _settings.Select(setting => setting.Option)];

    /// <summary>The entry, with the numbers that were given.</summary>
    /// <exception cref="UsageException">There is no such entry, or it has no such number.</exception>
    public T Read(ParseResult parsed)
    {
        T entry;
        try
        {
            entry = _named(parsed.GetValue(_kind)!);
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }

        foreach ((string name, Option<double> option) in _settings.Where(setting => parsed.GetResult(setting.Option) is { Implicit: false }))
        {
            Setting<T> setting = entry.Settings().FirstOrDefault(setting => setting.Name == name)
                ?? throw new UsageException($"{option.Name} is nothing to {_kind.Name} {entry.Kind}; leave it out");
            entry = setting.With(parsed.GetValue(option));
        }

        return entry;
    }

    private static Option<double> Numeric(Setting<T> setting) =>
        new($"--{setting.Name.Replace(' ', '-')}") { Description = setting.Description, DefaultValueFactory = _ => setting.Value };
}
