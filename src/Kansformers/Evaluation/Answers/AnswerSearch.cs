using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Evaluation;

/// <summary>An answer in the tokens of a context.</summary>
/// <param name="First">Its first token, counted in the context; -1 where there is none.</param>
/// <param name="Last">Its last token.</param>
/// <param name="Logit">The sum of both logits, by which windows are compared.</param>
/// <param name="Probability">The product of both probabilities, among the tokens of its window.</param>
internal readonly record struct FoundSpan(int First, int Last, double Logit, double Probability);

/// <summary>Finds the best answer by the logits of windows (Devlin et al., 2019, sections 4.2 and 4.3), and what they cost.</summary>
internal static class AnswerSearch
{
    /// <summary>The most tokens of an answer.</summary>
    public const int MostTokens = 30;

    /// <summary>The logits of all tokens of windows, (T, 2) each.</summary>
    public static float[][] Logits(EncoderModel model, IReadOnlyList<AnswerWindow> windows, int padding, Action<int>? done = null, CancellationToken cancellation = default)
    {
        float[][] padded = SequenceLogits.Of(model, [.. windows.Select(window => window.Input)], padding, done, cancellation);
        return [.. padded.Select((row, i) => row[..(AnswerHead.Outputs * windows[i].Input.Ids.Count)])];
    }

    /// <summary>The best answer over the windows of a context: the largest sum of the logits of a first and a last token, not before it and at most 29 behind.</summary>
    /// <param name="windows">The windows with their logits.</param>
    /// <param name="mayBeNone">Whether there may be no answer: that is so where the sum of the logits of the first token of all is larger in every window.</param>
    public static FoundSpan Best(IReadOnlyList<(AnswerWindow Window, float[] Logits)> windows, bool mayBeNone = false)
    {
        FoundSpan best = windows.Select(entry => Best(entry.Window, entry.Logits)).MaxBy(span => span.Logit);
        if (!mayBeNone)
            return best;

        // A window without the answer says rightly that it has none: one that does not say so is enough.
        FoundSpan none = windows.Select(entry => new FoundSpan(-1, -1, (double)entry.Logits[0] + entry.Logits[1], Math.Exp(-2 * Loss(entry.Logits, (0, 0))))).MinBy(span => span.Logit);
        return none.Logit > best.Logit ? none : best;
    }

    /// <summary>The mean of the cross-entropies of the first and the last token, in nats.</summary>
    public static double Loss(float[] logits, (int First, int Last) target) => (Softmax.Loss(Column(logits, 0), target.First) + Softmax.Loss(Column(logits, 1), target.Last)) / 2;

    private static FoundSpan Best(AnswerWindow window, float[] logits)
    {
        FoundSpan best = new(-1, -1, double.NegativeInfinity, 0);
        for (int first = 0; first < window.Count; first++)
        {
            for (int last = first; last < Math.Min(window.Count, first + MostTokens); last++)
            {
                double sum = (double)logits[2 * (window.Before + first)] + logits[(2 * (window.Before + last)) + 1];
                if (sum > best.Logit)
                    best = new FoundSpan(first, last, sum, 0);
            }
        }

        if (best.First < 0)
            return best;
        double cost = Softmax.Loss(Column(logits, 0), window.Before + best.First) + Softmax.Loss(Column(logits, 1), window.Before + best.Last);
        return best with { First = window.From + best.First, Last = window.From + best.Last, Probability = Math.Exp(-cost) };
    }

    private static float[] Column(float[] logits, int column) => [.. Enumerable.Range(0, logits.Length / 2).Select(token => logits[(2 * token) + column])];
}
