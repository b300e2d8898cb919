using System.CommandLine;
using Kansformers.Pictures;
using Kansformers.Runtime;

namespace Kansformers.Cli;

/// <summary>What can be said against an option's value without doing anything; the parser reports it as bad usage.</summary>
internal static class OptionRules
{
    /// <summary>Whether the call, or its file of options, gives an option.</summary>
    public static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>The names of those options that are given.</summary>
    public static string[] Given(ParseResult parsed, params IEnumerable<Option> options) => [.. options.Where(option => IsGiven(parsed, option)).Select(option => option.Name)];

    /// <summary>Refuses options that are given and of no use.</summary>
    /// <param name="parsed">The call.</param>
    /// <param name="to">What has no use for them.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="UsageException">One is given.</exception>
    public static void RequireUnused(ParseResult parsed, string to, params IEnumerable<Option> options)
    {
        if (Given(parsed, options) is { Length: > 0 } given)
            throw new UsageException($"{string.Join(", ", given)} {(given.Length == 1 ? "is" : "are")} nothing to {to}; leave {(given.Length == 1 ? "it" : "them")} out");
    }

    /// <summary>Refuses an empty value, which a script gives when a variable of it is not set.</summary>
    public static void NotEmpty(params Option[] options)
    {
        foreach (Option option in options)
        {
            option.Validators.Add(result =>
            {
                if (result.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value)))
                    result.AddError($"{option.Name} is empty; give it a value, or leave it out");
            });
        }
    }

    /// <summary>As above, for an argument.</summary>
    public static void NotEmpty(Argument argument) => argument.Validators.Add(result =>
    {
        if (result.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value)))
            result.AddError($"{argument.Name} is empty; give it a value");
    });

    /// <summary>Refuses files that no picture is written to; known before anything is computed.</summary>
    public static void Picture(Option<string?> option) => option.Validators.Add(result =>
    {
        if (result.Tokens is [{ Value: string path }] && !PictureFile.IsPicture(path))
            result.AddError($"{option.Name} is '{path}'; it must end in {string.Join(" or ", PictureFile.Endings)}");
    });

    /// <summary>Refuses what names no device at all; whether a device is there shows when it is wanted.</summary>
    public static void Device(Option<string> option) => option.Validators.Add(result =>
    {
        if (result.Tokens is [{ Value: string name }] && !Devices.IsName(name))
            result.AddError($"unknown device '{name}': use cpu, cuda, cuda:N, mps or auto");
    });
}
