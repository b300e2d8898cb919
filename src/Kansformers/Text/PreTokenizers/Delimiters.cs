namespace Kansformers.Text;

/// <summary>Splits a piece at given places, which may be empty, in each of the ways that <see cref="SplitBehavior"/> names.</summary>
internal static class Delimiters
{
    /// <summary>Splits; inverted, what lies between the places is what it is split at.</summary>
    public static void Split(Piece piece, List<(int Start, int End)> delimiters, SplitBehavior behavior, List<Piece> output, bool invert = false)
    {
        List<(int Start, int End, bool Delimits)> parts = Parts(delimiters, piece.Text.Length, invert);
        int start = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            (int from, int to, bool delimits) = parts[i];
            if (behavior == SplitBehavior.Removed && delimits)
            {
                start = to;
                continue;
            }

            if (i + 1 < parts.Count && behavior switch
            {
                SplitBehavior.Contiguous => parts[i + 1].Delimits == delimits,
                SplitBehavior.MergedWithPrevious => parts[i + 1].Delimits && !delimits,
                // Of delimiters that touch the last goes with what follows.
                SplitBehavior.MergedWithNext => delimits && !parts[i + 1].Delimits,
                _ => false,
            })
                continue;
            if (to > start)
                output.Add(piece.Slice(start, to));
            start = to;
        }
    }

    private static List<(int Start, int End, bool Delimits)> Parts(List<(int Start, int End)> delimiters, int length, bool invert)
    {
        List<(int, int, bool)> parts = [];
        int start = 0;
        foreach ((int from, int to) in delimiters)
        {
            if (from > start)
                parts.Add((start, from, invert));
            parts.Add((from, to, !invert));
            start = to;
        }

        if (length > start)
            parts.Add((start, length, invert));
        return parts;
    }
}
