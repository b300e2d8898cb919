namespace Kansformers.Text;

/// <summary>What to tokenize, with what, and how much of it to hold out.</summary>
public sealed record PrepareOptions
{
    /// <summary>The text to train on, from <see cref="Text.Corpus.Open"/>.</summary>
    public required Corpus Corpus { get; init; }

    /// <summary>
    /// <c>gpt2</c>, <c>byte</c>, <c>char</c> (made of the characters of the corpus, and of the validation corpus if there is one),
    /// or files that <see cref="Text.Tokenizer.Open"/> reads.
    /// </summary>
    public string TokenizerKind { get; init; } = "gpt2";

    /// <summary>A tokenizer to use instead of <see cref="TokenizerKind"/>.</summary>
    public Tokenizer? Tokenizer { get; init; }

    /// <summary>
    /// The share of the tokens that is held out, taken from the end: at least 0, less than 1. Not used when there is a
    /// <see cref="ValidationCorpus"/>.
    /// </summary>
    public double ValidationFraction { get; init; } = 0.1;

    /// <summary>Other text to validate on; the whole <see cref="Corpus"/> is then for training.</summary>
    public Corpus? ValidationCorpus { get; init; }

    /// <summary>What to do with <c>&lt;|endoftext|&gt;</c> written in the text.</summary>
    public SpecialTokens SpecialTokens { get; init; }

    /// <summary>Where token files are kept; <c>tokens</c> in the user's cache folder when null.</summary>
    public string? CacheFolder { get; init; }

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Corpus);
        if (!(ValidationFraction >= 0 && ValidationFraction < 1))
            throw new KansformersException(FormattableString.Invariant($"the validation fraction is {ValidationFraction}; give a number from 0 to less than 1"));
    }
}
