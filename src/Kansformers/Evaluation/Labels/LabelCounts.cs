namespace Kansformers.Evaluation;

/// <summary>How often labels come.</summary>
/// <param name="Labels">Each label with its number of examples, the most frequent first.</param>
/// <param name="Examples">How many examples there are.</param>
internal sealed record LabelCounts(IReadOnlyList<(string Label, int Count)> Labels, int Examples)
{
    /// <summary>Counts labels.</summary>
    public static LabelCounts Of(IEnumerable<string> labels)
    {
        (string Label, int Count)[] counts = [.. labels.CountBy(label => label, StringComparer.Ordinal).Select(entry => (entry.Key, entry.Value)).OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key, StringComparer.Ordinal)];
        return new LabelCounts(counts, counts.Sum(entry => entry.Count));
    }
}
