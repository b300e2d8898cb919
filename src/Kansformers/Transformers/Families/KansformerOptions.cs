using System.Text.Json.Serialization;
using Kansformers.Kan;

namespace Kansformers.Transformers;

/// <summary>The architecture of a <see cref="Kansformer"/>. The defaults are the preset kansformer-nano: linear layers, and learned functions that gate its feed-forward parts.</summary>
public sealed record KansformerOptions : ModelOptions
{
    // Longer ones would be attention by another name.
    private const int LongestKernel = 64;

    /// <summary>Linear layers, and learned functions between those of the feed-forward parts.</summary>
    public KansformerOptions() => Placement = KanPlacement.None;

    // What files from before there were these options mean, which do not name them.
    [JsonConstructor]
    private KansformerOptions(bool embeddingNorm = false, bool headGates = false, bool innerNorm = false)
        : this() => (EmbeddingNorm, HeadGates, InnerNorm) = (embeddingNorm, headGates, innerNorm);

    /// <summary>Whether an RMS norm stands behind the embedding, so that blocks begin with values near 1.</summary>
    public bool EmbeddingNorm { get; init; } = true;

    /// <summary>Whether each head of attention passes a gate that the token itself opens or closes: 2 sigmoid(W x) (Qiu et al., "Gated Attention for Large Language Models", 2025).</summary>
    public bool HeadGates { get; init; } = true;

    /// <summary>The form of the feed-forward parts: a name of <see cref="FeedForwards"/>.</summary>
    public string FeedForward { get; init; } = FeedForwards.All[0].Name;

    /// <summary>The width between the two matrices of a feed-forward part; 0 for the form's own: 4 times the model's width, or 8/3 times with two first matrices.</summary>
    public int Inner { get; init; }

    /// <summary>Whether an RMS norm stands before the second matrix of a feed-forward part.</summary>
    public bool InnerNorm { get; init; } = true;

    /// <summary>How many tokens the causal convolutions before attention and feed-forward see, the present one included; 0 for no convolutions, at most 64.</summary>
    public int ConvolutionKernel { get; init; } = 4;

    /// <summary>The learned functions of feed-forward parts that have any: cubic splines of 12 intervals over ±3, shared by 8 groups of channels, continued as straight lines.</summary>
    [JsonPropertyOrder(1)]
    public KanOptions Activation { get; init; } = new BSplineOptions
    {
        GridSize = 12,
        GridLow = -3,
        GridHigh = 3,
        Outside = OutsideRule.Linear,
        BaseActivation = null,
        Sharing = KanSharing.Group(8),
    };

    /// <summary>The width between the two matrices of a feed-forward part.</summary>
    [JsonIgnore]
    public int InnerWidth => Inner > 0 ? Inner : FeedForwards.Named(FeedForward).DefaultInner(Width);

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<KanOptions> KanConfigurations => [Kan, Activation];

    /// <inheritdoc/>
    public override ModelOptions WithoutKan() => this with { Placement = KanPlacement.None, FeedForward = IsLinear ? FeedForward : "swiglu", Inner = IsLinear ? Inner : 0 };

    /// <inheritdoc/>
    public override IReadOnlyList<OptionDetail> Details()
    {
        FeedForwardForm form = FeedForwards.Named(FeedForward);
        string? activation = form.IsLearned ? Activation.Summary() : null;
        return
        [
            new OptionDetail("feed_forward", FeedForward, $"feed-forward {FeedForward}, {InnerWidth} wide{(InnerNorm ? " with a norm inside" : "")}{(activation is null ? "" : $" ({activation})")}"),
            new OptionDetail("inner", InnerWidth, null),
            new OptionDetail("inner_norm", InnerNorm, null),
            new OptionDetail("activation", activation, null),
            new OptionDetail("embedding_norm", EmbeddingNorm, EmbeddingNorm ? "normed embeddings" : null),
            new OptionDetail("head_gates", HeadGates, HeadGates ? "gated heads" : null),
            new OptionDetail("convolution_kernel", ConvolutionKernel, ConvolutionKernel == 0 ? "no convolutions" : $"convolutions over {ConvolutionKernel} tokens"),
        ];
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require(Width / Heads % 2 == 0, "the size of a head, width over heads,", Width / Heads, "even, for rotary positions turn pairs");
        FeedForwardForm form = FeedForwards.Named(FeedForward);
        Require(Inner >= 0, "inner", Inner, "at least 1, or 0 for the form's own");
        Require(ConvolutionKernel is >= 0 and <= LongestKernel, "convolution kernel", ConvolutionKernel, $"0 to {LongestKernel}");
        bool isKan = Placement.HasFlag(KanPlacement.Mlp);
        if (form.NeedsKan && !isKan)
            throw new KansformersException($"feed-forward {form.Name} leaves nothing but linear layers; let the placement include mlp, or take another form");
        if (isKan)
            Kan.Sharing.FunctionsOf(InnerWidth);
        Activation.Validate();
        if (!form.IsLearned)
            return;
        if (Activation.Sharing.IsEdge)
            throw new KansformersException("activation's sharing is edge, but between two layers there are no edges; use channel or group:N");
        Activation.Sharing.FunctionsOf(InnerWidth);
    }

    // Whether nothing is learned but numbers.
    private bool IsLinear => Placement == KanPlacement.None && !FeedForwards.Named(FeedForward).IsLearned;
}
