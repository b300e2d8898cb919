using System.Globalization;

namespace Kansformers.Comparisons;

/// <summary>Seeds as text: <c>1,2,3</c>, <c>1-8</c>, <c>1-3,7</c>.</summary>
public static class SeedList
{
    private const int Most = 1000;

    /// <summary>Reads seeds.</summary>
    /// <param name="text">Numbers and ranges joined by commas.</param>
    /// <exception cref="KansformersException">It holds anything else, a seed twice, or more than 1000.</exception>
    public static IReadOnlyList<long> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<long> seeds = [];
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            string[] ends = part.Split('-', StringSplitOptions.TrimEntries);
            if (ends.Length > 2 || !TryRead(ends[0], out long first) || !TryRead(ends[^1], out long last) || last < first || last - first >= Most)
                throw new KansformersException($"seeds '{text}' must be whole numbers from 0 on, or ranges of them, joined by commas, as in 1,2,3 or 1-8");
            for (long seed = first; seed <= last; seed++)
                seeds.Add(seed);
        }

        Require(seeds);
        return seeds;
    }

    /// <summary>Refuses seeds that stand twice, and too many.</summary>
    internal static void Require(IReadOnlyList<long> seeds)
    {
        if (seeds.Count is 0 or > Most)
            throw new KansformersException($"there are {seeds.Count} seeds; give 1 to {Most}");
        if (seeds.GroupBy(seed => seed).FirstOrDefault(group => group.Count() > 1) is { Key: long twice })
            throw new KansformersException(FormattableString.Invariant($"seed {twice} is given twice; a run with the same seed comes to the same numbers"));
    }

    private static bool TryRead(string text, out long seed) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out seed);
}
