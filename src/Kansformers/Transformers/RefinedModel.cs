using Kansformers.Kan;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>A model with finer grids that computes what another one computes, with what becomes of the gradients of the parameters that have another shape.</summary>
/// <param name="Model">The finer model, which lives on when this is disposed.</param>
/// <param name="Gradients">By the names of parameters; those of others stay as they are.</param>
/// <param name="Layers">How many layers have finer grids.</param>
/// <param name="Change">The largest change of a layer's output for any inputs.</param>
internal sealed record RefinedModel(TransformerModel Model, IReadOnlyDictionary<string, GradientMap> Gradients, int Layers, double Change) : IDisposable
{
    /// <summary>The finer model. Pruned edges stay pruned.</summary>
    /// <param name="model">The model; it stays as it is.</param>
    /// <param name="gridSize">The new size of its grids.</param>
    /// <exception cref="KansformersException">There is no KAN layer with a grid, the size is below the present one, or float32 cannot hold so fine a grid.</exception>
    public static RefinedModel Of(TransformerModel model, int gridSize)
    {
        GridOptions kan = Require(model.Options, gridSize);
        (string Name, KanLinear Layer)[] layers = [.. model.KanLayers()];
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        GridRefinement[] refined = [.. layers.Select(entry => GridRefinement.Of(entry.Layer, gridSize))];
        TransformerModel? made = null;
        try
        {
            KanOptions options = refined[0].Finer.Options with { BaseActivation = kan.BaseActivation };
            if (refined.Any(layer => Size(layer.Finer.Options) != Size(options)))
                throw new KansformersException("the grids of this model's layers lie apart so far that no one configuration names them all; refine before grids are moved");
            made = model.Options.Family.Create(model.Options with { Kan = options }, model.Device);
            made.train(model.training);
            made.Precision = model.Precision;
            Copy(model, made, [.. refined.Select(layer => layer.Finer)]);
            Dictionary<string, GradientMap> gradients = made.KanLayers().Zip(refined, (entry, finer) => (Name: $"{entry.Name}.{entry.Layer.NameOf(finer.Gradients!.Role)}", finer.Gradients))
                .ToDictionary(entry => entry.Name, entry => entry.Gradients);
            return new RefinedModel(made, gradients, refined.Length, refined.Max(layer => layer.Change));
        }
        catch
        {
            made?.Dispose();
            Array.ForEach(refined, layer => layer.Gradients?.Dispose());
            throw;
        }
        finally
        {
            Array.ForEach(refined, layer => layer.Finer.Dispose());
        }

        static KanOptions Size(KanOptions options) => options is GridOptions grid ? grid with { BaseActivation = null, GridLow = 0, GridHigh = 1 } : options;
    }

    /// <summary>Refuses an architecture that has no grids, or a size that is no finer grid.</summary>
    /// <returns>The present grids.</returns>
    /// <exception cref="KansformersException">The message says why.</exception>
    public static GridOptions Require(ModelOptions options, int gridSize)
    {
        if (options.Placement == KanPlacement.None)
            throw new KansformersException("this model has no KAN layers to refine");
        if (options.Kan is not GridOptions kan)
            throw new KansformersException($"KAN layers of the kind {options.Kan.Kind} have no grid to refine");
        return gridSize >= kan.GridSize ? kan
            : throw new KansformersException(FormattableString.Invariant($"grid size is {gridSize}; a finer grid than the present one must have at least {kan.GridSize}"));
    }

    /// <summary>Disposes what is kept of gradients; the model stays.</summary>
    public void Dispose()
    {
        foreach (GradientMap map in Gradients.Values)
            map.Dispose();
    }

    private static void Copy(TransformerModel from, TransformerModel to, KanLinear[] finer)
    {
        Dictionary<string, Tensor> known = from.state_dict();
        HashSet<string> ofLayers = [];
        foreach (((string name, KanLinear target), KanLinear layer) in to.KanLayers().Zip(finer))
        {
            target.UseReference = layer.UseReference;
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
