namespace Kansformers.Evaluation;

/// <summary>How well texts were labelled: what counts of right and wrong answers come to.</summary>
public sealed record LabelMeasures
{
    /// <summary>How many texts there were.</summary>
    public required int Examples { get; init; }

    /// <summary>The share of right answers.</summary>
    public required double Accuracy { get; init; }

    /// <summary>The standard error of the accuracy.</summary>
    public double AccuracyStandardError => Examples > 1 ? Math.Sqrt(Accuracy * (1 - Accuracy) / (Examples - 1)) : double.NaN;

    /// <summary>The mean of the labels' F1, of those that are or were given.</summary>
    public required double MacroF1 { get; init; }

    /// <summary>Matthews' correlation of answers and labels, for any number of labels (Gorodkin, 2004): 1 for all right, 0 for chance or always the same.</summary>
    public required double Matthews { get; init; }

    /// <summary>Each label by itself.</summary>
    public required IReadOnlyList<LabelMeasure> Labels { get; init; }

    /// <summary>The measures.</summary>
    /// <param name="wanted">The right label of each text, counted from 0.</param>
    /// <param name="found">The one that was given.</param>
    /// <param name="labels">How many labels there are.</param>
    /// <exception cref="ArgumentException">The lists are empty, not of one length, or hold other labels.</exception>
    public static LabelMeasures Of(IReadOnlyList<int> wanted, IReadOnlyList<int> found, int labels)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        ArgumentNullException.ThrowIfNull(found);
        if (wanted.Count == 0 || wanted.Count != found.Count || wanted.Concat(found).Any(label => label < 0 || label >= labels))
            throw new ArgumentException($"{wanted.Count} labels and {found.Count} answers are not pairs of labels from 0 to {labels - 1}", nameof(found));
        double[] right = new double[labels], isWanted = new double[labels], isFound = new double[labels];
        for (int i = 0; i < wanted.Count; i++)
        {
            isWanted[wanted[i]]++;
            isFound[found[i]]++;
            right[wanted[i]] += wanted[i] == found[i] ? 1 : 0;
        }

        LabelMeasure[] each = [.. Enumerable.Range(0, labels).Select(label => new LabelMeasure(Ratio(right[label], isFound[label]), Ratio(right[label], isWanted[label]), Ratio(2 * right[label], isFound[label] + isWanted[label]), (int)isWanted[label]))];
        double all = wanted.Count, correct = right.Sum();
        double covariance = correct * all - isWanted.Zip(isFound, (a, b) => a * b).Sum();
        double spread = Math.Sqrt((all * all - isFound.Sum(count => count * count)) * (all * all - isWanted.Sum(count => count * count)));
        return new LabelMeasures
        {
            Examples = wanted.Count,
            Accuracy = correct / all,
            MacroF1 = each.Where((_, label) => isWanted[label] + isFound[label] > 0).Average(measure => measure.F1),
            Matthews = Ratio(covariance, spread),
            Labels = each,
        };
    }

    // Of nothing is nothing, as is the custom.
    private static double Ratio(double part, double whole) => whole == 0 ? 0 : part / whole;
}

/// <summary>How well one label was given.</summary>
/// <param name="Precision">The share of the texts that got it which should have it.</param>
/// <param name="Recall">The share of the texts that should have it which got it.</param>
/// <param name="F1">The harmonic mean of both.</param>
/// <param name="Examples">How many texts should have it.</param>
public sealed record LabelMeasure(double Precision, double Recall, double F1, int Examples);
