using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>A lookup in a table of vectors whose row for padding is not learned by being looked up, as with torch's <c>padding_idx</c>.</summary>
internal static class PaddedEmbedding
{
    /// <summary>The rows of the ids.</summary>
    /// <param name="ids">int64, (B, T).</param>
    /// <param name="table">(count, width).</param>
    /// <param name="padding">The row for padding; null for none.</param>
    /// <returns>(B, T, width).</returns>
    public static Tensor Apply(Tensor ids, Embedding table, int? padding)
    {
        using var scope = NewDisposeScope();
        Tensor rows = EmbeddingFunction.Apply(ids, table.weight!);
        if (padding is int id && rows.requires_grad)
            rows = where(ids.eq(id).unsqueeze(-1), rows.detach(), rows);
        return rows.MoveToOuterDisposeScope();
    }
}
