using Kansformers.Kan;
using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>
/// Settings of model and training that belong together: what stands where nothing else is said. A recipe is a source of options, and no part of a run; a run's
/// configuration holds what came of it.
/// </summary>
/// <param name="Name">Its name in <see cref="Recipes"/>.</param>
/// <param name="Summary">What it is, in a few words.</param>
public abstract record Recipe(string Name, string Summary)
{
    /// <summary>The size of a run that nobody says anything of.</summary>
    public abstract RunSize Size { get; }

    /// <summary>The share of embeddings, attention weights and residual values that is dropped in training.</summary>
    public abstract double Dropout { get; }

    /// <summary>KAN layers of a kind in the place of linear layers.</summary>
    /// <param name="kind">The kind with its program's own settings.</param>
    public virtual KanOptions Layers(KanOptions kind) => kind;

    /// <summary>How to train a model from random weights.</summary>
    /// <param name="model">The model.</param>
    /// <param name="objective">What is to be learned, such as <see cref="Objectives.For"/> says; what its sequences are drawn by is the recipe's.</param>
    /// <param name="steps">How many steps there are to be.</param>
    public abstract TrainingOptions Training(ModelOptions model, ObjectiveOptions objective, long steps);

    /// <summary>
    /// The rate for labels to be learned by weights that another training made: the wider the model, the gentler. It is 3e-4 for a width of 128 and 5e-5 for 768, as BERT's
    /// small and base models are fine-tuned by those who made them.
    /// </summary>
    /// <param name="model">The model.</param>
    public static double FineTuningRate(ModelOptions model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return 3e-4 * Math.Min(1, 128.0 / model.Width);
    }

    /// <summary>How to train on from weights that another training made: gently, by any recipe; for labels at <see cref="FineTuningRate"/>. The rate falls to a tenth.</summary>
    /// <param name="model">The model of the weights.</param>
    /// <param name="objective">What is to be learned.</param>
    /// <param name="steps">How many steps there are to be.</param>
    public TrainingOptions TrainingOn(ModelOptions model, ObjectiveOptions objective, long steps)
    {
        ArgumentNullException.ThrowIfNull(objective);
        double rate = objective.NeedsLabels ? FineTuningRate(model) : 3e-4;
        return new()
        {
            MaxIters = steps,
            BatchSize = Size.BatchSize,
            LearningRate = rate,
            MinLearningRate = rate / 10,
            Warmup = Math.Min(50, steps / 10),
            Schedule = LearningRateDecay.Cosine,
            Objective = objective,
        };
    }
}

/// <summary>The size of a run.</summary>
/// <param name="Preset">The model: the name of a preset.</param>
/// <param name="BlockSize">The longest sequence, in tokens.</param>
/// <param name="BatchSize">Sequences that go through the model at once.</param>
/// <param name="Steps">Optimizer steps.</param>
public sealed record RunSize(string Preset, int BlockSize, int BatchSize, long Steps);
