using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>What a tokenizer makes of an encoder's options.</summary>
internal static class EncoderShape
{
    /// <summary>An encoder whose vocabulary has all special tokens that encoders need. One with weights stays as it is.</summary>
    /// <exception cref="KansformersException">The options are not those of an encoder.</exception>
    public static EncoderOptions Of(ModelOptions model, Tokenizer tokenizer, bool hasWeights)
    {
        EncoderOptions encoder = model as EncoderOptions ?? throw new KansformersException($"the family {model.Family.Name} reads text from one side alone; use one of {string.Join(", ", Families.All.Where(family => family.Defaults is EncoderOptions).Select(family => family.Name))}");
        if (hasWeights)
            return encoder;
        EncoderTokens tokens = EncoderTokens.Of(tokenizer);
        return encoder.WithTokens(tokens.Vocabulary, tokens.Padding);
    }

    /// <summary>An encoder with a head for labels. Weights that know all labels of the data keep theirs, with what they learned of them.</summary>
    public static EncoderOptions Labelled(EncoderOptions encoder, bool hasWeights, EncoderHead head, LabelNames labels)
    {
        bool known = hasWeights && encoder.Head == head && encoder.LabelNames is LabelNames own && labels.All(label => own.IdOf(label) is not null);
        return known ? encoder : encoder with { Head = head, Labels = labels.Count, LabelNames = labels };
    }
}
