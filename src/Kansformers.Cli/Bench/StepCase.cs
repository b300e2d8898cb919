using System.Text.Json.Serialization;
using Kansformers.Runtime;
using Kansformers.Transformers;

namespace Kansformers.Cli.Bench;

/// <summary>The model and the batch of a training step that is measured.</summary>
internal sealed record StepCase
{
    /// <summary>What the model is called.</summary>
    public required string Model { get; init; }

    /// <summary>The architecture, its vocabulary and block included.</summary>
    public required ModelOptions Options { get; init; }

    public Precision Precision { get; init; }

    public int Batch { get; init; } = 16;

    /// <summary>What is learned beside numbers, and the form of the model's parts, in words.</summary>
    [JsonIgnore]
    public string Parts
    {
        get
        {
            string kan = Options.Placement == KanPlacement.None ? "" : $" ({Options.Kan.Summary()})";
            string[] details = Options.Family == Families.All[0] ? [] : [.. Options.Details().Select(detail => detail.Words).OfType<string>()];
            return string.Join(", ", (string[])[$"KAN layers: {Options.Placement.Text()}{kan}", .. details]);
        }
    }

    [JsonIgnore]
    public string Title => FormattableString.Invariant($"{Model}, {Parts}, vocabulary {Options.VocabularySize}, block {Options.BlockSize}, batch {Batch}, {Precision.Text()}");
}
