using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Evaluation;

/// <summary>Makes what an encoder takes of stretches of text: special tokens around each, and some tokens of it hidden.</summary>
internal sealed class MaskedRows : TextRows
{
    private readonly TokenMasking _masking;

    /// <param name="options">How much is hidden.</param>
    /// <param name="tokenizer">The tokenizer of the text.</param>
    /// <param name="model">The model that the rows are for.</param>
    /// <exception cref="KansformersException">There is no mask, words are not told, the block has no room for text, or the tokenizer is of more ids than the model.</exception>
    public MaskedRows(MaskingOptions options, Tokenizer tokenizer, ModelOptions model)
        : base(tokenizer, model) => _masking = new TokenMasking(options, tokenizer, Tokens);

    /// <inheritdoc/>
    public override RowBatch Make(ReadOnlySpan<long> text, int length, Func<int, ulong> key)
    {
        int count = text.Length / length, whole = length + Tokens.AroundText, masked = 0;
        long[] ids = new long[count * whole], targets = new long[count * whole];
        for (int i = 0; i < count; i++)
        {
            Span<long> row = ids.AsSpan(i * whole, whole);
            Tokens.Template.FillRow(row, text.Slice(i * length, length));
            masked += _masking.Apply(row, targets.AsSpan(i * whole, whole), key(i));
        }

        return new RowBatch(ids, targets, count, masked) { Tokens = count * length };
    }
}
