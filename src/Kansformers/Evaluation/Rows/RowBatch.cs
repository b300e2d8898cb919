using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Evaluation;

/// <summary>Rows of text, and what a model is wanted to make of them.</summary>
/// <param name="Ids">What the model sees, row after row.</param>
/// <param name="Targets">The tokens to be guessed, and -1 elsewhere; or what is to be written, row after row.</param>
/// <param name="Rows">How many rows there are.</param>
/// <param name="Wanted">How many tokens are to be guessed or written.</param>
internal sealed record RowBatch(long[] Ids, long[] Targets, int Rows, int Wanted)
{
    /// <summary>The tokens of text.</summary>
    public int Tokens { get; init; }

    /// <summary>Zero where the rows that the model sees are padded; null where none is.</summary>
    public long[]? Mask { get; init; }

    /// <summary>What a model takes; the tensors belong to the caller's scope.</summary>
    /// <param name="device">Where they are wanted.</param>
    public TokenBatch On(Device device)
    {
        return new TokenBatch(Matrix(Ids), Matrix(Targets)) { Mask = Mask is null ? null : Matrix(Mask) };

        Tensor Matrix(long[] values) => tensor(values, [Rows, values.Length / Rows], device: device);
    }

    /// <summary>share · the mean loss of the tokens that are wanted.</summary>
    public Tensor Loss(TransformerModel model, double share)
    {
        using var scope = NewDisposeScope();
        return model.Loss(On(model.Device), share).MoveToOuterDisposeScope();
    }
}
