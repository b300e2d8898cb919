using System.Text.Json.Serialization;
using Kansformers.Checkpoints;
using Kansformers.Kan;
using Kansformers.Runtime;

namespace Kansformers.Transformers;

/// <summary>
/// The architecture of a transformer: what all families have. Each family has a record of its own, with its defaults (<see cref="Families"/> lists them).
/// </summary>
[JsonConverter(typeof(ModelOptionsConverter))]
public abstract record ModelOptions
{
    /// <summary>The number of transformer blocks, at least 1.</summary>
    [JsonPropertyOrder(-2)]
    public int Layers { get; init; } = 3;

    /// <summary>The number of attention heads; it divides the width.</summary>
    [JsonPropertyOrder(-2)]
    public int Heads { get; init; } = 3;

    /// <summary>The size of the hidden state (<c>n_embd</c>).</summary>
    [JsonPropertyOrder(-2)]
    public int Width { get; init; } = 48;

    /// <summary>The longest sequence that the model can look at, in tokens.</summary>
    [JsonPropertyOrder(-2)]
    public int BlockSize { get; init; } = 128;

    /// <summary>The number of different tokens.</summary>
    [JsonPropertyOrder(-2)]
    public int VocabularySize { get; init; } = 50257;

    /// <summary>The share of embedding values dropped in training, 0 to below 1.</summary>
    [JsonPropertyOrder(-2)]
    public double EmbeddingDropout { get; init; } = 0.1;

    /// <summary>The share of values dropped before each residual addition in training, 0 to below 1.</summary>
    [JsonPropertyOrder(-2)]
    public double ResidualDropout { get; init; } = 0.1;

    /// <summary>The share of attention weights dropped in training, 0 to below 1.</summary>
    [JsonPropertyOrder(-2)]
    public double AttentionDropout { get; init; } = 0.1;

    /// <summary>Which linear layers are KANs.</summary>
    [JsonPropertyOrder(-2)]
    public KanPlacement Placement { get; init; } = KanPlacement.All;

    /// <summary>The configuration of every KAN layer.</summary>
    [JsonPropertyOrder(1)]
    public KanOptions Kan { get; init; } = new BSplineOptions();

    /// <summary>What becomes, where the feed-forward or head layers are KANs, of the activations that stand between linear ones.</summary>
    [JsonPropertyOrder(1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public KanActivations KanActivations { get; init; }

    /// <summary>The family that these options belong to.</summary>
    [JsonIgnore]
    public Family Family => Families.Of(this);

    /// <summary>The configurations that the model's learned functions can have: of its KAN layers, and what the family has beside them.</summary>
    [JsonIgnore]
    public virtual IReadOnlyList<KanOptions> KanConfigurations => [Kan];

    /// <summary>What the family's own options say, to be shown to people and scripts.</summary>
    /// <returns>In the order in which they are shown.</returns>
    public virtual IReadOnlyList<OptionDetail> Details() => [];

    /// <summary>The options with one share of dropout everywhere.</summary>
    /// <param name="share">0 to below 1.</param>
    public virtual ModelOptions WithDropout(double share) => this with { EmbeddingDropout = share, ResidualDropout = share, AttentionDropout = share };

    /// <summary>The options of a model of the same sizes in which nothing is learned but numbers; the same where that is so already.</summary>
    public virtual ModelOptions WithoutKan() => this with { Placement = KanPlacement.None };

    /// <summary>Checks every option.</summary>
    /// <exception cref="KansformersException">The message names the option, its value and what is allowed.</exception>
    public virtual void Validate()
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
        Allowed.Require("kan activations", KanActivations);
        Kan.Validate();
        if (Placement != KanPlacement.None)
            Kan.Sharing.FunctionsOf(Width); // the widest input of a KAN is a multiple of it
    }

    /// <summary>Whether an activation stands in the feed-forward parts, or within their KAN layers.</summary>
    internal bool HasActivation => !Placement.HasFlag(KanPlacement.Mlp) || KanActivations != KanActivations.Dropped;

    /// <summary>Where the activation of a feed-forward part is, if its layers are KANs; to be put behind its name.</summary>
    internal string ActivationWords => !Placement.HasFlag(KanPlacement.Mlp) ? "" : KanActivations switch
    {
        KanActivations.Inside => " within the second KAN layer",
        KanActivations.Between => " between KAN layers",
        _ => "",
    };

    /// <summary>Refuses a value.</summary>
    /// <param name="holds">Whether it is allowed.</param>
    /// <param name="option">The option in words.</param>
    /// <param name="value">Its value.</param>
    /// <param name="allowed">What is allowed, in words.</param>
    /// <exception cref="KansformersException">It is not allowed.</exception>
    protected static void Require(bool holds, string option, double value, string allowed) => Allowed.Require(holds, option, value, allowed);
}

/// <summary>One of a family's own options, to be shown.</summary>
/// <param name="Name">Its name for scripts, in snake case.</param>
/// <param name="Value">Its value for scripts: text, number, truth or null.</param>
/// <param name="Words">It for people; null when there is nothing to say.</param>
public sealed record OptionDetail(string Name, object? Value, string? Words);

/// <summary>The options of a family as JSON; files from before there were families say none and mean the first of the list.</summary>
internal sealed class ModelOptionsConverter() : KindConverter<ModelOptions>(() => Families.All[0].Defaults, name => Families.Named(name).Defaults, options => options.Family.Name)
{
    /// <inheritdoc/>
    protected override string KindKey => ModelMetadata.FamilyKey;
}
