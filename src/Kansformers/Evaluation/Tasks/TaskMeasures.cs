using Kansformers.Text;

namespace Kansformers.Evaluation;

/// <summary>Makes measures of scores.</summary>
internal static class TaskMeasures
{
    private const string Accuracy = "acc", ByCharacters = "acc_norm", ByBytes = "acc_bytes", ByUnconditional = "acc_uncond", Perplexity = "perplexity",
        WordPerplexity = "word_perplexity", BytePerplexity = "byte_perplexity", BitsPerByte = "bits_per_byte";

    // Log-likelihoods that differ by less are equal: so much may rounding alone do to float32 logits that are the same.
    private const double Rounding = 1e-8;

    /// <summary>The metrics of a kind of task.</summary>
    public static string[] Names(TaskKind kind) => kind switch
    {
        TaskKind.MultipleChoice => [Accuracy, ByCharacters, ByBytes, ByUnconditional],
        TaskKind.MinimalPairs => [Accuracy],
        TaskKind.LastWord => [Accuracy, Perplexity],
        _ => [WordPerplexity, BytePerplexity, BitsPerByte],
    };

    /// <summary>Of rows with choices: how often the right one is the likeliest.</summary>
    /// <param name="task">The task.</param>
    /// <param name="rows">The rows with the scores of their choices.</param>
    public static IReadOnlyList<TaskMeasure> Of(TaskDefinition task, IReadOnlyList<ScoredExample> rows)
    {
        List<TaskMeasure> measures = [];
        if (task.Kind == TaskKind.LastWord)
        {
            measures.Add(Mean(Accuracy, [.. rows.Select(row => row.Scores[0].Greedy)], rows.Count(row => row.Scores[0].Greedy is > 0 and < 1)));
            measures.Add(PerTarget([.. rows.Select(row => -row.Scores[0].LogLikelihood)]));
        }
        else
        {
            measures.Add(Choice(Accuracy, rows, (row, i) => row.Scores[i].LogLikelihood));
            if (task.Kind == TaskKind.MultipleChoice)
            {
                measures.Add(Choice(ByCharacters, rows, (row, i) => row.Scores[i].LogLikelihood / Math.Max(1, Questions.CharactersIn(row.Example.Choices[i]))));
                measures.Add(Choice(ByBytes, rows, (row, i) => row.Scores[i].LogLikelihood / Math.Max(1, System.Text.Encoding.UTF8.GetByteCount(row.Example.Choices[i]))));
                if (rows.All(row => row.Unconditional is not null))
                    measures.Add(Choice(ByUnconditional, rows, (row, i) => row.Scores[i].LogLikelihood - row.Unconditional![i].LogLikelihood));
            }
        }

        return Wanted(task, measures);
    }

    /// <summary>Of texts: perplexities of all together, in words and bytes of the originals.</summary>
    /// <param name="task">The task.</param>
    /// <param name="texts">The texts, each with the scores of its windows.</param>
    public static IReadOnlyList<TaskMeasure> Of(TaskDefinition task, IReadOnlyList<(TaskText Text, IReadOnlyList<RequestScore> Windows)> texts)
    {
        double nats = texts.Sum(text => -text.Windows.Sum(window => window.LogLikelihood));
        double[] words = [.. texts.Select(text => (double)Words(text.Text.Original))], bytes = [.. texts.Select(text => (double)System.Text.Encoding.UTF8.GetByteCount(text.Text.Original))];
        double perWord = nats / words.Sum(), perByte = nats / bytes.Sum(), wordError = Error(words), byteError = Error(bytes);
        return Wanted(task,
        [
            new(WordPerplexity, Math.Exp(perWord), Math.Exp(perWord) * wordError, texts.Count, 0),
            new(BytePerplexity, Math.Exp(perByte), Math.Exp(perByte) * byteError, texts.Count, 0),
            new(BitsPerByte, perByte / Math.Log(2), byteError / Math.Log(2), texts.Count, 0),
        ]);

        // Of a ratio of sums; of a single text its windows are the sample, with as many words or bytes as it has for each token.
        double Error(double[] weights)
        {
            if (texts.Count > 1)
                return RatioError([.. texts.Select(text => -text.Windows.Sum(window => window.LogLikelihood))], weights);
            double perToken = weights[0] / texts[0].Windows.Sum(window => (double)window.Tokens);
            return RatioError([.. texts[0].Windows.Select(window => -window.LogLikelihood)], [.. texts[0].Windows.Select(window => perToken * window.Tokens)]);
        }
    }

