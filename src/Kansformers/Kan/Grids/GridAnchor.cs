using System.IO.Hashing;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// The function that a layer had before the first of several grid updates between which nothing was learned. Each of them is fitted to it, and answers for the
/// change from it, so that however many there are the function does not drift.
/// </summary>
internal sealed class GridAnchor : IDisposable
{
    private readonly Tensor _grid, _coefficients;
    private UInt128 _left;

    private GridAnchor(KanLinear layer)
    {
        _grid = layer.Grid!.clone().DetachFromDisposeScope();
        _coefficients = layer.Coefficients.detach().clone().DetachFromDisposeScope();
    }

    /// <summary>The knots, (in, knots).</summary>
    public Tensor Grid => _grid;

    /// <summary>The coefficients without the scaler, (out, in, n).</summary>
    public Tensor Coefficients => _coefficients;

    /// <summary>The layer's anchor if the layer is still as its last update left it, else a new one: the layer as it is.</summary>
    public static GridAnchor Of(KanLinear layer, GridAnchor? known)
    {
        if (known is not null && known._left == Digest(layer))
            return known;
        known?.Dispose();
        return new GridAnchor(layer);
    }

    /// <summary>Notes how an update leaves the layer.</summary>
    public void Leave(KanLinear layer) => _left = Digest(layer);

    /// <inheritdoc/>
    public void Dispose()
    {
        _grid.Dispose();
        _coefficients.Dispose();
    }

    private static UInt128 Digest(KanLinear layer)
    {
        using var scope = NewDisposeScope();
        XxHash128 hash = new();
        foreach (Tensor tensor in ((Tensor?[])[layer.Grid, layer.Coefficients, layer.Scaler]).OfType<Tensor>())
            hash.Append(tensor.detach().cpu().contiguous().bytes);
        return hash.GetCurrentHashAsUInt128();
    }
}
