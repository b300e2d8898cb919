using System.CommandLine;
using Kansformers.Text;

namespace Kansformers.Cli;

/// <summary>The values of <c>--unknown-characters</c>.</summary>
internal static class UnknownCharacterNames
{
    private const string Name = "--unknown-characters", Choices = "characters of the text that have no token: refuse, or skip (leave them out, and count them)";

    /// <summary>The option of a training.</summary>
    public static Option<string> Option() => new(Name) { Description = Choices, DefaultValueFactory = _ => "refuse" };

    /// <summary>The option for a model that was trained; null where its tokenizer is to do what it did.</summary>
    public static Option<string?> OptionOfRun() => new(Name) { Description = $"{Choices} [default: the run's]" };

    public static UnknownCharacters Parse(string? name) => name switch
    {
        "refuse" => UnknownCharacters.Refuse,
        "skip" => UnknownCharacters.Skip,
        string other => throw new UsageException($"--unknown-characters is '{other}': use refuse or skip"),
        null => throw new UsageException("--unknown-characters needs a value"),
    };
}
