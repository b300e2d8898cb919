using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Kansformers.Training;

namespace Kansformers.Comparisons;

/// <summary>What the folder of a run of a comparison is called: its model, its seed, and a digest of all that decides its numbers.</summary>
internal static class RunName
{
    /// <summary>A model's name as part of a folder's: letters, digits and hyphens.</summary>
    public static string Of(string name)
    {
        StringBuilder text = new();
        foreach (char c in name.ToLowerInvariant())
        {
            if (char.IsAsciiLetterOrDigit(c) || c == '.')
                text.Append(c);
            else if (text.Length > 0 && text[^1] != '-')
                text.Append('-');
        }

        return text.ToString().Trim('-', '.') is { Length: > 0 } slug ? slug[..Math.Min(slug.Length, 48)] : "model";
    }

    /// <summary>The folder's name.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="seed">The seed of its run.</param>
    /// <param name="digest">The digest of its configuration.</param>
    public static string Of(string name, long seed, string digest) => FormattableString.Invariant($"{Of(name)}-seed{seed}-{digest}");

    /// <summary>Eight hexadecimal digits that differ where anything but the seed does that decides a run's numbers; where the text lies is no such thing.</summary>
    /// <param name="config">The run, with the fingerprint of its text.</param>
    public static string Digest(RunConfig config)
    {
        config = config with { Training = config.Training with { Seed = 0 } };
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Told(config).ToJsonString())))[..8];
    }

    /// <summary>
    /// What a file must say of a run: keys in alphabetical order, without those that mean the same when they are missing. So a new option, which files from before do not
    /// have, leaves the digests of all that does not use it as they were.
    /// </summary>
    internal static JsonObject Told(RunConfig config)
    {
        string whole = MadeWith.Text(config);
        JsonObject all = config.ToJson();
        foreach (string part in MadeWith.Parts(all).Select(entry => entry.Key).ToArray())
            Shorten(all[part]!.AsObject(), () => MadeWith.Text(RunConfig.Parse(all)) == whole);
        return Sorted(MadeWith.Parts(all));
    }

    private static void Shorten(JsonObject part, Func<bool> isTheSame)
    {
        foreach (string key in part.Select(entry => entry.Key).ToArray())
        {
            JsonNode? value = part[key];
            if (value is JsonObject inner)
                Shorten(inner, isTheSame);
            part.Remove(key);
            if (!IsTheSame())
                part[key] = value;
        }

        // What cannot be read without it is no default either.
        bool IsTheSame()
        {
            try
            {
                return isTheSame();
            }
            catch (Exception failure) when (failure is System.Text.Json.JsonException or KansformersException or NotSupportedException)
            {
                return false;
            }
        }
    }

    private static JsonObject Sorted(JsonObject from) => new(from.OrderBy(entry => entry.Key, StringComparer.Ordinal)
        .Select(entry => KeyValuePair.Create(entry.Key, entry.Value is JsonObject inner ? Sorted(inner) : entry.Value?.DeepClone())));
}
