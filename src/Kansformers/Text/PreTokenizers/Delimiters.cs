namespace Kansformers.Text;

/// <summary>Splits a piece at given places, in each of the ways that <see cref="SplitBehavior"/> names.</summary>
internal static class Delimiters
{
    public static void Split(Piece piece, List<(int Start, int End)> delimiters, SplitBehavior behavior, List<Piece> output)
    {
        int start = 0, length = piece.Text.Length;
        for (int i = 0; i < delimiters.Count; i++)
        {
            (int from, int to) = delimiters[i];
            switch (behavior)
            {
                case SplitBehavior.MergedWithPrevious:
                    Add(start, to);
                    start = to;
                    break;
                case SplitBehavior.MergedWithNext:
                    Add(start, from);
                    start = from;
                    break;
                default:
                    Add(start, from);
                    while (behavior == SplitBehavior.Contiguous && i + 1 < delimiters.Count && delimiters[i + 1].Start == to)
                        to = delimiters[++i].End;
                    if (behavior != SplitBehavior.Removed)
                        Add(from, to);
                    start = to;
                    break;
            }
        }

        Add(start, length);

        void Add(int from, int to)
        {
            if (to > from)
                output.Add(new Piece(piece.Text[from..to], piece.AtStart && from == 0));
        }
    }

    /// <summary>Turns delimiters into what lies between them, and the other way round.</summary>
    public static List<(int Start, int End)> Inverted(List<(int Start, int End)> delimiters, int length)
    {
        List<(int Start, int End)> others = [];
        int start = 0;
        foreach ((int from, int to) in delimiters)
        {
            if (from > start)
                others.Add((start, from));
            start = to;
        }

        if (length > start)
            others.Add((start, length));
        return others;
    }
}
