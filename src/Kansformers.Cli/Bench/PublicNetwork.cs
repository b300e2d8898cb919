namespace Kansformers.Cli.Bench;

/// <summary>
/// The network of the public KAN benchmark: a batch of 100 through layers of 1000, 1000 and 1 features, without biases, against an MLP with one hidden
/// layer of as many features as make the number of parameters the same.
/// </summary>
internal sealed record PublicNetwork
{
    public long Batch { get; init; } = 100;

    public long Inputs { get; init; } = 1000;

    public long Hidden { get; init; } = 1000;

    public long Outputs { get; init; } = 1;
}
