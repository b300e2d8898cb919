using Kansformers.Hub;

namespace Kansformers.Text;

/// <summary>How <see cref="Corpus.Open"/> reads a corpus.</summary>
public sealed record CorpusOptions
{
    /// <summary>
    /// The column, or the field of each <c>.jsonl</c> line, that holds the text. When null it is found: <c>text</c>, <c>content</c>, or another
    /// usual name, or else the only one that holds text; where that does not tell, an error lists the columns. It is one column for all tables of
    /// the corpus, whatever their order: one that does not have it is an error.
    /// </summary>
    public string? TextField { get; init; }

    /// <summary>The column to take where there is one and none is given: that of the corpus that this one goes with.</summary>
    internal string? PreferredField { get; init; }

    /// <summary>Whether documents that are exactly the same as one before are left out (and counted).</summary>
    public bool Deduplicate { get; init; }

    /// <summary>What the numbers in a <c>.bin</c> file of tokens are.</summary>
    public TokenFormat TokenFormat { get; init; }

    /// <summary>About how many bytes of UTF-8 a built-in corpus gives at most; it chooses the same part every time.</summary>
    public long BuiltInBytes { get; init; } = 4_000_000;

    /// <summary>Where data sets of a hub come from and are kept; from the environment when null.</summary>
    public HubSettings? Hub { get; init; }

    internal CorpusOptions Validated()
    {
        if (TextField?.Length == 0)
            throw new KansformersException("the text field is empty; give the name of the column that holds the text, or none to have it found");
        if (BuiltInBytes < 1)
            throw new KansformersException($"the size of the built-in corpus is {BuiltInBytes} bytes; give at least 1");
        return this;
    }
}
