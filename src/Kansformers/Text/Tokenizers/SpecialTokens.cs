namespace Kansformers.Text;

/// <summary>What <see cref="Tokenizer.Encode(ReadOnlySpan{char}, List{int}, SpecialTokens)"/> does with <c>&lt;|endoftext|&gt;</c> written in the text.</summary>
public enum SpecialTokens
{
    /// <summary>It is text like any other. The right choice for text from strangers, who may write anything.</summary>
    AsText,

    /// <summary>It becomes the end-of-text token, for corpora that mark their documents so. Tokenizers without that token read it as text.</summary>
    Recognise,

    /// <summary>It is an error, for callers who must know that no text passes as a control; so it is for tokenizers without that token.</summary>
    Refuse,
}
