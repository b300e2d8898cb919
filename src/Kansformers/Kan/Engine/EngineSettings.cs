using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>What the engine takes into account of the machine, and what tests and measurements ask of it. A layer carries its own.</summary>
public sealed record EngineSettings
{
    /// <summary>The machine as it is, and the choice of path left to the engine.</summary>
    public static EngineSettings OfThisMachine { get; } = new();

    /// <summary>The path to take wherever it can compute the layer, whatever it costs; null leaves the choice to the engine.</summary>
    public EnginePath? Path { get; init; }

    /// <summary>A path that is not to be taken where there is another.</summary>
    public EnginePath? Avoided { get; init; }

    /// <summary>The lanes of the kernels' vectors: 16, 8 or 4.</summary>
    internal int Lanes { get; init; } = SimdWidth.Lanes;

    /// <summary>Whether libtorch's bfloat16 products are fast. Where they are not, the factors are rounded to bfloat16 and multiplied in float32.</summary>
    public bool HasBFloat16Products { get; init; } = BFloat16Math.HasFastProducts;

    /// <summary>
    /// What is done to a bfloat16 product of libtorch's afterwards (result, left, right): tests imitate processors with it whose matrix units spoil the neighbours of
    /// a token that is not finite. Null for nothing.
    /// </summary>
    internal Action<Tensor, Tensor, Tensor>? AfterProduct { get; init; }

    /// <summary>How the factors of products of a precision lie in memory.</summary>
    internal ProductFormat FormatOf(Precision precision) => precision == Precision.Float32 ? ProductFormat.Single
        : HasBFloat16Products ? ProductFormat.BFloat16 : ProductFormat.Rounded;
}
