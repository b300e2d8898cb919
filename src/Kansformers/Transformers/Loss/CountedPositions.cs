using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>The positions of a batch that have a target.</summary>
/// <param name="Targets">Their targets.</param>
/// <param name="Places">Where they stand among all positions, int64, on the device of the hidden states; null where all count.</param>
internal sealed record CountedPositions(long[] Targets, Tensor? Places)
{
    /// <summary>Finds them.</summary>
    /// <param name="hidden">The hidden states, (..., width).</param>
    /// <param name="targets">A target per position, int64; positions with -1 do not count.</param>
    /// <param name="noun">What targets are of, in a word for messages.</param>
    /// <exception cref="ArgumentException">The targets are not as many as the positions, or no places.</exception>
    public static CountedPositions Of(Tensor hidden, Tensor targets, string noun)
    {
        long positions = hidden.numel() / hidden.shape[^1];
        if (targets.numel() != positions)
            throw new ArgumentException($"there are {targets.numel()} targets for {positions} positions", nameof(targets));
        if (targets.dtype != ScalarType.Int64)
            throw new ArgumentException($"the targets are {targets.dtype}; they must be Int64, places in the {noun}", nameof(targets));
        using var scope = NewDisposeScope();
        long[] all = targets.cpu().reshape(-1).contiguous().data<long>().ToArray();
        long[] counted = [.. all.Where(id => id != CrossEntropyRows.Ignored)];
        Tensor? places = counted.Length == all.Length ? null
            : tensor(Enumerable.Range(0, all.Length).Where(at => all[at] != CrossEntropyRows.Ignored).Select(at => (long)at).ToArray(), device: hidden.device).MoveToOuterDisposeScope();
        return new CountedPositions(counted, places);
    }

    /// <summary>The hidden states of these positions alone: (positions, width), contiguous.</summary>
    /// <param name="hidden">Those of all positions, (..., width).</param>
    public Tensor Of(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        Tensor x = hidden.reshape(-1, hidden.shape[^1]).contiguous();
        return (Places is null ? x : x.index_select(0, Places)).MoveToOuterDisposeScope();
    }
}
