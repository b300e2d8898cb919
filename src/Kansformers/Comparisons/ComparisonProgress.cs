namespace Kansformers.Comparisons;

/// <summary>A run that is being trained.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Step">The steps that are done.</param>
/// <param name="Steps">How many there will be.</param>
/// <param name="Loss">The loss of the last step, in nats per token; NaN before it is known.</param>
public sealed record RunningModel(string Model, long Seed, long Step, long Steps, double Loss);

/// <summary>How far a comparison is.</summary>
/// <param name="RunsDone">The runs that have ended, earlier sitting included.</param>
/// <param name="Runs">How many there are.</param>
/// <param name="Running">Those that are being trained now.</param>
/// <param name="TimeLeft">How long it still takes; null while that is not known.</param>
/// <param name="Notice">Something that stays worth reading, such as the end of a run; null for mere progress.</param>
public sealed record ComparisonProgress(int RunsDone, int Runs, IReadOnlyList<RunningModel> Running, TimeSpan? TimeLeft, string? Notice = null);

/// <summary>A run that failed.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Seed">The seed; null for the timing of the model's steps.</param>
/// <param name="Message">Why.</param>
public sealed record RunFailure(string Model, long? Seed, string Message);
