using Kansformers.Runtime;
using Kansformers.Text;

namespace Kansformers.Evaluation;

/// <summary>Hides tokens of sequences from a model. What is hidden follows from the sequence and a key, and never touches special tokens.</summary>
internal sealed class TokenMasking
{
    /// <summary>The target of a token that is not to be guessed.</summary>
    public const long NoTarget = -1;

    private readonly MaskingOptions _options;
    private readonly EncoderTokens _tokens;
    private readonly long _mask;
    private readonly int[] _ordinary;
    private readonly bool[]? _starts;

    /// <param name="options">How much is hidden.</param>
    /// <param name="tokenizer">The tokenizer of the sequences.</param>
    /// <param name="tokens">Its special tokens.</param>
    /// <exception cref="KansformersException">There is no mask, or words are wanted of a tokenizer that does not tell them.</exception>
    public TokenMasking(MaskingOptions options, Tokenizer tokenizer, EncoderTokens tokens)
    {
        options.Validate();
        (_options, _tokens) = (options, tokens);
        _mask = tokens.Mask ?? throw new KansformersException($"the {tokenizer.Kind} tokenizer has no mask token, and the model's {tokens.Vocabulary} ids leave no room for one; give a tokenizer with [MASK] or <mask>, or begin from random weights");
        _ordinary = [.. Enumerable.Range(0, tokens.Ids).Where(id => !tokens.IsSpecial(id))];
        _starts = options.Unit == MaskedUnit.Token ? null
            : tokenizer.WordStarts() ?? throw new KansformersException($"mask unit is word, but the {tokenizer.Kind} tokenizer does not tell where words begin; choose one of word pieces or of byte pairs, or mask tokens");
    }

    /// <summary>Hides tokens of a sequence.</summary>
    /// <param name="row">The sequence; what the model shall see takes its place.</param>
    /// <param name="targets">Gets the hidden tokens, and <see cref="NoTarget"/> elsewhere.</param>
    /// <param name="key">Decides which ones.</param>
    /// <returns>How many are to be guessed: as the share says, on average, and at least one if the sequence has any text.</returns>
    public int Apply(Span<long> row, Span<long> targets, ulong key)
    {
        targets.Fill(NoTarget);
        List<(int Start, int Length)> units = Units(row, out int candidates);
        if (candidates == 0)
            return 0;
        KeyedDraws draws = new(key);
        int wanted = Math.Max(1, (int)((_options.Share * candidates) + draws.Next())), chosen = 0;
        for (int left = units.Count; left > 0 && chosen < wanted; left--)
        {
            int at = draws.Next(left);
            (int start, int length) = units[at];
            units[at] = units[left - 1];
            if (chosen > 0 && chosen + length > wanted)
                continue; // a long word would hide more than was asked for
            for (int i = start; i < start + length; i++)
                Hide(ref row[i], ref targets[i], ref draws);
            chosen += length;
        }

        return chosen;
    }

    private void Hide(ref long token, ref long target, ref KeyedDraws draws)
    {
        target = token;
        double kind = draws.Next();
        if (kind < _options.Masked)
            token = _mask;
        else if (kind < _options.Masked + _options.Random)
            token = _ordinary[draws.Next(_ordinary.Length)];
    }

    // What is chosen as a whole: tokens, or runs of them from the start of a word to the next.
    private List<(int Start, int Length)> Units(ReadOnlySpan<long> row, out int candidates)
    {
        List<(int Start, int Length)> units = new(row.Length);
        candidates = 0;
        for (int i = 0; i < row.Length; i++)
        {
            if (_tokens.IsSpecial(row[i]))
                continue;
            candidates++;
            bool goesOn = _starts is not null && !_starts[row[i]] && units.Count > 0 && units[^1].Start + units[^1].Length == i;
            if (goesOn)
                units[^1] = (units[^1].Start, units[^1].Length + 1);
            else
                units.Add((i, 1));
        }

        return units;
    }
}
