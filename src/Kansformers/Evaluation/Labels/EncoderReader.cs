using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Evaluation;

/// <summary>An encoder whose head says something of texts, with its tokenizer.</summary>
/// <param name="Model">The model.</param>
/// <param name="Tokenizer">Its tokenizer.</param>
internal sealed record EncoderReader(EncoderModel Model, Tokenizer Tokenizer)
{
    /// <summary>The special tokens.</summary>
    public EncoderTokens Tokens { get; } = EncoderTokens.Of(Tokenizer, Model.Options.VocabularySize);

    /// <summary>The most tokens of a sequence.</summary>
    public int BlockSize => Model.Options.BlockSize;

    /// <summary>Takes a model.</summary>
    /// <param name="model">The model; it stays the caller's.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="head">The head that it must have.</param>
    /// <param name="without">What a model without it does not do, and what to do, for the message.</param>
    /// <exception cref="KansformersException">The model has another head, or the tokenizer has more ids.</exception>
    public static EncoderReader Of(TransformerModel model, Tokenizer tokenizer, EncoderHead head, string without)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        if (model is not EncoderModel encoder || encoder.Encoder.Head != head)
            throw new KansformersException($"this {model.Options.Family.Name} {without}");
        return tokenizer.Fits(model.Options.VocabularySize) ? new EncoderReader(encoder, tokenizer)
            : throw new KansformersException($"the tokenizer has {tokenizer.VocabularySize} ids, the model {model.Options.VocabularySize}; they do not belong together");
    }

    /// <summary>Refuses what a model with broken weights gives.</summary>
    /// <param name="outputs">Its outputs.</param>
    /// <exception cref="KansformersException">One is no finite number.</exception>
    public static void RequireFinite(IEnumerable<float[]?> outputs)
    {
        if (outputs.Any(row => row is not null && !row.All(float.IsFinite)))
            throw new KansformersException("the model's output is not a number: its weights are broken; load another checkpoint, or train with a smaller learning rate");
    }
}
