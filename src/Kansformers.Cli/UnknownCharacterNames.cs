using System.CommandLine;
using Kansformers.Text;

namespace Kansformers.Cli;

/// <summary>The values of <c>--unknown-characters</c>.</summary>
internal static class UnknownCharacterNames
{
    public static Option<string> Option() =>
        new("--unknown-characters") { Description = "characters of the text that have no token: refuse, or skip (leave them out, and count them)", DefaultValueFactory = _ => "refuse" };

    public static UnknownCharacters Parse(string? name) => name switch
    {
        "refuse" => UnknownCharacters.Refuse,
        "skip" => UnknownCharacters.Skip,
        string other => throw new UsageException($"--unknown-characters is '{other}': use refuse or skip"),
        null => throw new UsageException("--unknown-characters needs a value"),
    };
}
