using Kansformers.Kan;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>x / sqrt(mean(x²) + ε) over the last dimension, without a weight (Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019).</summary>
/// <param name="width">The size of the last dimension.</param>
internal sealed class RmsNorm(long width) : nn.Module<Tensor, Tensor>(nameof(RmsNorm))
{
    /// <summary>Added to the mean square.</summary>
    public const double Epsilon = 1e-6;

    /// <summary>The norm for single tokens.</summary>
    public ITokenLayer OpenTokens() => new RmsNormTokens((int)width);

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => NormFunction.Fits(input) ? NormFunction.Norm(input) : Apply(input);

    /// <summary>The norm by torch's operations.</summary>
    /// <param name="x">Any shape; the last dimension is normed.</param>
    public static Tensor Apply(Tensor x)
    {
        using var scope = NewDisposeScope();
        return (x * (x.square().mean([-1L], keepdim: true) + Epsilon).rsqrt()).MoveToOuterDisposeScope();
    }
}
