namespace Kansformers.Evaluation;

/// <summary>A stretch of tokens that the model sees at once, and how many of its predictions count.</summary>
/// <param name="Start">The place of the first input; the first target is the token after it.</param>
/// <param name="Length">The number of inputs, and so of targets.</param>
/// <param name="Scored">How many of the last targets count.</param>
internal readonly record struct ScoringWindow(long Start, int Length, int Scored)
{
    /// <summary>
    /// Windows over <paramref name="tokens"/> tokens that score each but the first exactly once. They begin at multiples of the stride;
    /// the first scores all its targets, later ones those that the one before did not reach, and the last may be shorter.
    /// </summary>
    public static IEnumerable<ScoringWindow> Sliding(long tokens, int blockSize, int stride)
    {
        long scored = 0;
        for (long start = 0; scored < tokens - 1; start += stride)
        {
            long end = Math.Min(start + blockSize, tokens - 1);
            yield return new ScoringWindow(start, (int)(end - start), (int)(end - scored));
            scored = end;
        }
    }

    /// <summary>
    /// At most <paramref name="count"/> windows of a block each, evenly spaced from the first token to the last without overlap;
    /// one shorter window when there are fewer tokens than a block needs.
    /// </summary>
    public static IEnumerable<ScoringWindow> EvenlySpaced(long tokens, int blockSize, int count)
    {
        long room = tokens - 1 - blockSize;
        if (room < 0)
            return [new ScoringWindow(0, (int)(tokens - 1), (int)(tokens - 1))];
        long windows = Math.Min(count, (tokens - 1) / blockSize);
        return Enumerable.Range(0, (int)windows)
            .Select(i => new ScoringWindow(windows == 1 ? 0 : (long)(room * (Int128)i / (windows - 1)), blockSize, blockSize));
    }
}
