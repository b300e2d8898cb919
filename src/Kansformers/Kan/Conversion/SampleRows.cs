using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>A part of the inputs of a layer, evenly chosen from all that it gets, and the extremes of each.</summary>
/// <param name="most">How many rows are kept at most.</param>
internal sealed class SampleRows(int most) : IDisposable
{
    private readonly List<Tensor> _parts = [];
    private Tensor? _low, _high;
    private long _held, _step = 1, _seen;

    /// <summary>Whether there was any.</summary>
    public bool IsEmpty => _seen == 0;

    /// <summary>Takes its part of some inputs.</summary>
    /// <param name="input">Any leading dimensions, the last of the layer's inputs.</param>
    public void Add(Tensor input)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Tensor rows = input.detach().reshape(-1, input.shape[^1]).cpu().to_type(ScalarType.Float32);
        if (rows.shape[0] == 0)
            return;
        Keep(ref _low, rows.amin([0L]), minimum);
        Keep(ref _high, rows.amax([0L]), maximum);
        long first = (_step - _seen % _step) % _step;
        _seen += rows.shape[0];
        if (first >= rows.shape[0])
            return;
        Tensor taken = rows.slice(0, first, rows.shape[0], _step).clone();
        _parts.Add(taken.DetachFromDisposeScope());
        _held += taken.shape[0];
        while (_held > most)
            Halve();
    }

    /// <summary>The rows, to fit a layer on.</summary>
    /// <param name="asTokens">Whether an input counts only together with the others of its row: then the extremes of each are left out, which are no row that there was.</param>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    /// <exception cref="KansformersException">A value is NaN or infinite.</exception>
    public ConversionSamples Samples(bool asTokens)
    {
        if (IsEmpty)
            throw new InvalidOperationException("no input was seen");
        Tensor[] extremes = asTokens ? [] : [_low!.unsqueeze(0), _high!.unsqueeze(0)];
        return ConversionSamples.Of(cat([.. _parts, .. extremes], 0), _low!.shape[0], extremes.Length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor part in _parts)
            part.Dispose();
        _parts.Clear();
        _low?.Dispose();
        _high?.Dispose();
    }

    private void Halve()
    {
        using var scope = NewDisposeScope();
        Tensor all = cat([.. _parts], 0), half = all.slice(0, 0, all.shape[0], 2).clone().DetachFromDisposeScope();
        foreach (Tensor part in _parts)
            part.Dispose();
        _parts.Clear();
        _parts.Add(half);
        (_held, _step) = (half.shape[0], 2 * _step);
    }

    private static void Keep(ref Tensor? extreme, Tensor value, Func<Tensor, Tensor, Tensor> choose)
    {
        Tensor kept = (extreme is null ? value : choose(extreme, value)).DetachFromDisposeScope();
        if (!ReferenceEquals(kept, extreme))
            extreme?.Dispose();
        extreme = kept;
    }
}
