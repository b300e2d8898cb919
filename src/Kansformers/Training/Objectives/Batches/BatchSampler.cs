using Kansformers.Text;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>
/// Draws training sequences in one of the orders. Where a sequence starts is a pure function of seed, step, micro-batch and row, so that a run can go on from
/// any step without a state of its own.
/// </summary>
internal sealed class BatchSampler : IDisposable
{
    private readonly TokenSpan _tokens;
    private readonly int _row;
    private readonly int _batchSize;
    private readonly IBatchOrder _order;
    private long[] _buffer;
    private long[] _next;
    private Task? _ahead;
    private (long Seed, long Batch) _aheadOf;

    /// <summary>Creates the sampler.</summary>
    /// <param name="tokens">The text to train on.</param>
    /// <param name="blockSize">The length of a sequence.</param>
    /// <param name="batchSize">The sequences in a batch.</param>
    /// <param name="order">Where they start.</param>
    /// <param name="hasTargets">Whether each goes on for a token more, the target of its last.</param>
    /// <exception cref="KansformersException">The text is shorter than one sequence and its last target.</exception>
    public BatchSampler(TokenSpan tokens, int blockSize, int batchSize, BatchOrder order = BatchOrder.Replacement, bool hasTargets = true)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        int row = checked(blockSize + (hasTargets ? 1 : 0));
        if (tokens.Count < row)
            throw new KansformersException($"the training text has {tokens.Count} tokens, but a block of {blockSize} needs {row}; give more text or a smaller ModelOptions.BlockSize");
        (_tokens, _row, _batchSize) = (tokens, row, batchSize);
        long places = hasTargets ? tokens.Count : tokens.Count + 1; // the orders leave a token behind each sequence
        _order = order == BatchOrder.Shuffled ? new ShuffledOrder(places, blockSize, batchSize) : new ReplacementOrder(places, blockSize);
        (_buffer, _next) = (new long[(long)batchSize * row], new long[(long)batchSize * row]);
    }

    /// <summary>One batch. The next one is read meanwhile, so that a training does not wait for the disk.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="batch">Which batch of the run, counted from 0.</param>
    /// <param name="device">Where the tensors are wanted.</param>
    /// <returns>Token ids and, one place later in the text, targets: int64, (batch size, block size) each.</returns>
    public (Tensor Ids, Tensor Targets) Draw(long seed, long batch, Device device)
    {
        long[] rows = Rows(seed, batch);
        using var scope = NewDisposeScope();
        Tensor all = tensor(rows, _batchSize, _row, device: device);
        return (all[.., ..^1].MoveToOuterDisposeScope(), all[.., 1..].MoveToOuterDisposeScope());
    }

    /// <summary>One batch as it stands in the text.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="batch">Which batch of the run, counted from 0.</param>
    /// <returns>Batch size times block size ids, or block size + 1 with targets, row after row; they stay until the next call.</returns>
    public long[] Rows(long seed, long batch)
    {
        Task? ahead = _ahead;
        _ahead = null;
        ahead?.GetAwaiter().GetResult();
        if (ahead is not null && _aheadOf == (seed, batch))
            (_buffer, _next) = (_next, _buffer);
        else
            Read(_buffer, seed, batch);
        _aheadOf = (seed, batch + 1);
        _ahead = Task.Run(() => Read(_next, seed, batch + 1));
        return _buffer;
    }

    /// <summary>Waits until nothing is read any more: the text's file can be closed then.</summary>
    public void Dispose() => _ahead?.ContinueWith(static _ => { }, TaskScheduler.Default).Wait();

    private void Read(long[] buffer, long seed, long batch)
    {
        for (int i = 0; i < _batchSize; i++)
            _tokens.Read(Start(seed, batch, i), buffer.AsSpan(i * _row, _row));
    }

    /// <summary>Where a row of a batch starts in the text.</summary>
    internal long Start(long seed, long batch, int row) => _order.Start(seed, batch, row);
}
