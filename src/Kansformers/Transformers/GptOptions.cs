using Kansformers.Kan;

namespace Kansformers.Transformers;

/// <summary>The architecture of a GPT. The defaults are the preset gpt-nano with every linear layer a KAN.</summary>
public sealed record GptOptions
{
    /// <summary>The number of transformer blocks, at least 1.</summary>
    public int Layers { get; init; } = 3;

    /// <summary>The number of attention heads; it divides the width.</summary>
    public int Heads { get; init; } = 3;

    /// <summary>The size of the hidden state (<c>n_embd</c>).</summary>
    public int Width { get; init; } = 48;

    /// <summary>The longest sequence that the model can look at, in tokens.</summary>
    public int BlockSize { get; init; } = 128;

    /// <summary>The number of different tokens.</summary>
    public int VocabularySize { get; init; } = 50257;

    /// <summary>The share of embedding values dropped in training, 0 to below 1.</summary>
    public double EmbeddingDropout { get; init; } = 0.1;

    /// <summary>The share of values dropped before each residual addition in training, 0 to below 1.</summary>
    public double ResidualDropout { get; init; } = 0.1;

    /// <summary>The share of attention weights dropped in training, 0 to below 1.</summary>
    public double AttentionDropout { get; init; } = 0.1;

    /// <summary>Which linear layers are KANs.</summary>
    public KanPlacement Placement { get; init; } = KanPlacement.All;

    /// <summary>Whether the head has no weight of its own but uses the token embedding's, as GPT-2 does. Such a head is no KAN.</summary>
    public bool TiedHead { get; init; }

    /// <summary>Whether linear layers (but never the head) and layer norms have biases, as GPT-2's have.</summary>
    public bool Biases { get; init; } = true;

    /// <summary>Which GELU stands between the two linear layers of a feed-forward part; KANs have none.</summary>
    public GeluForm Gelu { get; init; }

    /// <summary>The configuration of every KAN layer.</summary>
    public KanOptions Kan { get; init; } = new BSplineOptions();

    /// <summary>Checks every option.</summary>
    /// <exception cref="KansformersException">The message names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        Require(Layers >= 1, "layers", Layers, "at least 1");
        Require(Heads >= 1, "heads", Heads, "at least 1");
        Require(Width >= 1, "embd", Width, "at least 1");
        if (Width % Heads != 0)
            throw new KansformersException($"heads is {Heads}, which does not divide embd {Width}; choose heads that divide it");
        Require(BlockSize >= 1, "block size", BlockSize, "at least 1");
        Require(VocabularySize >= 1, "vocabulary size", VocabularySize, "at least 1");
        Require(EmbeddingDropout is >= 0 and < 1, "embedding dropout", EmbeddingDropout, "0 to below 1");
        Require(ResidualDropout is >= 0 and < 1, "residual dropout", ResidualDropout, "0 to below 1");
        Require(AttentionDropout is >= 0 and < 1, "attention dropout", AttentionDropout, "0 to below 1");
        Require(Placement >= 0 && Placement <= KanPlacement.All, "placement", (int)Placement, "a combination of attention, mlp and head");
        Require(Enum.IsDefined(Gelu), "gelu", (int)Gelu, "tanh or exact");
        if (TiedHead && Placement.HasFlag(KanPlacement.Head))
            throw new KansformersException("the head cannot be tied to the embedding and a KAN at once; leave the head out of the placement");
        Kan.Validate();
        if (Placement != KanPlacement.None)
            Kan.Sharing.FunctionsOf(Width); // the widest input of a KAN is a multiple of it
    }

    private static void Require(bool holds, string option, double value, string allowed)
    {
        if (!holds)
            throw new KansformersException(FormattableString.Invariant($"{option} is {value}; it must be {allowed}"));
    }
}
