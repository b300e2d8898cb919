using System.Globalization;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Evaluation;

/// <summary>What labels must be to be learned, and what a user should know of them.</summary>
internal static class LabelRules
{
    private const int Shown = 10;
    private const double Unbalanced = 0.8, Rare = 10, Large = 30;

    /// <summary>The labels of the examples of a file, in order; those that are all whole numbers by size.</summary>
    /// <param name="path">The file.</param>
    /// <param name="counts">Its labels.</param>
    /// <param name="example">What has a label, in a word.</param>
    /// <exception cref="KansformersException">There is a single one, or every example has its own.</exception>
    public static LabelNames Names(string path, LabelCounts counts, string example = "example")
    {
        string[] names = [.. counts.Labels.Select(entry => entry.Label).Order(StringComparer.Ordinal)];
        if (names.Length == 1)
            throw new KansformersException($"{(counts.Examples == 1 ? $"the only {example} of '{path}' has" : $"all {counts.Examples} {example}s of '{path}' have")} the label '{names[0]}', so that there is nothing to tell apart; give {example}s of at least two labels");
        if (names.Length == counts.Examples && names.Length > 2)
            throw new KansformersException($"every one of the {counts.Examples} {example}s of '{path}' has a label of its own ('{names[0]}', '{names[1]}', ...), which cannot be learned; choose another column with DataConfig.LabelField{(example == "example" && names.All(name => TryNumber(name, out _)) ? ", or fit the numbers with TrainingOptions.Objective = Regression" : "")}");
        return new LabelNames(names.All(name => long.TryParse(name, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            ? names.OrderBy(name => long.Parse(name, CultureInfo.InvariantCulture)).ThenBy(name => name, StringComparer.Ordinal) : names);
    }

    /// <summary>Refuses rows whose label is not among those that are known.</summary>
    /// <exception cref="KansformersException">The message names the first place.</exception>
    public static void RequireKnown(LabelNames known, IReadOnlyList<LabelledRow> rows, string has) =>
        RequireKnown(known, rows.Select(row => (row.Label, row)), row => row.Place, has, "rows");

    /// <summary>Refuses words whose label is not among those that are known.</summary>
    /// <exception cref="KansformersException">The message names the first place.</exception>
    public static void RequireKnown(LabelNames known, IReadOnlyList<TaggedText> texts, string has) =>
        RequireKnown(known, texts.SelectMany(text => text.Tags.Select((tag, word) => (tag, (text, word)))), at => at.text.PlaceOf(at.word), has, "words");

    private static void RequireKnown<T>(LabelNames known, IEnumerable<(string Label, T At)> labels, Func<T, string> place, string has, string rows)
    {
        (string Label, T At)[] foreign = [.. labels.Where(entry => known.IdOf(entry.Label) is null)];
        if (foreign.Length > 0)
            throw new KansformersException($"{place(foreign[0].At)} has the label '{foreign[0].Label}'{(foreign.Length > 1 ? $", and {foreign.Length - 1} more {rows} have such ones" : "")}, which {has} not have ({known.Shown}); correct it, or leave the {rows[..^1]} out");
    }

    /// <summary>Refuses labels that are no finite numbers, or are all the same.</summary>
    /// <exception cref="KansformersException">The message names the first place.</exception>
    public static void RequireNumbers(IReadOnlyList<LabelledRow> rows, bool mustDiffer = true)
    {
        foreach (LabelledRow row in rows)
        {
            if (!TryNumber(row.Label, out double value))
                throw new KansformersException($"{row.Place} has the label '{row.Label}', which is no number; choose another column with DataConfig.LabelField, or learn names with TrainingOptions.Objective = Classification");
            if (!double.IsFinite(value) || Math.Abs(value) > float.MaxValue)
                throw new KansformersException($"{row.Place} has the label '{row.Label}', which is no finite number; correct it, or leave the row out");
        }

        if (mustDiffer && rows.DistinctBy(row => Number(row.Label)).Count() == 1)
            throw new KansformersException($"{(rows.Count == 1 ? "the only example has" : $"all {rows.Count} examples have")} the number {rows[0].Label}, so that there is nothing to learn; give examples of different numbers");
    }

    /// <summary>How often the labels come, and a warning where a few make up nearly all.</summary>
    /// <param name="counts">The labels.</param>
    /// <param name="better">What tells more than the accuracy then.</param>
    public static string Balance(LabelCounts counts, string better = "F1 and Matthews,")
    {
        IReadOnlyList<(string Label, int Count)> labels = counts.Labels;
        string all = $"labels  {string.Join(", ", labels.Take(Shown).Select(entry => $"{entry.Label} {entry.Count}"))}{(labels.Count > Shown ? $" and {labels.Count - Shown} more" : "")}";
        double share = (double)labels[0].Count / counts.Examples;
        return share < Unbalanced && labels[0].Count < Rare * labels[^1].Count ? all
            : FormattableString.Invariant($"{all}; they are unbalanced: to say '{labels[0].Label}' always would be right for {share:P0}, so look at {better} which eval tells, more than at accuracy");
    }

    /// <summary>How numbers are spread, and a warning where they are too large to be learned well.</summary>
    public static string Spread(IReadOnlyList<LabelledRow> rows)
    {
        double[] numbers = [.. rows.Select(row => Number(row.Label))];
        double mean = numbers.Average(), deviation = Math.Sqrt(numbers.Average(value => (value - mean) * (value - mean)));
        string all = FormattableString.Invariant($"numbers {numbers.Min():0.####} to {numbers.Max():0.####}, mean {mean:0.####}, standard deviation {deviation:0.####}");
        return Math.Abs(mean) <= Large && deviation <= Large ? all : $"{all}; a model begins near 0 and learns such large ones slowly: divide them, so that they lie within about ±10";
    }

    /// <summary>A label as a number, in the way that all cultures share.</summary>
    public static double Number(string label) => double.Parse(label, NumberStyles.Float, CultureInfo.InvariantCulture);

    private static bool TryNumber(string label, out double value) => double.TryParse(label, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
}
