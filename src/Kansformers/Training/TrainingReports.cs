namespace Kansformers.Training;

/// <summary>One optimizer step, as the trainer reports it.</summary>
/// <param name="Step">How many steps are done, this one included.</param>
/// <param name="Loss">The mean loss of its tokens, in nats.</param>
/// <param name="LearningRate">The learning rate that it used.</param>
/// <param name="GradNorm">The norm of all gradients before clipping.</param>
/// <param name="Tokens">The tokens trained on since the run began.</param>
/// <param name="Seconds">The seconds spent in steps since the run began, earlier sittings included.</param>
/// <param name="TokensPerSecond">The speed of this step.</param>
public sealed record TrainingStep(long Step, double Loss, double LearningRate, double GradNorm, long Tokens, double Seconds, double TokensPerSecond);

/// <summary>One validation, as the trainer reports it.</summary>
/// <param name="Step">How many steps were done before it.</param>
/// <param name="Loss">The mean loss on the fixed windows of the held-out text, in nats per token.</param>
/// <param name="IsBest">Whether it is the lowest so far; its weights were saved.</param>
/// <param name="Tokens">How many tokens were scored.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="OutsideGrid">The share of each KAN layer's inputs that lay outside its grid, by layer name; 0 to 1.</param>
public sealed record ValidationReport(long Step, double Loss, bool IsBest, long Tokens, double Seconds, IReadOnlyList<(string Layer, double Share)> OutsideGrid)
{
    /// <summary>What was measured beside the loss, such as the accuracy.</summary>
    public IReadOnlyList<Measure> Measures { get; init; } = [];
}

/// <summary>Why a training ended.</summary>
public enum TrainingEnd
{
    /// <summary>All steps were taken.</summary>
    Finished,

    /// <summary>The validation loss had not improved for as many validations as the patience allows.</summary>
    EarlyStopped,

    /// <summary>It was asked to stop; the run can be resumed.</summary>
    Interrupted,
}

/// <summary>What a training came to.</summary>
/// <param name="End">Why it ended.</param>
/// <param name="Steps">The optimizer steps taken, earlier sittings included.</param>
/// <param name="Tokens">The tokens trained on.</param>
/// <param name="TrainLoss">The loss of the last step, in nats per token; NaN when none was taken.</param>
/// <param name="ValidationLoss">The lowest validation loss, in nats per token; NaN when there was no validation.</param>
/// <param name="BestStep">The step of that validation.</param>
/// <param name="Seconds">The seconds spent in steps.</param>
public sealed record TrainingResult(TrainingEnd End, long Steps, long Tokens, double TrainLoss, double ValidationLoss, long BestStep, double Seconds);
