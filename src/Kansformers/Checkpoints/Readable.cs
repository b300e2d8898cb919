using System.Text;

namespace Kansformers.Checkpoints;

/// <summary>Makes text from a file, which may be hostile or broken, fit for a one-line message.</summary>
internal static class Readable
{
    private const int MaximumLength = 100;

    /// <summary>The text without control characters, cut to a readable length.</summary>
    public static string Text(string text)
    {
        StringBuilder shown = new();
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (shown.Length >= MaximumLength)
                return shown.Append("...").ToString();
            shown.Append(Rune.IsControl(rune) || rune.Value is 0x2028 or 0x2029 ? "?" : rune.ToString());
        }

        return shown.ToString();
    }

    /// <summary>The first names of a list and how many more there are.</summary>
    public static string Names(IReadOnlyCollection<string> names, int show = 8)
    {
        string list = string.Join(", ", names.Take(show).Select(name => $"'{Text(name)}'"));
        return names.Count > show ? $"{list} and {names.Count - show} more" : list;
    }
}
