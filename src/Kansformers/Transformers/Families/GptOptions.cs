using Kansformers.Runtime;

namespace Kansformers.Transformers;

/// <summary>The architecture of a GPT. The defaults are the preset gpt-nano with every linear layer a KAN.</summary>
public sealed record GptOptions : ModelOptions
{
    /// <summary>Whether the head has no weight of its own but uses the token embedding's, as GPT-2 does. Such a head is no KAN.</summary>
    public bool TiedHead { get; init; }

    /// <summary>Whether linear layers (but never the head) and layer norms have biases, as GPT-2's have.</summary>
    public bool Biases { get; init; } = true;

    /// <summary>Which GELU stands between the two linear layers of a feed-forward part; KANs have none.</summary>
    public GeluForm Gelu { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<OptionDetail> Details()
    {
        string? gelu = !HasActivation ? null : Gelu == GeluForm.Exact ? "exact" : "tanh";
        return
        [
            new OptionDetail("biases", Biases, Biases ? "with biases" : "without biases"),
            new OptionDetail("gelu", gelu, gelu is null ? null : $"{gelu} GELU{ActivationWords}"),
            new OptionDetail("tied_head", TiedHead, TiedHead ? "head tied to the token embedding" : "head of its own"),
        ];
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Allowed.Require("gelu", Gelu);
        if (TiedHead && Placement.HasFlag(KanPlacement.Head))
            throw new KansformersException("the head cannot be tied to the embedding and a KAN at once; leave the head out of the placement");
    }
}
