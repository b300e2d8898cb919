namespace Kansformers.Evaluation;

/// <summary>How far an evaluation has come.</summary>
/// <param name="TokensDone">Tokens scored so far.</param>
/// <param name="TokensTotal">Tokens to score in all.</param>
/// <param name="LossSoFar">The mean loss of those done, in nats per token.</param>
public readonly record struct EvaluationProgress(long TokensDone, long TokensTotal, double LossSoFar);
