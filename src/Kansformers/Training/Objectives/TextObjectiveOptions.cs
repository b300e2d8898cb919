using Kansformers.Runtime;

namespace Kansformers.Training;

/// <summary>An objective that learns from sequences of a text.</summary>
public abstract record TextObjectiveOptions : ObjectiveOptions
{
    /// <summary>Names the objective.</summary>
    /// <param name="kind">Its name in the list: lower case, words joined by hyphens.</param>
    /// <param name="summary">What is learned, in a few words.</param>
    protected TextObjectiveOptions(string kind, string summary)
        : base(kind, summary)
    {
    }

    /// <summary>Where the sequences come from.</summary>
    public BatchOrder Order { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<WordSetting<ObjectiveOptions>> Words() =>
        [WordSetting<ObjectiveOptions>.Of("order", "where sequences come from: anywhere, or each place of the text once in an epoch", Order, value => this with { Order = value })];

    /// <inheritdoc/>
    public override void Validate()
    {
        Allowed.Require("order", Order);
        base.Validate();
    }
}
