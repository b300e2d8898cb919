namespace Kansformers.Transformers;

/// <summary>What an encoder makes of its last hidden state.</summary>
public enum EncoderHead
{
    /// <summary>Logits of the vocabulary for every token: masked language modelling (Devlin et al., "BERT", 2019).</summary>
    MaskedLanguage,

    /// <summary>Logits of the labels for every sequence, from its first token; with a single label a number, which is fitted by least squares.</summary>
    Classification,

    /// <summary>Nothing: the hidden states themselves. Such a model has no loss.</summary>
    None,

    /// <summary>Logits of the labels for every token, such as those of names in a text.</summary>
    TokenClassification,

    /// <summary>Two logits for every token: how likely an answer begins with it, and ends with it (Devlin et al., 2019, section 4.2).</summary>
    QuestionAnswering,
}
