namespace Kansformers.Generation;

/// <summary>Which tokens may come next: the rules of <see cref="BeamOptions"/> on the logarithms of probabilities, in the order in which Hugging Face's library applies them.</summary>
/// <param name="options">The rules.</param>
/// <param name="ends">The tokens that end a text.</param>
/// <param name="most">The most new tokens.</param>
internal sealed class BeamRules(BeamOptions options, IReadOnlyList<int> ends, int most)
{
    /// <summary>Takes what is not allowed out of the choice, and makes what is forced certain.</summary>
    /// <param name="scores">The logarithms of the probabilities of all tokens.</param>
    /// <param name="tokens">The tokens so far.</param>
    /// <param name="fresh">How many of them are new.</param>
    public void Apply(Span<float> scores, ReadOnlySpan<int> tokens, int fresh)
    {
        if (options.NoRepeatNgram > 0)
            BanRepetitions(scores, tokens, options.NoRepeatNgram);
        if (fresh < options.MinNewTokens || tokens.Length < options.MinLength)
            Ban(scores, ends);
        if (fresh == 0 && options.ForcedBegin is int begin)
            Force(scores, begin);
        if (fresh == most - 1 && options.ForcedEnd is int end)
            Force(scores, end);
        Ban(scores, options.Suppressed);
    }

    // Whatever once followed the last n - 1 tokens.
    private static void BanRepetitions(Span<float> scores, ReadOnlySpan<int> tokens, int n)
    {
        if (tokens.Length < n)
            return;
        ReadOnlySpan<int> last = tokens[^(n - 1)..];
        for (int at = 0; at + n <= tokens.Length; at++)
        {
            if (tokens.Slice(at, n - 1).SequenceEqual(last))
                scores[tokens[at + n - 1]] = float.NegativeInfinity;
        }
    }

    private static void Ban(Span<float> scores, IReadOnlyList<int> tokens)
    {
        foreach (int token in tokens)
        {
            if (token < scores.Length)
                scores[token] = float.NegativeInfinity;
        }
    }

    private static void Force(Span<float> scores, int token)
    {
        scores.Fill(float.NegativeInfinity);
        scores[token] = 0;
    }
}
