namespace Kansformers.Generation;

/// <summary>A text that beam search found.</summary>
/// <param name="Tokens">Its tokens, without what it goes on from; the last one is what ends it, where it has ended.</param>
/// <param name="HasEnded">Whether it has ended, rather than come to the most tokens.</param>
/// <param name="LogProbability">The sum of the logarithms of its tokens' probabilities; forced ones count as certain.</param>
/// <param name="Score">That sum, divided by a power of the length (<see cref="BeamOptions.LengthPenalty"/>): what texts are ranked by.</param>
public sealed record BeamResult(IReadOnlyList<int> Tokens, bool HasEnded, double LogProbability, double Score);
