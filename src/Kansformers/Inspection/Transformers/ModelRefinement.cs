using Kansformers.Kan;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Inspection;

/// <summary>Makes a transformer of one with coarser grids, which computes the same (<see cref="KanLinear.Refine"/>) and can learn more.</summary>
public static class ModelRefinement
{
    /// <summary>The finer model. Pruned edges stay pruned.</summary>
    /// <param name="model">The model; it stays as it is.</param>
    /// <param name="gridSize">The new <see cref="GridOptions.GridSize"/> of its KAN layers; a multiple of the present one computes the same exactly, to rounding.</param>
    /// <returns>The new model, to be disposed.</returns>
    /// <exception cref="KansformersException">There is no KAN layer with a grid, the size is below the present one, or float32 cannot hold so fine a grid.</exception>
    public static TransformerModel Refine(TransformerModel model, int gridSize)
    {
        ArgumentNullException.ThrowIfNull(model);
        KanLinear[] layers = [.. model.KanLayers().Select(entry => entry.Layer)];
        if (layers.Length == 0 || model.Options.Kan is not GridOptions kan)
            throw new KansformersException(layers.Length == 0 ? "this model has no KAN layers to refine" : $"KAN layers of the kind {model.Options.Kan.Kind} have no grid to refine");
        if (gridSize < kan.GridSize)
            throw new KansformersException(FormattableString.Invariant($"grid size is {gridSize}; a finer grid than the present one must have at least {kan.GridSize}"));
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        KanLinear[] finer = [.. layers.Select(layer => layer.Refine(gridSize))];
        TransformerModel? made = null;
        try
        {
            KanOptions options = finer[0].Options with { BaseActivation = kan.BaseActivation };
            if (finer.Any(layer => Size(layer.Options) != Size(options)))
                throw new KansformersException("the grids of this model's layers lie apart so far that no one configuration names them all; refine before grids are moved");
            made = model.Options.Family.Create(model.Options with { Kan = options }, model.Device);
            made.train(model.training);
            Copy(model, made, finer);
            return made;
        }
        catch
        {
            made?.Dispose();
            throw;
        }
        finally
        {
            Array.ForEach(finer, layer => layer.Dispose());
        }

        static KanOptions Size(KanOptions options) => options is GridOptions grid ? grid with { BaseActivation = null, GridLow = 0, GridHigh = 1 } : options;
    }

    private static void Copy(TransformerModel from, TransformerModel to, KanLinear[] finer)
    {
        Dictionary<string, Tensor> known = from.state_dict();
        HashSet<string> ofLayers = [];
        foreach (((string name, KanLinear target), KanLinear layer) in to.KanLayers().Zip(finer))
        {
            Dictionary<string, Tensor> own = layer.state_dict();
            foreach ((string part, Tensor tensor) in target.state_dict())
            {
                tensor.copy_(own[part]);
                ofLayers.Add($"{name}.{part}");
            }
        }

        foreach ((string name, Tensor tensor) in to.state_dict())
        {
            if (!ofLayers.Contains(name))
                tensor.copy_(known[name]);
        }
    }
}
