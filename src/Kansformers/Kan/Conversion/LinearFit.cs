using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>The linear layer that comes nearest to what a KAN layer computes, y ≈ W g(x) + b.</summary>
/// <param name="source">The layer.</param>
/// <param name="before">g: an activation that stands before the linear layer, of which it sees the values.</param>
/// <param name="hasBias">Whether there is b.</param>
internal sealed class LinearFit(ConversionSource source, BaseActivation before, bool hasBias)
{
    // Beside it the mean square of an input counts as nothing: what the samples do not tell stays as edge by edge.
    private const double Ridge = 1e-6, RidgeOfFew = 1e-2;

    /// <summary>W, (out, in), and b, (out) or null, double.</summary>
    /// <param name="points">Where the edges are fitted, each by itself.</param>
    /// <param name="samples">Inputs of the layer as they come together, (samples, in), double, on which all edges are fitted at once; null for none.</param>
    public (Tensor Weight, Tensor? Bias) Solve(ConversionPoints points, Tensor? samples)
    {
        using var scope = NewDisposeScope();
        Tensor at = points.At.expand(-1, source.InFeatures);
        Tensor columns = BaseActivations.Apply(before, at).unsqueeze(-1), weight = points.Weight.view(1, -1, 1);
        if (hasBias)
            columns = cat([columns, ones_like(columns)], -1);
        Tensor map = LeastSquares.Solve(columns.transpose(0, 1) * weight, source.Terms(at).transpose(0, 1) * weight, 1e-10); // (in, 1 or 2, terms)
        Tensor W = (source.Factors * map.select(1, 0).unsqueeze(0)).sum(-1);
        Tensor? b = !hasBias ? null : (source.Factors * map.select(1, 1).unsqueeze(0)).sum([1L, 2L]) + (source.Bias ?? zeros(1, dtype: ScalarType.Float64));
        if (samples is not null)
            (W, b) = Together(W, b, samples);
        return (W.MoveToOuterDisposeScope(), b?.MoveToOuterDisposeScope());
    }

    // What the edges leave is a regression on all inputs at once, held to what they said.
    private (Tensor Weight, Tensor? Bias) Together(Tensor weight, Tensor? bias, Tensor samples)
    {
        Tensor x = BaseActivations.Apply(before, samples), left = source.Forward(samples) - x.matmul(weight.t());
        if (bias is not null)
            left = left - bias;
        Tensor features = hasBias ? cat([x, ones_like(x[.., ..1])], 1) : x;
        Tensor gram = features.t().matmul(features);
        double scale = gram.diagonal().mean().item<double>() * (samples.shape[0] < 4 * source.InFeatures ? RidgeOfFew : Ridge);
        Tensor change = linalg.solve(gram + eye(gram.shape[0], dtype: ScalarType.Float64) * Math.Max(scale, 1e-12), features.t().matmul(left)); // (in or in + 1, out)
        return (weight + change[..(int)source.InFeatures].t(), bias is null ? null : bias + change[^1]);
    }
}
