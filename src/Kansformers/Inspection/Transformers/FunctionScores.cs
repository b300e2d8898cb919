using Kansformers.Kan;
using static TorchSharp.torch;

namespace Kansformers.Inspection;

/// <summary>
/// Means and variances of all functions of a layer, from the moments of its columns: an edge is w' z of its input's columns z, so that its mean is w' E[z] and its variance
/// w' Cov[z] w, exactly, without any token's outputs. Arrays are (functions of an input, ...): for edges (in, out), for shared functions (in).
/// </summary>
internal sealed class FunctionScores
{
    private const long ChunkElements = 1 << 22;

    private FunctionScores(int inputs, int each)
    {
        Each = each;
        (Means, Variances, Base, Squares) = (new double[inputs * (long)each], new double[inputs * (long)each], new double[inputs * (long)each], new double[inputs * (long)each]);
    }

    /// <summary>How many functions an input has: outputs for edges, else 1.</summary>
    public int Each { get; }

    /// <summary>The mean of each.</summary>
    public double[] Means { get; }

    /// <summary>The variance of each.</summary>
    public double[] Variances { get; }

    /// <summary>The part of the base activation's variance in variances of basis and base activation alone.</summary>
    public double[] Base { get; }

    /// <summary>The sum of the squares of each edge's numbers; of shared functions 0.</summary>
    public double[] Squares { get; }

    /// <summary>Computes all, some inputs at a time.</summary>
    public static FunctionScores Of(KanTensors tensors, LayerFacts facts)
    {
        using var guard = no_grad();
        int inputs = (int)tensors.InFeatures, each = tensors.IsEdge ? (int)tensors.OutFeatures : 1, k = facts.Columns;
        FunctionScores scores = new(inputs, each);
        bool hasBase = ColumnExpansion.HasBase(tensors);
        int chunk = (int)Math.Max(1, ChunkElements / ((long)each * k));
        for (int from = 0; from < inputs; from += chunk)
        {
            using var scope = NewDisposeScope();
            int count = Math.Min(chunk, inputs - from);
            Tensor means = tensor(facts.Means[(from * k)..((from + count) * k)], count, k, 1), covariances = tensor(facts.Covariances[(from * k * k)..((from + count) * k * k)], count, k, k);
            Tensor weights = tensors.IsEdge ? EdgeWeights.Columns(tensors, from, count) : ones(count, 1, k, dtype: ScalarType.Float64);
            Put(scores.Means, weights.matmul(means).squeeze(-1), from * (long)each);
            Put(scores.Variances, Forms(weights, covariances), from * (long)each);
            if (tensors.IsEdge)
                Put(scores.Squares, weights.square().sum([-1L]), from * (long)each);
            if (!hasBase)
                continue;
            Tensor ofBase = Forms(weights[.., .., (k - 1)..], covariances[.., (k - 1).., (k - 1)..]);
            Tensor ofBasis = Forms(weights[.., .., ..(k - 1)], covariances[.., ..(k - 1), ..(k - 1)]);
            Put(scores.Base, ofBase / (ofBase + ofBasis).clamp_min(1e-300), from * (long)each);
        }

        return scores;
    }

    // w' C w, never below 0.
    private static Tensor Forms(Tensor weights, Tensor covariances) => (weights.matmul(covariances) * weights).sum([-1L]).clamp_min(0.0);

    private static void Put(double[] to, Tensor from, long at) => from.contiguous().data<double>().ToArray().CopyTo(to, at);
}
