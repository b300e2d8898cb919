using System.Security.Cryptography;
using System.Text;
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
    /// <param name="config">The run, with its seed and the fingerprint of its text.</param>
    public static string Of(string name, RunConfig config) => FormattableString.Invariant($"{Of(name)}-seed{config.Training.Seed}-{Digest(config)}");

    /// <summary>Eight hexadecimal digits that differ where anything does that decides a run's numbers; where the text lies is no such thing.</summary>
    public static string Digest(RunConfig config) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(MadeWith.Text(config))))[..8];
}