    /// <summary>The mean of parts, each of which counts the same, with the standard error of that mean.</summary>
    /// <param name="parts">The measures of each part.</param>
    public static IReadOnlyList<TaskMeasure> MeanOf(IReadOnlyList<TaskPart> parts) =>
    [
        .. parts[0].Measures.Where(first => parts.All(part => part.Measures.Any(measure => measure.Metric == first.Metric))).Select(first =>
        {
            TaskMeasure[] all = [.. parts.Select(part => part.Measures.First(measure => measure.Metric == first.Metric))];
            double error = Math.Sqrt(all.Sum(measure => measure.StandardError * measure.StandardError)) / all.Length;
            return new TaskMeasure(first.Metric, all.Average(measure => measure.Value), error, all.Sum(measure => measure.Examples), all.Sum(measure => measure.Ties));
        }),
    ];

    // Choices of equal scores share: a row whose right choice is one of k that are best counts 1 / k.
    private static TaskMeasure Choice(string metric, IReadOnlyList<ScoredExample> rows, Func<ScoredExample, int, double> score)
    {
        double[] shares = new double[rows.Count];
        int ties = 0;
        for (int row = 0; row < rows.Count; row++)
        {
            double[] scores = [.. Enumerable.Range(0, rows[row].Scores.Count).Select(i => score(rows[row], i))];
            double best = scores.Max();
            bool[] isBest = [.. scores.Select(one => one == best || Math.Abs(one - best) <= Rounding * Math.Abs(best))];
            int share = isBest.Count(one => one);
            shares[row] = isBest[rows[row].Example.Right] ? 1.0 / share : 0;
            ties += isBest[rows[row].Example.Right] && share > 1 ? 1 : 0;
        }

        return Mean(metric, shares, ties);
    }

    private static TaskMeasure Mean(string metric, double[] values, int ties)
    {
        double mean = values.Average();
        return new TaskMeasure(metric, mean, MeanError(values, mean), values.Length, ties);
    }

    // The standard error of exp(mean) by the delta method: exp(mean) times that of the mean.
    private static TaskMeasure PerTarget(double[] nats)
    {
        double mean = nats.Average();
        return new TaskMeasure(Perplexity, Math.Exp(mean), Math.Exp(mean) * MeanError(nats, mean), nats.Length, 0);
    }

    private static double MeanError(double[] values, double mean) =>
        values.Length < 2 ? double.NaN : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1) / values.Length);

    private static double RatioError(double[] sums, double[] weights)
    {
        int count = sums.Length;
        double ratio = sums.Sum() / weights.Sum();
        return count < 2 ? double.NaN
            : Math.Sqrt((double)count / (count - 1) * sums.Zip(weights).Sum(pair => Math.Pow(pair.First - (ratio * pair.Second), 2))) / weights.Sum();
    }

    // As Python's re.split(r"\s+", text) counts them: one more than there are stretches of white space.
    private static int Words(string text)
    {
        int words = 1;
        for (int at = 0; at < text.Length; at++)
            words += char.IsWhiteSpace(text[at]) && (at == 0 || !char.IsWhiteSpace(text[at - 1])) ? 1 : 0;
        return words;
    }

    private static List<TaskMeasure> Wanted(TaskDefinition task, List<TaskMeasure> measures) =>
        task.Metrics.Count == 0 ? measures : [.. measures.Where(measure => task.Metrics.Contains(measure.Metric))];
}

/// <summary>A row with the scores of its choices.</summary>
/// <param name="Example">The row.</param>
/// <param name="Scores">Of each choice.</param>
/// <param name="Unconditional">Of each choice after a context that says nothing of the row; null where the row has none.</param>
internal sealed record ScoredExample(TaskExample Example, IReadOnlyList<RequestScore> Scores, IReadOnlyList<RequestScore>? Unconditional);
