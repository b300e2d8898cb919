using System.IO.Hashing;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// The functions that a layer had before the first of several grid updates between which nothing was learned. Each of them is fitted to these, and answers for the
/// change from them, so that however many there are the functions do not drift.
/// </summary>
internal sealed class GridAnchor : IDisposable
{
    private readonly Dictionary<KanRole, Tensor> _grid;
    private readonly Tensor _coefficients;
    private readonly KanLinear _layer;
    private UInt128 _left;

    private GridAnchor(KanLinear layer)
    {
        _layer = layer;
        GridState state = GridState.Of(layer);
        _grid = state.Options.GridRoles.ToDictionary(role => role, role => state.Tensors[role].clone().DetachFromDisposeScope());
        _coefficients = state.Coefficients.clone().DetachFromDisposeScope();
    }

    /// <summary>The functions.</summary>
    public GridState State => GridState.Of(_layer).On(_grid) with { Coefficients = _coefficients };

    /// <summary>The layer's anchor if the layer is still as its last update left it, else a new one: the layer as it is.</summary>
    public static GridAnchor Of(KanLinear layer, GridAnchor? known)
    {
        if (known is not null && known._left == Digest(layer))
            return known;
        known?.Dispose();
        using var scope = NewDisposeScope();
        return new GridAnchor(layer);
    }

    /// <summary>Notes how an update leaves the layer.</summary>
    public void Leave(KanLinear layer) => _left = Digest(layer);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor tensor in _grid.Values)
            tensor.Dispose();
        _coefficients.Dispose();
    }

    private static UInt128 Digest(KanLinear layer)
    {
        using var scope = NewDisposeScope();
        XxHash128 hash = new();
        KanRole[] roles = [.. ((GridOptions)layer.Options).GridRoles, KanRole.Coefficients, KanRole.FunctionCoefficients, KanRole.Scaler];
        foreach (Tensor tensor in roles.Select(layer.Tensors.Find).OfType<Tensor>())
            hash.Append(tensor.detach().cpu().contiguous().bytes);
        return hash.GetCurrentHashAsUInt128();
    }
}
