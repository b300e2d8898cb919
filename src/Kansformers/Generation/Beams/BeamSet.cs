namespace Kansformers.Generation;

/// <summary>The beams of one text that is looked for: beginnings that are open, and the best that have ended.</summary>
internal sealed class BeamSet
{
    private readonly BeamOptions _options;
    private readonly IReadOnlyList<int> _ends;
    private readonly int _prompt, _most;
    private readonly List<BeamResult> _ended = [];
    private readonly Candidate[] _candidates;
    private bool _isStuck;

    /// <param name="options">How to look.</param>
    /// <param name="ends">The tokens that end a text.</param>
    /// <param name="prompt">What the text goes on from.</param>
    /// <param name="most">The most new tokens.</param>
    public BeamSet(BeamOptions options, IReadOnlyList<int> ends, IReadOnlyList<int> prompt, int most)
    {
        (_options, _ends, _prompt, _most) = (options, ends, prompt.Count, most);

        // As many as could be needed where each beam ended in every way that there is.
        _candidates = new Candidate[options.Beams * (1 + Math.Max(1, ends.Count))];
        Open = [new Beam([.. prompt], 0, 0), .. Enumerable.Repeat(new Beam([.. prompt], float.NegativeInfinity, 0), options.Beams - 1)];
    }

    /// <summary>The open beginnings, as many as there are beams; those of a score of minus infinity are none.</summary>
    public Beam[] Open { get; private set; }

    /// <summary>Whether nothing is to be looked for any more.</summary>
    public bool IsDone { get; private set; }

    private int Fresh => Open[0].Tokens.Length - _prompt;

    /// <summary>Goes a token further.</summary>
    /// <param name="scores">For each beam the logarithms of the probabilities of all tokens; they are changed.</param>
    /// <param name="vocabulary">How many tokens there are.</param>
    /// <param name="rules">Which tokens may come.</param>
    public void Step(Span<float> scores, int vocabulary, BeamRules rules)
    {
        int found = 0;
        for (int beam = 0; beam < Open.Length; beam++)
        {
            if (float.IsNegativeInfinity(Open[beam].Score))
                continue;
            Span<float> row = scores.Slice(beam * vocabulary, vocabulary);
            rules.Apply(row, Open[beam].Tokens, Fresh);
            for (int token = 0; token < row.Length; token++)
                Offer(new Candidate(Open[beam].Score + row[token], beam, token), ref found);
        }

        List<Beam> next = [];
        for (int rank = 0; rank < found && next.Count < Open.Length; rank++)
        {
            Candidate candidate = _candidates[rank];
            int[] tokens = Open[candidate.Beam].Tokens;
            if (!_ends.Contains(candidate.Token))
                next.Add(new Beam([.. tokens, candidate.Token], candidate.Score, candidate.Beam));
            else if (rank < Open.Length) // an end among less likely ones would crowd out texts that go on
                Add(new BeamResult([.. tokens[_prompt..], candidate.Token], true, candidate.Score, candidate.Score / Length(Fresh + 1)));
        }

        if (_ended.Count >= _options.Beams && found > 0)
            IsDone = Suffices(_candidates[0].Score);
        if (next.Count == 0)
            IsDone = _isStuck = true;
        if (IsDone)
            return; // with what is open as it is

        while (next.Count < Open.Length)
            next.Add(next[0] with { Score = float.NegativeInfinity });
        Open = [.. next];
        if (Fresh == _most)
            IsDone = true;
    }

    /// <summary>The best texts.</summary>
    public IReadOnlyList<BeamResult> Results()
    {
        // Those that are open count where the search came to its end with them, but where none may go on only for want of anything better.
        if (_isStuck ? _ended.Count == 0 : Fresh == _most)
        {
            foreach (Beam beam in Open.Where(beam => !float.IsNegativeInfinity(beam.Score)))
                Add(new BeamResult(beam.Tokens[_prompt..], false, beam.Score, beam.Score / Length(Fresh + 1)));
        }

        return [.. Enumerable.Reverse(_ended).OrderByDescending(text => text.Score).Take(_options.Returned)];
    }

    private double Length(int tokens) => Math.Pow(tokens, _options.LengthPenalty);

    private bool Suffices(double best)
    {
        double worst = _ended.Min(text => text.Score);
        return _options.Stop switch
        {
            BeamStop.First => true,
            BeamStop.Estimated => worst >= best / Length(Fresh + 1),
            _ => worst >= best / Length(_options.LengthPenalty > 0 ? _most + 1 : Fresh + 1),
        };
    }

    private void Add(BeamResult text)
    {
        if (_ended.Count >= _options.Beams && !(text.Score > _ended.Min(other => other.Score)))
            return;
        _ended.Add(text);
        if (_ended.Count > _options.Beams)
            _ended.Remove(_ended.MinBy(other => other.Score)!);
    }

    // The best candidates in falling order; of equal ones that which comes first. A score that is no number is none.
    private void Offer(Candidate candidate, ref int found)
    {
        if (!(candidate.Score > (found < _candidates.Length ? float.NegativeInfinity : _candidates[^1].Score)))
            return;
        int at = Math.Min(found, _candidates.Length - 1);
        for (; at > 0 && _candidates[at - 1].Score < candidate.Score; at--)
            _candidates[at] = _candidates[at - 1];
        _candidates[at] = candidate;
        found = Math.Min(found + 1, _candidates.Length);
    }

    private readonly record struct Candidate(float Score, int Beam, int Token);
}

/// <summary>A beginning of a text.</summary>
/// <param name="Tokens">Its tokens, with those that it goes on from.</param>
/// <param name="Score">The sum of the logarithms of its new tokens' probabilities.</param>
/// <param name="Parent">Which beam it goes on with.</param>
internal sealed record Beam(int[] Tokens, float Score, int Parent);
