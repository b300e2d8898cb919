using System.Text.Json.Serialization;
using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>An objective that learns from examples with what is wanted of them, instead of text, by an encoder.</summary>
public abstract record ExampleObjectiveOptions : ObjectiveOptions
{
    private protected ExampleObjectiveOptions(string kind, string summary)
        : base(kind, summary)
    {
    }

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool HasPerplexity => false;

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool NeedsLabels => true;

    /// <inheritdoc/>
    public override bool Suits(Family family)
    {
        ArgumentNullException.ThrowIfNull(family);
        return family.Defaults is EncoderOptions;
    }
}
