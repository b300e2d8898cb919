using Kansformers.Generation;

namespace Kansformers.Tests.Generation;

/// <summary>Beam search as it is described, with whole sorts and without any cache.</summary>
internal static class PlainBeams
{
    public static IReadOnlyList<BeamResult> Search(Func<int[], double[]> next, BeamOptions options, int[] prompt)
    {
        int most = options.MaxNewTokens ?? options.MaxLength!.Value - prompt.Length, beams = options.Beams;
        IReadOnlyList<int> ends = options.EndOfText!;
        List<(int[] New, double Sum)> open = [([], 0)];
        List<BeamResult> ended = [];
        for (int step = 0; step < most; step++)
        {
            (int[] New, double Sum)[] all = [.. open.SelectMany(beam => Allowed(beam.New).Select((score, token) => (New: beam.New.Append(token).ToArray(), Sum: beam.Sum + score)))
                .Where(candidate => !double.IsNegativeInfinity(candidate.Sum)).OrderByDescending(candidate => candidate.Sum).Take(beams * (1 + ends.Count))];
            foreach ((int[] text, double sum) in all.Take(beams).Where(candidate => ends.Contains(candidate.New[^1])))
                Keep(text, true, sum, step + 1);

            bool enough = ended.Count == beams && options.Stop switch
            {
                BeamStop.First => true,
                BeamStop.Estimated => ended.Min(text => text.Score) >= all[0].Sum / Length(step + 1),
                _ => ended.Min(text => text.Score) >= all[0].Sum / Length(options.LengthPenalty > 0 ? most + 1 : step + 1),
            };
            List<(int[] New, double Sum)> going = [.. all.Where(candidate => !ends.Contains(candidate.New[^1])).Take(beams)];
            if (enough)
                return Best();
            if (going.Count == 0 && ended.Count > 0)
                return Best();
            if (going.Count == 0)
                break;
            open = going;
        }

        foreach ((int[] text, double sum) in open)
            Keep(text, false, sum, text.Length + 1);
        return Best();

        double Length(int tokens) => Math.Pow(tokens, options.LengthPenalty);

        void Keep(int[] text, bool hasEnded, double sum, int length) =>
            ended = [.. ended.Append(new BeamResult(text, hasEnded, sum, sum / Length(length))).OrderByDescending(one => one.Score).Take(beams)];

        IReadOnlyList<BeamResult> Best() => [.. ended.Take(options.Returned)];

        double[] Allowed(int[] text)
        {
            double[] scores = next([.. prompt, .. text]);
            int[] seen = [.. prompt, .. text];
            int n = options.NoRepeatNgram;
            for (int token = 0; token < scores.Length; token++)
            {
                int[] gram = n > 0 && seen.Length >= n ? [.. seen[^(n - 1)..], token] : [];
                bool repeats = gram.Length > 0 && Enumerable.Range(0, seen.Length - n + 1).Any(at => seen.AsSpan(at, n).SequenceEqual(gram));
                if (repeats || (ends.Contains(token) && (text.Length < options.MinNewTokens || seen.Length < options.MinLength)))
                    scores[token] = double.NegativeInfinity;
            }

            foreach (int? forced in (int?[])[text.Length == 0 ? options.ForcedBegin : null, text.Length == most - 1 ? options.ForcedEnd : null])
            {
                if (forced is int token)
                    scores = [.. scores.Select((_, one) => one == token ? 0 : double.NegativeInfinity)];
            }

            foreach (int token in options.Suppressed)
                scores[token] = double.NegativeInfinity;
            return scores;
        }
    }
}
