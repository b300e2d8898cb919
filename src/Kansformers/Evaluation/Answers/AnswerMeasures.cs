using System.Text;
using System.Text.RegularExpressions;

namespace Kansformers.Evaluation;

/// <summary>
/// How right answers are, as the official script of SQuAD 2.0 measures it (Rajpurkar, Jia and Liang, "Know What You Don't Know", 2018): without regard to letter case, punctuation
/// and articles, the best over the right answers; where there is none the empty answer alone is right. On SQuAD 1.1 that is what its own script gives, but for right answers of articles and punctuation alone.
/// </summary>
public sealed partial record AnswerMeasures
{
    private const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    /// <summary>How many questions there were.</summary>
    public required int Questions { get; init; }

    /// <summary>The share of answers that are a right one.</summary>
    public required double ExactMatch { get; init; }

    /// <summary>The standard error of that share.</summary>
    public double ExactMatchStandardError => Questions > 1 ? Math.Sqrt(ExactMatch * (1 - ExactMatch) / (Questions - 1)) : double.NaN;

    /// <summary>The mean over the questions of the F1 of an answer's words and those of a right one.</summary>
    public required double F1 { get; init; }

    /// <summary>How many questions have no answer.</summary>
    public required int Unanswerable { get; init; }

    /// <summary><see cref="ExactMatch"/> of the questions that have an answer; NaN where none has.</summary>
    public required double AnswerableExactMatch { get; init; }

    /// <summary><see cref="F1"/> of the questions that have an answer; NaN where none has.</summary>
    public required double AnswerableF1 { get; init; }

    /// <summary>The share of the questions without an answer that got none; NaN where all have one.</summary>
    public required double UnanswerableExactMatch { get; init; }

    /// <summary>The measures.</summary>
    /// <param name="answers">For each question what was found, which is empty for no answer, and the right answers; none where the question has none.</param>
    /// <exception cref="ArgumentException">There is no question.</exception>
    public static AnswerMeasures Of(IReadOnlyList<(string Found, IReadOnlyList<string> Right)> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        if (answers.Count == 0)
            throw new ArgumentException("there is no question", nameof(answers));
        (double Exact, double F1, bool HasAnswer)[] scores = [.. answers.Select(answer => Score(Normal(answer.Found), answer.Right))];
        (double Exact, double F1, bool HasAnswer)[] answerable = [.. scores.Where(score => score.HasAnswer)], others = [.. scores.Where(score => !score.HasAnswer)];
        return new AnswerMeasures
        {
            Questions = scores.Length,
            ExactMatch = scores.Average(score => score.Exact),
            F1 = scores.Average(score => score.F1),
            Unanswerable = others.Length,
            AnswerableExactMatch = Mean(answerable.Select(score => score.Exact)),
            AnswerableF1 = Mean(answerable.Select(score => score.F1)),
            UnanswerableExactMatch = Mean(others.Select(score => score.Exact)),
        };
    }

    // As the script does, a right answer of which nothing is left is none.
    private static (double Exact, double F1, bool HasAnswer) Score(string found, IReadOnlyList<string> right)
    {
        string[] plain = [.. right.Select(Normal).Where(one => one.Length > 0)];
        return plain.Length == 0 ? (found.Length == 0 ? 1 : 0, found.Length == 0 ? 1 : 0, right.Count > 0)
            : (plain.Contains(found) ? 1 : 0, plain.Max(one => WordF1(found, one)), true);
    }

    private static double Mean(IEnumerable<double> values) => values.DefaultIfEmpty(double.NaN).Average();

    /// <summary>A text in lower case, without ASCII punctuation and articles, with a space between two words.</summary>
    internal static string Normal(string text)
    {
        StringBuilder plain = new(text.Length);
        foreach (char character in text.ToLowerInvariant())
        {
            if (!Punctuation.Contains(character, StringComparison.Ordinal))
                plain.Append(character);
        }

        return string.Join(' ', Article().Replace(plain.ToString(), " ").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    private static double WordF1(string found, string right)
    {
        string[] a = found.Split(' ', StringSplitOptions.RemoveEmptyEntries), b = right.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Dictionary<string, int> left = b.CountBy(word => word).ToDictionary();
        int same = 0;
        foreach (string word in a)
        {
            if (left.GetValueOrDefault(word) > 0)
            {
                left[word]--;
                same++;
            }
        }

        return same == 0 ? 0 : 2.0 * same / (a.Length + b.Length);
    }

    [GeneratedRegex(@"\b(a|an|the)\b")]
    private static partial Regex Article();
}
