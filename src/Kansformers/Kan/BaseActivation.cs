using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Kansformers.Kan;

/// <summary>The function that a KAN layer applies to its inputs before the base weight (the residual branch beside the splines).</summary>
public enum BaseActivation
{
    /// <summary>x · sigmoid(x), the original's choice.</summary>
    Silu,

    /// <summary>x · Φ(x) with the exact normal distribution function (Hendrycks and Gimpel, 2016).</summary>
    Gelu,

    /// <summary>The tanh approximation of GELU, as GPT-2 used it.</summary>
    GeluTanh,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x itself: the base branch is a plain linear layer.</summary>
    Identity,

    /// <summary>The hyperbolic tangent.</summary>
    Tanh,

    /// <summary>1 / (1 + exp(-x)).</summary>
    Sigmoid,

    /// <summary>x above zero, exp(x) - 1 below.</summary>
    Elu,

    /// <summary>x above zero, 0.01 x below.</summary>
    LeakyRelu,

    /// <summary>log(1 + exp(x)).</summary>
    Softplus,

    /// <summary>x · tanh(softplus(x)).</summary>
    Mish,

    /// <summary>max(x, 0)² (So et al., "Primer", 2021).</summary>
    ReluSquared,
}

/// <summary>Base activations as torch operations and by name.</summary>
internal static class BaseActivations
{
    /// <summary>The activation of every element of <paramref name="x"/>; a new tensor (or <paramref name="x"/> itself for the identity).</summary>
    internal static Tensor Apply(BaseActivation activation, Tensor x) => activation switch
    {
        BaseActivation.Silu => F.silu(x),
        BaseActivation.Gelu => F.gelu(x),
        BaseActivation.GeluTanh => F.gelu(x, GELU.Approximate.tanh),
        BaseActivation.Relu => F.relu(x),
        BaseActivation.Identity => x.alias(),
        BaseActivation.Tanh => x.tanh(),
        BaseActivation.Sigmoid => x.sigmoid(),
        BaseActivation.Elu => F.elu(x, 1.0),
        BaseActivation.LeakyRelu => F.leaky_relu(x, 0.01),
        BaseActivation.Softplus => F.softplus(x),
        BaseActivation.Mish => F.mish(x),
        BaseActivation.ReluSquared => F.relu(x).square(),
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "unknown base activation"),
    };

    /// <summary>The activation that PyTorch's module of that name computes (<c>SiLU</c>, <c>GELU</c>, ...), letter case aside.</summary>
    /// <exception cref="KansformersException">No such activation.</exception>
    public static BaseActivation Parse(string name) =>
        Enum.TryParse(name, ignoreCase: true, out BaseActivation activation) && Enum.IsDefined(activation) && !char.IsAsciiDigit(name[0])
            ? activation
            : throw new KansformersException($"unknown base activation '{name}': use one of {string.Join(", ", Enum.GetNames<BaseActivation>())}");
}
