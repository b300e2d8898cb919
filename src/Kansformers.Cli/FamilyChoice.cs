using System.CommandLine;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary>The option that names a family, and those that families bring themselves.</summary>
internal sealed class FamilyChoice
{
    private readonly (string Name, Option<string?> Option)[] _settings =
        [.. Families.All.SelectMany(family => family.Settings.Select(setting => (family, setting))).GroupBy(entry => entry.setting.Name).Select(group => (group.Key, Text(group.Key, [.. group])))];

    /// <param name="otherwise">What is taken when no family is named.</param>
    public FamilyChoice(string otherwise) =>
        Name = new Option<string?>("--family") { Description = $"the kind of transformer: {string.Join("; ", Families.All.Select(family => $"{family.Name}, {family.Summary}"))} [default: {otherwise}]" };

    public Option<string?> Name { get; }

    /// <summary>The options that families bring.</summary>
    public IEnumerable<Option> Settings => _settings.Select(setting => setting.Option);

    /// <summary>The family that is named; null where none is.</summary>
    /// <exception cref="UsageException">There is none of that name.</exception>
    public Family? Read(ParseResult parsed)
    {
        try
        {
            return parsed.GetValue(Name) is string name ? Families.Named(name) : null;
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }
    }

    /// <summary>The options with what the user set of those that their family brings.</summary>
    /// <exception cref="UsageException">One was set that the family does not have, or to what it cannot be.</exception>
    public ModelOptions Apply(ParseResult parsed, ModelOptions options)
    {
        foreach ((string name, Option<string?> option) in _settings)
        {
            if (parsed.GetValue(option) is not string value)
                continue;
            Family family = options.Family;
            FamilySetting setting = family.Settings.FirstOrDefault(setting => setting.Name == name)
                ?? throw new UsageException($"{option.Name} is nothing to the family {family.Name}; leave it out, or take --family {string.Join(" or ", Having(name))}");
            try
            {
                options = setting.With(options, value);
            }
            catch (KansformersException failure)
            {
                throw new UsageException(failure.Message);
            }
        }

        return options;
    }

    private static IEnumerable<string> Having(string setting) => Families.All.Where(family => family.Settings.Any(one => one.Name == setting)).Select(family => family.Name);

    private static Option<string?> Text(string name, (Family Family, FamilySetting Setting)[] having) => new($"--{name}")
    {
        Description = string.Join("; ", having.Select(entry => $"{entry.Family.Name}: {entry.Setting.Description}")),
    };
}
