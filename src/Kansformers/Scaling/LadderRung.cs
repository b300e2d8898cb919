using Kansformers.Comparisons;

namespace Kansformers.Scaling;

/// <summary>A kind of model in one size with one budget.</summary>
public sealed record LadderRung
{
    /// <summary>The name of the kind.</summary>
    public required string Group { get; init; }

    /// <summary>The size.</summary>
    public required LadderSize Size { get; init; }

    /// <summary>The budget.</summary>
    public required TokenBudget Budget { get; init; }

    /// <summary>The model and its training, the seed aside.</summary>
    public required PlannedModel Model { get; init; }

    /// <summary>Of its parameters, those of embeddings and positions.</summary>
    public required long EmbeddingParameters { get; init; }

    /// <summary>Of its parameters, those that the forward pass of one token uses.</summary>
    public required long LiveParameters { get; init; }

    /// <summary>How often it reads the text.</summary>
    public required double Epochs { get; init; }

    /// <summary>Floating-point operations of the training.</summary>
    public double Flops => Model.FlopsPerToken * Model.Tokens;
}
