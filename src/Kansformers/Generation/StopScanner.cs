namespace Kansformers.Generation;

/// <summary>
/// Passes text on until a stop string is complete, and holds back what may be the beginning of one. The result does not depend on how
/// the text is cut into pieces: the stop string that is complete first counts, the longest of those.
/// </summary>
internal sealed class StopScanner(IReadOnlyList<string> stopStrings)
{
    private string _held = string.Empty;

    /// <summary>Whether a stop string has come; nothing after it is passed on.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Takes the next piece of text and returns what is certain to come before any stop string.</summary>
    public string Append(string piece)
    {
        if (Stopped || piece.Length == 0)
            return string.Empty;
        if (stopStrings.Count == 0)
            return piece;
        string text = _held + piece;
        (int end, int start) = (int.MaxValue, 0);
        foreach (string stop in stopStrings)
        {
            int at = text.IndexOf(stop, StringComparison.Ordinal);
            if (at >= 0 && (at + stop.Length, at).CompareTo((end, start)) < 0)
                (end, start) = (at + stop.Length, at);
        }

        Stopped = end != int.MaxValue;
        int sure = Stopped ? start : text.Length - HeldBack(text);
        _held = Stopped ? string.Empty : text[sure..];
        return text[..sure];
    }

    /// <summary>What was held back, at the end of the text.</summary>
    public string Flush()
    {
        string rest = _held;
        _held = string.Empty;
        return rest;
    }

    // The longest end of the text that begins a stop string.
    private int HeldBack(string text)
    {
        int longest = 0;
        foreach (string stop in stopStrings)
        {
            for (int length = Math.Min(stop.Length - 1, text.Length); length > longest; length--)
            {
                if (text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length)))
                    longest = length;
            }
        }

        return longest;
    }
}
