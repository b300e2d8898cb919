using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>What a model is trained for: a source of batches with their loss.</summary>
/// <remarks>
/// Losses follow from the seed, the number of the batch and the model alone, so that a run can go on from any step. Chance may also come from torch's
/// generator, which a trainer seeds for each step.
/// </remarks>
public interface IObjective : IDisposable
{
    /// <summary>The tokens of a batch, padding aside.</summary>
    /// <param name="batch">Which batch of the run, counted from 0.</param>
    long TokensOf(long batch);

    /// <summary>Whether anything is held out.</summary>
    bool HasValidation => ValidationTokens > 0;

    /// <summary>The predictions that a validation scores; 0 when nothing is held out. Where counting them takes long, they are counted by the first validation.</summary>
    long ValidationTokens { get; }

    /// <summary>The mean loss of a batch, in the unit of <see cref="ObjectiveOptions.LossUnit"/>.</summary>
    /// <param name="batch">Which batch of the run, counted from 0.</param>
    /// <param name="share">Multiplies the loss and so all gradients: 1 / n for each of n batches that make up a step.</param>
    /// <returns>A scalar, differentiable in the model's parameters.</returns>
    Tensor Loss(long batch, double share);

    /// <summary>The mean loss on what is held out, always the same, in that unit; NaN when nothing is.</summary>
    /// <returns>The loss, as it is: not finite when the model's weights are broken.</returns>
    double Validate();

    /// <summary>What the last validation measured beside the loss, such as the accuracy.</summary>
    IReadOnlyList<Measure> Measures => [];

    /// <summary>What a user should know of it before it begins, a line each.</summary>
    IReadOnlyList<string> Notes => [];
}

/// <summary>Something that was measured.</summary>
/// <param name="Name">What it is: lower case, words joined by underscores.</param>
/// <param name="Value">How much.</param>
public sealed record Measure(string Name, double Value);
