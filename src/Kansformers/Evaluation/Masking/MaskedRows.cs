using Kansformers.Text;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Evaluation;

/// <summary>Makes what a model learns from of stretches of text.</summary>
internal interface ITextRows
{
    /// <summary>The longest row.</summary>
    int Length { get; }

    /// <summary>The most tokens of text in a row.</summary>
    int TextLength { get; }

    /// <summary>A batch.</summary>
    /// <param name="text">The tokens of all rows, one after the other.</param>
    /// <param name="length">The tokens of each.</param>
    /// <param name="key">Decides, for each row, what chance does to it.</param>
    MaskedBatch Make(ReadOnlySpan<long> text, int length, Func<int, ulong> key);
}

/// <summary>Makes what an encoder takes of stretches of text: special tokens around each, and some tokens of it hidden.</summary>
internal sealed class MaskedRows : ITextRows
{
    private readonly TokenMasking _masking;
    private readonly EncoderTokens _tokens;

    /// <param name="options">How much is hidden.</param>
    /// <param name="tokenizer">The tokenizer of the text.</param>
    /// <param name="model">The model that the rows are for.</param>
    /// <exception cref="KansformersException">There is no mask, words are not told, the block has no room for text, or the tokenizer is of more ids than the model.</exception>
    public MaskedRows(MaskingOptions options, Tokenizer tokenizer, ModelOptions model)
    {
        if (!tokenizer.Fits(model.VocabularySize))
            throw new KansformersException($"the tokenizer has {tokenizer.VocabularySize} ids, the model {model.VocabularySize}; they do not belong together");
        _tokens = EncoderTokens.Of(tokenizer, model.VocabularySize);
        _masking = new TokenMasking(options, tokenizer, _tokens);
        Length = model.BlockSize;
        TextLength = model.BlockSize - _tokens.AroundText;
        if (TextLength < 1)
            throw new KansformersException($"block size is {model.BlockSize}, of which {_tokens.AroundText} tokens stand around each text; it must be larger");
    }

    /// <inheritdoc/>
    public int Length { get; }

    /// <inheritdoc/>
    public int TextLength { get; }

    /// <inheritdoc/>
    public MaskedBatch Make(ReadOnlySpan<long> text, int length, Func<int, ulong> key)
    {
        int count = text.Length / length, whole = length + _tokens.AroundText, masked = 0;
        long[] ids = new long[count * whole], targets = new long[count * whole];
        for (int i = 0; i < count; i++)
        {
            Span<long> row = ids.AsSpan(i * whole, whole);
            _tokens.Template.FillRow(row, text.Slice(i * length, length));
            masked += _masking.Apply(row, targets.AsSpan(i * whole, whole), key(i));
        }

        return new MaskedBatch(ids, targets, count, masked) { Tokens = count * length };
    }
}

/// <summary>Rows with hidden tokens.</summary>
/// <param name="Ids">What the model sees, row after row.</param>
/// <param name="Targets">The hidden tokens, and -1 elsewhere; or what is to be written, row after row.</param>
/// <param name="Rows">How many rows there are.</param>
/// <param name="Masked">How many tokens are to be guessed.</param>
internal sealed record MaskedBatch(long[] Ids, long[] Targets, int Rows, int Masked)
{
    /// <summary>The tokens of text.</summary>
    public int Tokens { get; init; }

    /// <summary>Zero where the rows that the model sees are padded; null where none is.</summary>
    public long[]? Mask { get; init; }

    /// <summary>share · the mean loss of the hidden tokens.</summary>
    public Tensor Loss(TransformerModel model, double share)
    {
        using var scope = NewDisposeScope();
        return model.Loss(new TokenBatch(Matrix(Ids), Matrix(Targets)) { Mask = Mask is null ? null : Matrix(Mask) }, share).MoveToOuterDisposeScope();

        Tensor Matrix(long[] values) => tensor(values, [Rows, values.Length / Rows], device: model.Device);
    }
}
