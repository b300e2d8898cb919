using System.Text.Json;

namespace Kansformers.Cli;

/// <summary>
/// <c>--config FILE</c>: a JSON object of option names and values, <c>{"model": "gpt-nano", "max-iters": 500}</c>, that stand
/// as if they had been written on the command line; what is written there wins.
/// </summary>
internal static class ConfigFile
{
    private const string Option = "--config";

    public static string[] Expand(string[] args)
    {
        int at = Array.FindIndex(args, argument => NameOf(argument) == Option);
        if (at < 0 || args.Contains("--help") || args.Contains("-h") || args.Contains("-?"))
            return args;
        bool joined = args[at].Length > Option.Length; // --config=FILE
        if (!joined && at + 1 >= args.Length)
            throw new UsageException($"{Option} needs a file");
        string path = joined ? args[at][(Option.Length + 1)..] : args[at + 1];
        List<string> expanded = [.. args[..at], .. args[(at + (joined ? 1 : 2))..]];
        HashSet<string> given = [.. expanded.Select(NameOf).OfType<string>()];
        if (given.Contains(Option))
            throw new UsageException($"give {Option} once");
        foreach ((string name, string? value) in Read(path))
        {
            if (name == Option)
                throw new UsageException($"'{path}': a configuration cannot name another");
            if (given.Contains(name))
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

    // --name, --name=value and --name:value are the forms that the parser takes.
    private static string? NameOf(string argument) => argument.StartsWith("--", StringComparison.Ordinal) ? argument.Split('=', ':')[0] : null;

    private static List<(string Name, string? Value)> Read(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new UsageException($"'{path}' must hold a JSON object of option names and values");
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
                        options.Add((name, string.Join(',', property.Value.EnumerateArray().Select(item => item.ToString()))));
                        break;
                    default:
                        throw new UsageException($"'{path}': '{property.Name}' must be a string, a number, true or false");
                }
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
}
