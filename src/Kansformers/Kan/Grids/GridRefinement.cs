using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>A layer with more functions that computes what another one computes.</summary>
/// <param name="Finer">The layer.</param>
/// <param name="Gradients">What becomes of gradients; null where it was not asked for.</param>
/// <param name="Change">The largest change of an output for any inputs; NaN where it was not asked for.</param>
internal sealed record GridRefinement(KanLinear Finer, GradientMap? Gradients, double Change) : IDisposable
{
    /// <summary>Disposes the layer, and what is kept of gradients.</summary>
    public void Dispose()
    {
        Finer.Dispose();
        Gradients?.Dispose();
    }

    /// <summary>The finer layer alone.</summary>
    /// <param name="layer">The layer; it stays as it is.</param>
    /// <param name="size">The new grid size.</param>
    /// <param name="samples">What the basis sees of samples, (samples, in); null for none.</param>
    public static KanLinear Of(KanLinear layer, int size, Tensor? samples) => Of(layer, size, samples, measures: false).Finer;

    /// <summary>The finer layer with what becomes of gradients, to be disposed.</summary>
    /// <param name="layer">The layer; it stays as it is.</param>
    /// <param name="size">The new grid size.</param>
    public static GridRefinement Of(KanLinear layer, int size) => Of(layer, size, null, measures: true);

    private static GridRefinement Of(KanLinear layer, int size, Tensor? samples, bool measures)
    {
        using var scope = NewDisposeScope();
        GridState old = GridState.Of(layer);
        (GridOptions options, Dictionary<KanRole, Tensor> grid) = old.Options.Finer(size, old.Tensors);
        GridState now = old.On(grid, options);
        RequireApart(now, size);
        GridMove move = GridMove.Fit(old, now, samples?.to_type(ScalarType.Float64).transpose(0, 1).contiguous(), 1);
        KanLinear made = new(layer.InFeatures, layer.OutFeatures, options, layer.Coefficients.device) { UseReference = layer.UseReference, Precision = layer.Precision };
        made.to(layer.Coefficients.dtype);
        foreach ((KanRole role, Tensor tensor) in layer.Tensors.All)
        {
            if (made.Tensors.Find(role) is Tensor own && own.shape.AsSpan().SequenceEqual(tensor.shape))
                own.copy_(tensor.detach());
        }

        move.Store(made);
        made.train(layer.training);
        if (!measures)
            return new GridRefinement(made, null, double.NaN);
        return new GridRefinement(made, GradientMap.Of(old, now), new GridChange(old, move).Anywhere());
    }

    private static void RequireApart(GridState now, int size)
    {
        Tensor places = now.Tensors[KanRole.Grid];
        places = places.dim() == 1 ? places.sort().Values.unsqueeze(0) : places;
        if (size > 1 && !(places[.., 1..] > places[.., ..^1]).all().item<bool>())
            throw new KansformersException($"float32 cannot tell the places of a grid of size {size} apart there; choose a smaller grid size");
    }
}
