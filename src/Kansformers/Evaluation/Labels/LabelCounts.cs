using Kansformers.Text;

namespace Kansformers.Evaluation;

/// <summary>How often labels come.</summary>
/// <param name="Labels">Each label with its number of examples, the most frequent first.</param>
/// <param name="Examples">How many examples there are.</param>
internal sealed record LabelCounts(IReadOnlyList<(string Label, int Count)> Labels, int Examples)
{
    /// <summary>Counts the labels of rows.</summary>
    public static LabelCounts Of(IReadOnlyList<LabelledRow> rows) => new(
        [.. rows.CountBy(row => row.Label, StringComparer.Ordinal).Select(entry => (entry.Key, entry.Value)).OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key, StringComparer.Ordinal)],
        rows.Count);
}
