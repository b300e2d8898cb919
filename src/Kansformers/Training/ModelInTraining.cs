using Kansformers.Kan;
using Kansformers.Runtime;
using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>A model with all that a trainer has for it: refined grids make another model, which needs all of it anew.</summary>
internal sealed class ModelInTraining : IDisposable
{
    private readonly TrainingOptions _options;
    private readonly TrainingData _data;
    private readonly bool _isOwn;

    /// <summary>Begins with no steps taken.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">How it is trained.</param>
    /// <param name="data">What it learns from.</param>
    /// <param name="isOwn">Whether the model is disposed with this.</param>
    public ModelInTraining(TransformerModel model, TrainingOptions options, TrainingData data, bool isOwn = false)
    {
        (Model, _options, _data, _isOwn) = (model, options, data, isOwn);
        Grids = new GridUpdates(model, options);
        Objective = options.Objective.Create(model, data, options);
        IReadOnlyList<ParameterGroup> groups = ParameterGroups.Of(model, options.Optimizer.WeightDecay, options.Roles);
        Clipping = new GradientClipping(groups, options.GradClip);
        Optimizer = new Optimizer(options.Optimizer, groups) { PeakLearningRate = options.LearningRate };
        Gradients = new GradientBuffers(model.parameters());
        Pruned = new PrunedWeights(model);
        model.Precision = options.Precision;
    }

    public TransformerModel Model { get; }

    public GridUpdates Grids { get; }

    public IObjective Objective { get; }

    public GradientClipping Clipping { get; }

    public Optimizer Optimizer { get; }

    public GradientBuffers Gradients { get; }

    public PrunedWeights Pruned { get; }

    /// <summary>The same with finer grids: what the optimizer remembers goes along. This one stays as it is.</summary>
    /// <param name="planned">The refinement.</param>
    public (ModelInTraining Finer, GridRefinementSummary Summary) Refine(PlannedRefinement planned)
    {
        using RefinedModel refined = RefinedModel.Of(Model, planned.GridSize);
        ModelInTraining finer = new(refined.Model, _options, _data, isOwn: true);
        if (!planned.IsFresh)
            finer.Optimizer.Adopt(Optimizer, refined.Gradients);
        return (finer, new GridRefinementSummary(planned.Step, planned.GridSize, refined.Layers, refined.Change, refined.Model.ParameterCount));
    }

    /// <summary>The same with layers of another configuration, whose weights and moments are to be read from a file.</summary>
    /// <param name="kan">The configuration.</param>
    public ModelInTraining With(KanOptions kan) => new(Model.Options.Family.Create(Model.Options with { Kan = kan }, Model.Device), _options, _data, isOwn: true);

    /// <inheritdoc/>
    public void Dispose()
    {
        Objective.Dispose();
        Optimizer.Dispose();
        Gradients.Dispose();
        Pruned.Dispose();
        if (_isOwn)
            Model.Dispose();
    }
}
