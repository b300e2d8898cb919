using Kansformers.Runtime;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Evaluation;

/// <summary>The log-probabilities of tokens after prefixes: of each prefix one row of logits, and any number of tokens that are asked for.</summary>
/// <param name="targets">The tokens, those of one row after those of the row before.</param>
/// <param name="starts">Where the tokens of each row begin, and at the end how many there are.</param>
internal sealed class LikelihoodRows(long[] targets, int[] starts) : RowLoss(targets)
{
    /// <summary>The log-probability of each token, in nats.</summary>
    public double[] LogProbabilities { get; } = new double[targets.Length];

    /// <summary>Of each token, how probable it is that it is taken as the one of the largest logit: equal ones share.</summary>
    public double[] Greedy { get; } = new double[targets.Length];

    /// <inheritdoc/>
    public override unsafe void Run(Tensor logits, int first, double[] losses, float? slope)
    {
        if (logits.device_type != TorchSharp.DeviceType.CPU || logits.dtype != ScalarType.Float32 || !logits.is_contiguous())
        {
            RunByTorch(logits, first);
            return;
        }

        (int rows, int vocabulary) = ((int)logits.shape[0], (int)logits.shape[1]);
        float* from = (float*)RawMemory.Pointer(logits);
        Rows.Run(rows, 8L * vocabulary, (begin, end) =>
        {
            for (int row = begin; row < end; row++)
            {
                float* values = from + (nint)row * vocabulary;
                (double partition, float largest) = CrossEntropyRows.LogPartition(values, vocabulary);
                int equal = 0;
                for (int at = starts[first + row]; at < starts[first + row + 1]; at++)
                {
                    float chosen = values[Targets[at]];
                    LogProbabilities[at] = chosen - partition;
                    if (chosen == largest)
                        Greedy[at] = 1.0 / (equal = equal > 0 ? equal : new Span<float>(values, vocabulary).Count(largest));
                }
            }
        });
        GC.KeepAlive(logits);
    }

    /// <inheritdoc/>
    public override Tensor Mean(Tensor logits) => throw new NotSupportedException("log-probabilities are read, not learned from");

    private void RunByTorch(Tensor logits, int first)
    {
        using var scope = NewDisposeScope();
        int rows = (int)logits.shape[0], begin = starts[first], count = starts[first + rows] - begin;
        Tensor wide = logits.to(ScalarType.Float32), largest = wide.amax([1L], keepdim: true); // (rows, V), (rows, 1)
        long[] rowOf = new long[count];
        for (int row = 0; row < rows; row++)
            rowOf.AsSpan(starts[first + row] - begin, starts[first + row + 1] - starts[first + row]).Fill(row);
        Tensor at = tensor(rowOf, device: logits.device), places = tensor(Targets.AsSpan(begin, count).ToArray(), device: logits.device);
        Tensor chosen = wide.reshape(-1).index_select(0, at * wide.shape[1] + places); // (targets)
        Tensor found = chosen.to(ScalarType.Float64) - wide.to(ScalarType.Float64).logsumexp(1).index_select(0, at);
        Tensor share = chosen.eq(largest.squeeze(1).index_select(0, at)).to(ScalarType.Float64) / wide.eq(largest).to(ScalarType.Float64).sum([1L]).index_select(0, at);
        found.cpu().data<double>().ToArray().CopyTo(LogProbabilities, begin);
        share.cpu().data<double>().ToArray().CopyTo(Greedy, begin);
    }
}
