using static TorchSharp.torch;

namespace Kansformers.Inspection;

/// <summary>
/// Means and covariances of the columns of each input's expansion, running, in double precision: chunks are centred on their own means and merged as Chan, Golub and LeVeque
/// (1979) do it, so that nothing cancels. What a token gave is not kept.
/// </summary>
/// <param name="inputs">The inputs.</param>
/// <param name="columns">The columns of each, k.</param>
internal sealed class ColumnMoments(long inputs, long columns) : IDisposable
{
    private Tensor _mean = zeros(inputs, columns, dtype: ScalarType.Float64).DetachFromDisposeScope();
    private Tensor _products = zeros(inputs, columns, columns, dtype: ScalarType.Float64).DetachFromDisposeScope();

    /// <summary>How many tokens were seen.</summary>
    public long Count { get; private set; }

    /// <summary>The means, (in, k).</summary>
    public Tensor Mean => _mean;

    /// <summary>The covariances, (in, k, k).</summary>
    public Tensor Covariance => _products / Math.Max(1, Count);

    /// <summary>Adds tokens.</summary>
    /// <param name="seen">(tokens, in, k).</param>
    public void Add(Tensor seen)
    {
        using var scope = NewDisposeScope();
        Tensor each = seen.to_type(ScalarType.Float64).transpose(0, 1); // (in, tokens, k)
        long tokens = each.shape[1];
        if (tokens == 0)
            return;
        Tensor mean = each.mean([1L]), centred = each - mean.unsqueeze(1), apart = mean - _mean;
        double weight = (double)Count * tokens / (Count + tokens);
        Tensor products = _products + centred.transpose(1, 2).matmul(centred) + apart.unsqueeze(2) * apart.unsqueeze(1) * weight;
        Tensor next = _mean + apart * ((double)tokens / (Count + tokens));
        Count += tokens;
        Replace(ref _mean, next);
        Replace(ref _products, products);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _mean.Dispose();
        _products.Dispose();
    }

    private static void Replace(ref Tensor tensor, Tensor other)
    {
        tensor.Dispose();
        tensor = other.DetachFromDisposeScope();
    }
}
