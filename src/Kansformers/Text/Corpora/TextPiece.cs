namespace Kansformers.Text;

/// <summary>
/// A part of a corpus as it streams by: some tens of thousands of characters at most, never cut inside a surrogate pair,
/// never empty, never of two documents. The documents of a corpus are the concatenations of their pieces.
/// </summary>
/// <param name="Text">The characters.</param>
/// <param name="StartsLaterDocument">
/// Whether a document starts here that is not the corpus's first, so that a separator belongs before it:
/// the end-of-text token, or a blank line for tokenizers that have none.
/// </param>
/// <param name="SourceBytes">How many bytes of the source were read for it, for progress.</param>
public readonly record struct TextPiece(ReadOnlyMemory<char> Text, bool StartsLaterDocument, long SourceBytes)
{
    /// <summary>The largest number of characters in a piece.</summary>
    internal const int MaximumLength = 1 << 15;

    /// <summary>What separates documents for tokenizers without an end-of-text token.</summary>
    internal const string BlankLine = "\n\n";
}
