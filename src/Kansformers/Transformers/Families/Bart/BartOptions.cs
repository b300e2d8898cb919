using System.Text.Json.Serialization;
using Kansformers.Kan;
using Kansformers.Runtime;

namespace Kansformers.Transformers;

/// <summary>
/// The architecture of a <see cref="Bart"/>. <see cref="ModelOptions.Layers"/> and <see cref="ModelOptions.Heads"/> are the encoder's. The defaults are the preset bart-tiny with
/// linear layers and BART's vocabulary.
/// </summary>
public sealed record BartOptions : ModelOptions
{
    /// <summary>Two layers of width 128 on each side.</summary>
    public BartOptions() => (Layers, Heads, Width, BlockSize, VocabularySize, Placement) = (2, 2, 128, 1024, 50265, KanPlacement.None);

    /// <summary>The number of the decoder's blocks; 0 for as many as the encoder has.</summary>
    public int DecoderLayers { get; init; }

    /// <summary>The number of the decoder's attention heads, which divides the width; 0 for as many as the encoder has.</summary>
    public int DecoderHeads { get; init; }

    /// <summary>The width between the two layers of the encoder's feed-forward parts; 0 for 4 times the model's.</summary>
    public int Inner { get; init; }

    /// <summary>As <see cref="Inner"/>, of the decoder; 0 for as wide as the encoder's.</summary>
    public int DecoderInner { get; init; }

    /// <summary>What stands between the two layers of a feed-forward part, where they are linear.</summary>
    public BaseActivation Activation { get; init; } = BaseActivation.Gelu;

    /// <summary>The share of values dropped behind that activation in training, 0 to below 1.</summary>
    public double ActivationDropout { get; init; }

    /// <summary>Whether the vectors of tokens are multiplied by the square root of the width.</summary>
    public bool ScaledEmbedding { get; init; }

    /// <summary>Which half has KAN layers.</summary>
    public KanSide KanSide { get; init; }

    /// <summary>Whether logits are products with the token embedding, as the original's, or with a matrix of their own; nothing to a head that is a KAN.</summary>
    public bool TiedHead { get; init; } = true;

    /// <summary>The token that fills up short sequences; its embedding is not learned by being looked up.</summary>
    public int PaddingId { get; init; } = 1;

    /// <summary>The token that the decoder reads first.</summary>
    public int StartId { get; init; } = 2;

    /// <summary>The token that ends a text.</summary>
    public int EndId { get; init; } = 2;

    /// <summary>The decoder's blocks.</summary>
    [JsonIgnore]
    public int DecoderDepth => DecoderLayers > 0 ? DecoderLayers : Layers;

    /// <summary>The heads of the decoder's attention.</summary>
    [JsonIgnore]
    public int DecoderHeadCount => DecoderHeads > 0 ? DecoderHeads : Heads;

    /// <summary>The width between the two layers of a feed-forward part of the encoder.</summary>
    [JsonIgnore]
    public int InnerWidth => Inner > 0 ? Inner : 4 * Width;

    /// <summary>The width between the two layers of a feed-forward part of the decoder.</summary>
    [JsonIgnore]
    public int DecoderInnerWidth => DecoderInner > 0 ? DecoderInner : InnerWidth;

    /// <summary>Which layers of a side are KANs.</summary>
    internal KanPlacement PlacementOf(KanSide side) => KanSide == KanSide.Both || KanSide == side ? Placement : KanPlacement.None;

    /// <inheritdoc/>
    public override ModelOptions WithDropout(double share) => (BartOptions)base.WithDropout(share) with { ActivationDropout = share };

    /// <inheritdoc/>
    public override IReadOnlyList<OptionDetail> Details()
    {
        bool onlyKan = !HasActivation && KanSide == KanSide.Both, kanHead = PlacementOf(KanSide.Decoder).HasFlag(KanPlacement.Head);
        string inner = DecoderInnerWidth == InnerWidth ? $"{InnerWidth}" : $"{InnerWidth} and {DecoderInnerWidth}";
        return
        [
            new OptionDetail("decoder_layers", DecoderDepth, $"{Layers} layers of the encoder, {DecoderDepth} of the decoder"),
            new OptionDetail("decoder_heads", DecoderHeadCount, DecoderHeadCount == Heads ? null : $"{DecoderHeadCount} heads of the decoder"),
            new OptionDetail("inner", InnerWidth, $"feed-forward {inner} wide{(onlyKan ? "" : $" ({Activation}{ActivationWords})")}"),
            new OptionDetail("decoder_inner", DecoderInnerWidth, null),
            new OptionDetail("activation", onlyKan ? null : Activation.ToString(), null),
            new OptionDetail("scaled_embedding", ScaledEmbedding, ScaledEmbedding ? "scaled embedding" : null),
            new OptionDetail("kan_side", Placement == KanPlacement.None ? null : KanSide.ToString().ToLowerInvariant(), Placement == KanPlacement.None || KanSide == KanSide.Both ? null : $"KAN layers in the {KanSide.ToString().ToLowerInvariant()} alone"),
            new OptionDetail("tied_head", kanHead ? null : TiedHead, kanHead || !TiedHead ? null : "logits tied to the token embedding"),
        ];
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require(DecoderLayers >= 0, "decoder layers", DecoderLayers, "at least 1, or 0 for as many as the encoder has");
        Require(DecoderHeads >= 0, "decoder heads", DecoderHeads, "at least 1, or 0 for as many as the encoder has");
        if (Width % DecoderHeadCount != 0)
            throw new KansformersException($"decoder heads is {DecoderHeadCount}, which does not divide embd {Width}; choose heads that divide it");
        Require(Inner >= 0, "inner", Inner, "at least 1, or 0 for 4 times the width");
        Require(DecoderInner >= 0, "decoder inner", DecoderInner, "at least 1, or 0 for as wide as the encoder's");
        Allowed.Require("activation", Activation);
        Require(ActivationDropout is >= 0 and < 1, "activation dropout", ActivationDropout, "0 to below 1");
        Allowed.Require("kan side", KanSide);
        Require(PaddingId >= 0, "padding id", PaddingId, "at least 0");
        Require(StartId >= 0, "start id", StartId, "at least 0");
        Require(EndId >= 0, "end id", EndId, "at least 0");
        if (PlacementOf(KanSide.Encoder).HasFlag(KanPlacement.Mlp))
            Kan.Sharing.FunctionsOf(InnerWidth);
        if (PlacementOf(KanSide.Decoder).HasFlag(KanPlacement.Mlp))
            Kan.Sharing.FunctionsOf(DecoderInnerWidth);
    }
}
