using System.Text;
using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Tests.Evaluation;

/// <summary>The plain second implementation of tasks' scores: from texts to numbers, one request at a time, by the published rules and none of the library's code but tokenizer and model.</summary>
internal sealed class PlainTasks(CausalModel model, Tokenizer tokenizer)
{
    /// <summary>A row with choices.</summary>
    public sealed record Row(string Context, string[] Continuations, int Right, string[] Choices);

    public RequestScore Score(string context, string continuation)
    {
        string trimmed = context.TrimEnd();
        continuation = context[trimmed.Length..] + continuation;
        int[] before = tokenizer.Encode(trimmed), whole = tokenizer.Encode(trimmed + continuation);
        if (before.Length == 0)
            return PlainLikelihood.Of(model, [tokenizer.EndOfText ?? tokenizer.Encode("\n").Single()], tokenizer.Encode(continuation));
        return PlainLikelihood.Of(model, whole[..before.Length], whole[before.Length..]);
    }

    /// <summary>acc, acc_norm and acc_bytes.</summary>
    public double[] Choices(IReadOnlyList<Row> rows)
    {
        double[] right = new double[3];
        foreach (Row row in rows)
        {
            double[] scores = [.. row.Continuations.Select(continuation => Score(row.Context, continuation).LogLikelihood)];
            right[0] += Share(scores, row.Right);
            right[1] += Share([.. scores.Select((score, i) => score / row.Choices[i].EnumerateRunes().Count())], row.Right);
            right[2] += Share([.. scores.Select((score, i) => score / Encoding.UTF8.GetByteCount(row.Choices[i]))], row.Right);
        }

        return [.. right.Select(sum => sum / rows.Count)];
    }

    /// <summary>The log-likelihood of a text in windows, the first token after the one that ends texts.</summary>
    public double Roll(string text)
    {
        int[] tokens = [tokenizer.EndOfText ?? tokenizer.Encode("\n").Single(), .. tokenizer.Encode(text)];
        int block = model.Options.BlockSize;
        double sum = 0;
        for (int done = 1; done < tokens.Length;)
        {
            int end = Math.Min(tokens.Length, done + block), first = end - done == block ? done - 1 : Math.Max(0, end - block - 1);
            sum += PlainLikelihood.Of(model, tokens[first..done], tokens[done..end]).LogLikelihood;
            done = end;
        }

        return sum;
    }

    private static double Share(double[] scores, int right)
    {
        double best = scores.Max();
        int[] winners = [.. Enumerable.Range(0, scores.Length).Where(i => Math.Abs(scores[i] - best) <= 1e-9 * Math.Abs(best))];
        return winners.Contains(right) ? 1.0 / winners.Length : 0;
    }
}
