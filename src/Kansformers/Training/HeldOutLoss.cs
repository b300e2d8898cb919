using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>The loss of models on what a run holds out: of any models that are of the run's family and sizes, on the same text.</summary>
public sealed class HeldOutLoss : IDisposable
{
    private readonly TrainingMaterial _material;
    private readonly RunConfig _config;

    /// <summary>Opens what a run holds out.</summary>
    /// <param name="run">The run.</param>
    /// <param name="windows">How many fixed windows of the text are read; 0 for all of it, in windows of a block side by side.</param>
    /// <exception cref="KansformersException">What the run learned from is missing or another.</exception>
    public HeldOutLoss(RunFolder run, int windows = 0)
    {
        ArgumentNullException.ThrowIfNull(run);
        _config = run.Config with { Training = run.Config.Training with { EvalWindows = windows } };
        _material = run.LoadMaterial();
    }

    /// <summary>The loss of a model.</summary>
    /// <param name="model">The model.</param>
    /// <returns>In the unit of the run's objective.</returns>
    /// <exception cref="KansformersException">Nothing is held out.</exception>
    public double Of(TransformerModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        using IObjective objective = _config.Training.Objective.Task(_config.Model).Create(model, _material.Data, _config.Training);
        return objective.ValidationTokens > 0 ? objective.Validate() : throw new KansformersException("the run holds out nothing to measure a loss on");
    }

    /// <summary>The predictions that a loss is the mean of.</summary>
    /// <param name="model">The model.</param>
    public long PredictionsOf(TransformerModel model)
    {
        using IObjective objective = _config.Training.Objective.Task(_config.Model).Create(model, _material.Data, _config.Training);
        return objective.ValidationTokens;
    }

    /// <inheritdoc/>
    public void Dispose() => _material.Dispose();
}
