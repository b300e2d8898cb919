using Kansformers.Kan;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>
/// Moves the grids of a model's KAN layers to where their inputs are, at steps that are a multiple of a number. The inputs are those of the step's own first batch,
/// without dropout, so that what an update does follows from the configuration, the step and the weights, and a resumed run does the same.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="training">How it is trained.</param>
internal sealed class GridUpdates(TransformerModel model, TrainingOptions training)
{
    /// <summary>Refuses updates of a model that has no grid to move, and penalties of one that has nothing to penalise.</summary>
    /// <exception cref="KansformersException">The message says what there is not.</exception>
    public static void Require(ModelOptions options, TrainingOptions training)
    {
        string? none = options.Placement == KanPlacement.None ? "this model has no KAN layer" : null;
        string? why = none ?? (options.Kan is GridOptions grid ? grid.Obstacle : $"KAN layers of the kind {options.Kan.Kind} have no grid");
        if (training.UpdateGrid > 0 && why is not null)
            throw new KansformersException($"update grid is {training.UpdateGrid}, but {why}");
        if (training.KanPenalty > 0 && none is not null)
            throw new KansformersException(FormattableString.Invariant($"kan penalty is {training.KanPenalty}, but {none}"));
    }

    /// <summary>Whether grids move before a step.</summary>
    /// <param name="step">The steps that are done.</param>
    public bool AreDue(long step) => training.UpdateGrid > 0 && step > 0 && step % training.UpdateGrid == 0;

    /// <summary>Moves the grids.</summary>
    /// <param name="step">The steps that are done.</param>
    /// <param name="forward">Runs the model on the samples.</param>
    public GridUpdateSummary Run(long step, Action forward)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Dictionary<KanLinear, Tensor> inputs = [];
        foreach (KanLinear layer in Movable())
            layer.Probe = (source, x) => inputs[source] = x.detach().clone().DetachFromDisposeScope();
        bool training = model.training;
        try
        {
            model.eval();
            forward();
        }
        finally
        {
            model.train(training);
            foreach (KanLinear layer in Movable())
                layer.Probe = null;
        }

        GridUpdateReport[] reports = [.. Movable().Where(inputs.ContainsKey).Select(layer => layer.UpdateGrid(inputs[layer]))];
        foreach (Tensor samples in inputs.Values)
            samples.Dispose();
        return new GridUpdateSummary(step, reports.Length, reports.Average(report => report.Moved), reports.Max(report => report.Change), reports.Max(report => report.ChangeAnywhere));
    }

    /// <summary>efficient-kan's sparsity penalty of all KAN layers.</summary>
    public Tensor Penalty()
    {
        using var scope = NewDisposeScope();
        return stack([.. model.KanLayers().Select(entry => entry.Layer.RegularizationLoss())]).sum().MoveToOuterDisposeScope();
    }

    private IEnumerable<KanLinear> Movable() => model.KanLayers().Select(entry => entry.Layer).Where(layer => layer.CanMoveGrid);
}

/// <summary>What moving the grids of a model did.</summary>
/// <param name="Step">The steps that were done before.</param>
/// <param name="Layers">How many layers have a grid that can move.</param>
/// <param name="Moved">How far they went towards what their inputs ask for, on average: 0 to 1.</param>
/// <param name="Change">The largest change of a layer's output on the samples.</param>
/// <param name="ChangeAnywhere">The largest change of a layer's output for any inputs.</param>
public sealed record GridUpdateSummary(long Step, int Layers, double Moved, double Change, double ChangeAnywhere);
