using System.Text.Json.Serialization;
using Kansformers.Kan;
using Kansformers.Runtime;
using Kansformers.Transformers;

namespace Kansformers.Cli.Bench;

/// <summary>The model and the batch of a training step that is measured.</summary>
internal sealed record StepCase
{
    public required string Model { get; init; }

    public string Family { get; init; } = Families.All[0].Name;

    public required int Layers { get; init; }

    public required int Heads { get; init; }

    public required int Width { get; init; }

    public KanPlacement Placement { get; init; } = KanPlacement.All;

    /// <summary>The KAN layers.</summary>
    [JsonIgnore]
    public KanOptions Layer { get; init; } = new BSplineOptions();

    public string Kan => Layer.Kind;

    public string Sharing => Layer.Sharing.ToString();

    public Precision Precision { get; init; }

    public int Vocabulary { get; init; } = 65;

    public int Block { get; init; } = 128;

    public int Batch { get; init; } = 16;

    [JsonIgnore]
    public ModelOptions Options => Families.Named(Family).Defaults.WithDropout(0) with
    {
        Layers = Layers,
        Heads = Heads,
        Width = Width,
        Placement = Placement,
        Kan = Layer,
        VocabularySize = Vocabulary,
        BlockSize = Block,
    };

    [JsonIgnore]
    public string Title => FormattableString.Invariant($"{Model}, KAN layers: {Placement.Text()}{(Placement == KanPlacement.None ? "" : $" ({Layer.Summary()})")}, vocabulary {Vocabulary}, block {Block}, batch {Batch}, {Precision.Text()}");
}
