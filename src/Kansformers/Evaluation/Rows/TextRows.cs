using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Evaluation;

/// <summary>Makes what a model learns from of stretches of text: special tokens around each, and what chance does to it.</summary>
internal abstract class TextRows
{
    /// <param name="tokenizer">The tokenizer of the text.</param>
    /// <param name="model">The model that the rows are for.</param>
    /// <exception cref="KansformersException">The block has no room for text, or the tokenizer is of more ids than the model.</exception>
    protected TextRows(Tokenizer tokenizer, ModelOptions model)
    {
        if (!tokenizer.Fits(model.VocabularySize))
            throw new KansformersException($"the tokenizer has {tokenizer.VocabularySize} ids, the model {model.VocabularySize}; they do not belong together");
        Tokens = EncoderTokens.Of(tokenizer, model.VocabularySize);
        Length = model.BlockSize;
        TextLength = model.BlockSize - Tokens.AroundText;
        if (TextLength < 1)
            throw new KansformersException($"block size is {model.BlockSize}, of which {Tokens.AroundText} tokens stand around each text; it must be larger");
    }

    /// <summary>The longest row.</summary>
    public int Length { get; }

    /// <summary>The most tokens of text in a row.</summary>
    public int TextLength { get; }

    /// <summary>The special tokens.</summary>
    protected EncoderTokens Tokens { get; }

    /// <summary>A batch.</summary>
    /// <param name="text">The tokens of all rows, one after the other.</param>
    /// <param name="length">The tokens of each.</param>
    /// <param name="key">Decides, for each row, what chance does to it.</param>
    public abstract RowBatch Make(ReadOnlySpan<long> text, int length, Func<int, ulong> key);
}
