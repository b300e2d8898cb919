using Kansformers.Kan;
using Kansformers.Transformers;

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
        using RefinedModel refined = RefinedModel.Of(model, gridSize);
        return refined.Model;
    }
}
