using Kansformers.Text;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Evaluation;

/// <summary>Makes what an encoder takes of stretches of text: special tokens around each, and some tokens of it hidden.</summary>
internal sealed class MaskedRows
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

    /// <summary>The longest row.</summary>
    public int Length { get; }

    /// <summary>The most tokens of text in a row.</summary>
    public int TextLength { get; }

    /// <summary>A batch.</summary>
    /// <param name="text">The tokens of all rows, one after the other.</param>
    /// <param name="length">The tokens of each.</param>
    /// <param name="key">Decides, for each row, which tokens are hidden.</param>
    public MaskedBatch Make(ReadOnlySpan<long> text, int length, Func<int, ulong> key)
    {
        int count = text.Length / length, whole = length + _tokens.AroundText, masked = 0;
        long[] ids = new long[count * whole], targets = new long[count * whole];
        for (int i = 0; i < count; i++)
        {
            Span<long> row = ids.AsSpan(i * whole, whole);
            Fill(row, text.Slice(i * length, length));
            masked += _masking.Apply(row, targets.AsSpan(i * whole, whole), key(i));
        }

        return new MaskedBatch(ids, targets, count, masked) { Tokens = count * length };
    }

    private void Fill(Span<long> row, ReadOnlySpan<long> text)
    {
        int at = 0;
        foreach (TemplatePart part in _tokens.Template.Single)
        {
            if (part.Ids is null)
            {
                text.CopyTo(row[at..]);
                at += text.Length;
            }

            foreach (int id in part.Ids ?? [])
                row[at++] = id;
        }
    }
}

/// <summary>Rows with hidden tokens.</summary>
/// <param name="Ids">What the model sees, row after row.</param>
/// <param name="Targets">The hidden tokens, and -1 elsewhere.</param>
/// <param name="Rows">How many rows there are.</param>
/// <param name="Masked">How many tokens are hidden.</param>
internal sealed record MaskedBatch(long[] Ids, long[] Targets, int Rows, int Masked)
{
    /// <summary>The tokens of text.</summary>
    public int Tokens { get; init; }

    /// <summary>share · the mean loss of the hidden tokens.</summary>
    public Tensor Loss(TransformerModel model, double share)
    {
        using var scope = NewDisposeScope();
        Tensor ids = tensor(Ids, [Rows, Ids.Length / Rows], device: model.Device), targets = tensor(Targets, [Rows, Ids.Length / Rows], device: model.Device);
        return model.Loss(new TokenBatch(ids, targets), share).MoveToOuterDisposeScope();
    }
}
