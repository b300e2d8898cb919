using System.Text;
using System.Text.RegularExpressions;

namespace Kansformers.Evaluation;

/// <summary>How right answers are, as SQuAD 1.1 measures it (Rajpurkar et al., 2016): without regard to letter case, punctuation and articles, the best over the right answers.</summary>
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

    /// <summary>The measures.</summary>
    /// <param name="answers">For each question what was found, and the right answers.</param>
    /// <exception cref="ArgumentException">There is no question, or one without a right answer.</exception>
    public static AnswerMeasures Of(IReadOnlyList<(string Found, IReadOnlyList<string> Right)> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        if (answers.Count == 0 || answers.Any(answer => answer.Right.Count == 0))
            throw new ArgumentException("there is no question, or one without a right answer", nameof(answers));
        return new AnswerMeasures
        {
            Questions = answers.Count,
            ExactMatch = answers.Average(answer => answer.Right.Any(right => Normal(right) == Normal(answer.Found)) ? 1.0 : 0),
            F1 = answers.Average(answer => answer.Right.Max(right => WordF1(Normal(answer.Found), Normal(right)))),
        };
    }

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
