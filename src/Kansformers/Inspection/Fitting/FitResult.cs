namespace Kansformers.Inspection;

/// <summary>One step of a fit.</summary>
/// <param name="Step">Its number, from 0.</param>
/// <param name="Loss">The loss of the samples that the step took, after it, without the penalty.</param>
/// <param name="HeldOutLoss">The loss of the held-out samples after it; null where there are none.</param>
/// <param name="Penalty">The penalty after it, without its weight; 0 where none is computed.</param>
public sealed record FitStep(int Step, double Loss, double? HeldOutLoss, double Penalty);

/// <summary>Why a fit ended.</summary>
public enum FitEnd
{
    /// <summary>All steps were taken.</summary>
    Steps,

    /// <summary>The loss no longer became better (<see cref="FitOptions.Patience"/>).</summary>
    Patience,

    /// <summary>It was asked to end.</summary>
    Cancelled,

    /// <summary>A step led where the loss is no number; the network is as it was before that step.</summary>
    NoNumber,
}

/// <summary>What a fit came to.</summary>
/// <param name="Steps">The losses of every step.</param>
/// <param name="End">Why it ended.</param>
public sealed record FitResult(IReadOnlyList<FitStep> Steps, FitEnd End)
{
    /// <summary>A picture (SVG) of the losses by step, of the fitted samples and of the held-out ones.</summary>
    /// <param name="title">Its heading.</param>
    public string ToSvg(string title) => FitPicture.Paint(this, title);
}
