namespace Kansformers.Cli.Bench;

/// <summary>What a process of its own shall run, to see how much memory it takes: one of the three.</summary>
internal sealed record MemoryRequest
{
    public required string Contestant { get; init; }

    public required int Threads { get; init; }

    public LayerCase? Layer { get; init; }

    public StepCase? Step { get; init; }

    public PublicNetwork? Network { get; init; }
}

/// <summary>The memory of a process, in bytes.</summary>
/// <param name="BaselineBytes">What it held with libtorch loaded, the parameters made and a tiny warm-up done.</param>
/// <param name="ForwardPeakBytes">The most that it held up to the end of the forward pass.</param>
/// <param name="PeakBytes">The most that it held.</param>
internal sealed record MemoryResult(long BaselineBytes, long ForwardPeakBytes, long PeakBytes)
{
    public long ForwardPeakExtraBytes => Math.Max(0, ForwardPeakBytes - BaselineBytes);

    public long PeakExtraBytes => Math.Max(0, PeakBytes - BaselineBytes);
}
