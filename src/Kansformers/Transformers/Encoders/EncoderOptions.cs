using System.Text.Json.Serialization;
using Kansformers.Kan;
using Kansformers.Runtime;

namespace Kansformers.Transformers;

/// <summary>The architecture of a transformer that reads a whole text at once, and labels it or its tokens: what BERT and its relatives have in common.</summary>
public abstract record EncoderOptions : ModelOptions
{
    private const int LabelsShown = 10;

    /// <summary>What becomes of the last hidden state.</summary>
    public EncoderHead Head { get; init; }

    /// <summary>With a head for labels the number of labels; with <see cref="EncoderHead.Classification"/> 1 means a number instead.</summary>
    public int Labels { get; init; } = 2;

    /// <summary>What the labels are called, as many as there are; null where they have no names.</summary>
    public LabelNames? LabelNames { get; init; }

    /// <summary>The width between the two layers of a feed-forward part; 0 for 4 times the model's.</summary>
    public int Inner { get; init; }

    /// <summary>What stands between the two layers of a feed-forward part, where they are linear.</summary>
    public BaseActivation Activation { get; init; } = BaseActivation.Gelu;

    /// <summary>What layer norms add to the variance, above 0.</summary>
    public double NormEpsilon { get; init; } = 1e-12;

    /// <summary>The token that fills up short sequences; its embedding is not learned by being looked up. Null for none; one beyond the vocabulary stands in no text.</summary>
    public int? PaddingId { get; init; } = 0;

    /// <summary>
    /// With <see cref="EncoderHead.MaskedLanguage"/> whether the logits are products with the token embedding, as the original's, or with a matrix of their own.
    /// What is tied is no KAN, wherever the placement has them.
    /// </summary>
    public bool TiedHead { get; init; } = true;

    /// <summary>With a head for labels or answers the share of values dropped before its last layer in training, 0 to below 1.</summary>
    public double HeadDropout { get; init; } = 0.1;

    /// <summary>The width between the two layers of a feed-forward part.</summary>
    [JsonIgnore]
    public int InnerWidth => Inner > 0 ? Inner : 4 * Width;

    /// <summary>The head, for people.</summary>
    internal string HeadWords => Head switch
    {
        EncoderHead.MaskedLanguage => "masked language head",
        EncoderHead.Classification => Labels == 1 ? "regression head" : $"classification head of {Labels} labels",
        EncoderHead.TokenClassification => $"head of {Labels} label{(Labels == 1 ? "" : "s")} for words",
        EncoderHead.QuestionAnswering => "head for answers",
        _ => "no head",
    };

    /// <summary>Whether the head gives labels.</summary>
    internal bool HasLabels => Head is EncoderHead.Classification or EncoderHead.TokenClassification;

    /// <summary>The number of rows of the table of positions.</summary>
    internal virtual int PositionRows => BlockSize;

    /// <summary>The number of rows of the table of token types; 0 where there is none.</summary>
    internal virtual int TypeRows => 0;

    /// <summary>The same for a vocabulary, and what fills up short sequences in it.</summary>
    internal virtual EncoderOptions WithTokens(int vocabulary, int? padding) => this with { VocabularySize = vocabulary, PaddingId = padding };

    /// <inheritdoc/>
    public override ModelOptions WithDropout(double share) => (EncoderOptions)base.WithDropout(share) with { HeadDropout = share };

    /// <inheritdoc/>
    public override IReadOnlyList<OptionDetail> Details()
    {
        string? activation = HasActivation ? Activation.ToString() : null;
        string head = HeadWords + (Head == EncoderHead.MaskedLanguage && TiedHead ? ", tied to the token embedding" : "");
        return
        [
            new OptionDetail("head", Head switch { EncoderHead.MaskedLanguage => "masked-language", EncoderHead.Classification => "classification", EncoderHead.TokenClassification => "token-classification", EncoderHead.QuestionAnswering => "question-answering", _ => "none" }, head),
            new OptionDetail("labels", HasLabels ? Labels : null, null),
            new OptionDetail("label_names", HasLabels ? LabelNames : null, HasLabels && LabelNames is not null ? $"labels {string.Join(", ", LabelNames.Take(LabelsShown))}{(LabelNames.Count > LabelsShown ? ", ..." : "")}" : null),
            new OptionDetail("tied_head", Head == EncoderHead.MaskedLanguage ? TiedHead : null, null),
            new OptionDetail("inner", InnerWidth, $"feed-forward {InnerWidth} wide{(activation is null ? "" : $" ({activation}{ActivationWords})")}"),
            new OptionDetail("activation", activation, null),
            new OptionDetail("norm_epsilon", NormEpsilon, null),
        ];
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Allowed.Require("head", Head);
        Require(Labels >= 1, "labels", Labels, "at least 1");
        if (LabelNames is not null)
            Require(LabelNames.Count == Labels, "the number of label names", LabelNames.Count, $"that of the labels, {Labels}");
        Require(Inner >= 0, "inner", Inner, "at least 1, or 0 for 4 times the width");
        Allowed.Require("activation", Activation);
        Require(NormEpsilon > 0 && double.IsFinite(NormEpsilon), "norm epsilon", NormEpsilon, "above 0");
        Require(PaddingId is null or >= 0, "padding id", PaddingId ?? 0, "at least 0");
        Require(HeadDropout is >= 0 and < 1, "head dropout", HeadDropout, "0 to below 1");
        if (Placement.HasFlag(KanPlacement.Mlp))
            Kan.Sharing.FunctionsOf(InnerWidth);
    }
}
