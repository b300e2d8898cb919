namespace Kansformers.Findings;

/// <summary>What a model predicts, on average over held-out text.</summary>
internal sealed record Predictions
{
    public required IReadOnlyList<AtTemperature> Temperatures { get; init; }

    /// <summary>The temperature of the least loss.</summary>
    public required AtTemperature Best { get; init; }

    /// <summary>The mean distance between the most probable token's probability and how often it is right, over the bins of <see
    /// cref="Reliability"/>.</summary>
    public required double CalibrationError { get; init; }

    public required IReadOnlyList<ReliabilityBin> Reliability { get; init; }

    public required LogitShape Logits { get; init; }

    public required IReadOnlyList<Written> Texts { get; init; }

    /// <summary>The probability of ids that the training text does not have, at temperature 1, as training goes on.</summary>
    public IReadOnlyList<Look> NeverSeen { get; init; } = [];

    public Trial? Trial { get; init; }

    public AtTemperature At(double temperature) => Temperatures.First(row => row.Temperature == temperature);
}

/// <summary>At one temperature.</summary>
/// <param name="Temperature">It.</param>
/// <param name="CrossEntropy">The loss in nats per token.</param>
/// <param name="Entropy">The mean entropy of the predictions, in nats.</param>
/// <param name="EntropySeen">The same if ids that the training text does not have are left out.</param>
/// <param name="Mass">The probability of each kind of <see cref="TokenClasses.Names"/>.</param>
internal sealed record AtTemperature(double Temperature, double CrossEntropy, double Entropy, double EntropySeen, double[] Mass);

/// <summary>A tenth of the predictions, by the probability of their most probable token.</summary>
internal sealed record ReliabilityBin(double Confidence, double Accuracy);

/// <summary>The distribution of a position's logits over the vocabulary, mean of the positions.</summary>
/// <param name="Deviation">Its standard deviation.</param>
/// <param name="Skewness">The third standardised moment; 0 where both sides are alike.</param>
/// <param name="Kurtosis">The fourth less 3; 0 for a normal distribution.</param>
/// <param name="Gap">How far the mean logit of ids that the training text does not have is below that of the others.</param>
internal sealed record LogitShape(double Deviation, double Skewness, double Kurtosis, double Gap);

/// <summary>Text that a model wrote.</summary>
/// <param name="Temperature">The temperature.</param>
/// <param name="Text">The text.</param>
/// <param name="KnownWords">The share of its words that the training text has.</param>
/// <param name="Different">The share of different tokens among all.</param>
/// <param name="Shares">The share of each kind of <see cref="TokenClasses.Names"/>.</param>
internal sealed record Written(double Temperature, string Text, double KnownWords, double Different, double[] Shares);
