using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Text.Json;
using Kansformers.Checkpoints;

namespace Kansformers.Cli;

/// <summary>
/// <c>--config FILE</c>: a JSON object of option names and values, <c>{"model": "gpt-nano", "max-iters": 500}</c>, that stand
/// as if they had been written on the command line; what is written there wins, also over what would contradict it.
/// </summary>
internal static class ConfigFile
{
    // compare has an option of that name, too, of another type: its file describes a comparison.
    private const string Option = "--config";

    private static readonly string[] Sizes = ["--layers", "--heads", "--embd"];

    /// <summary>The command line with the options of its configuration file behind it; null where it names none.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="parsed">The same, parsed: it tells an option from a value that reads like one.</param>
    public static string[]? Expand(string[] args, ParseResult parsed)
    {
        IList<Option> options = parsed.CommandResult.Command.Options;
        if (parsed.Action is HelpAction || options.FirstOrDefault(option => option.Name == Option) is not Option<string?> config || parsed.GetResult(config) is not { Implicit: false } result)
            return null;
        if (result.IdentifierTokenCount > 1)
            throw new UsageException($"give {Option} once");
        if (parsed.Errors.Count > 0 || parsed.GetValue(config) is not string path)
            return null;
        List<string> expanded = [.. args];
        HashSet<string> given = [.. OptionRules.Given(parsed, options)];
        foreach ((string name, string? value) in Read(path))
        {
            if (name == Option)
                throw new UsageException($"'{path}': a configuration cannot name another");
            if (given.Contains(name) || given.Any(other => Excludes(other, name)))
                continue;
            if (value?.StartsWith('-') == true)
            {
                expanded.Add($"{name}={value}"); // apart, it would be taken for an option
                continue;
            }

            expanded.Add(name);
            if (value is not null)
                expanded.Add(value);
        }

        return [.. expanded];
    }

    // Two ways to say the same thing: the command line's replaces the file's.
    private static bool Excludes(string given, string name) => given switch
    {
        "--model" => Sizes.Contains(name),
        "--layers" or "--heads" or "--embd" => name == "--model",
        "--val-data" => name == "--val-fraction",
        "--val-fraction" => name == "--val-data",
        _ => false,
    };

    private static List<(string Name, string? Value)> Read(string path)
    {
        try
        {
            ReadOnlyMemory<byte> json = File.ReadAllBytes(path);
            if (json.Span.StartsWith("\uFEFF"u8))
                json = json[3..]; // as some editors begin a file
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new UsageException($"'{path}' must hold a JSON object of option names and values");
            if (JsonText.Fault(document.RootElement) is string place)
                throw new UsageException($"'{path}': {place} is no Unicode text (half a surrogate pair, or bytes that are no UTF-8); write it anew");
            List<(string, string?)> options = [];
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                string name = "--" + property.Name.Replace('_', '-');
                switch (property.Value.ValueKind)
                {
                    case JsonValueKind.True:
                        options.Add((name, null));
                        break;
                    case JsonValueKind.False or JsonValueKind.Null:
                        break;
                    case JsonValueKind.String:
                        options.Add((name, property.Value.GetString()));
                        break;
                    case JsonValueKind.Number:
                        options.Add((name, property.Value.GetRawText()));
                        break;
                    case JsonValueKind.Array:
                        options.Add((name, string.Join(',', property.Value.EnumerateArray().Select(item => IsScalar(item) ? item.ToString() : throw Wrong(path, property)))));
                        break;
                    default:
                        throw Wrong(path, property);
                }

                // No command line can hold it either, and no path.
                if (name.Contains('\0') || options.Any(option => option.Item2?.Contains('\0') == true))
                    throw new UsageException($"'{path}': '{property.Name.Replace("\0", "\\u0000")}' holds the character U+0000; leave it out");
            }

            return options;
        }
        catch (JsonException failure)
        {
            throw new UsageException($"'{path}' is not JSON: {failure.Message}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"cannot read the configuration '{path}': {(File.Exists(path) ? failure.Message : "there is no such file")}");
        }
    }

    private static bool IsScalar(JsonElement item) => item.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False;

    private static UsageException Wrong(string path, JsonProperty property) => new($"'{path}': '{property.Name}' must be a string, a number, true or false, or a list of these");
}
