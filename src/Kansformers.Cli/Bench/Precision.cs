using Kansformers.Kan;
using Kansformers.Transformers;
using TorchSharp;

namespace Kansformers.Cli.Bench;

/// <summary>What the matrix products are computed in.</summary>
internal enum Precision
{
    /// <summary>32-bit floating point.</summary>
    Fp32,

    /// <summary>bfloat16, with fp32 master weights.</summary>
    Bf16,
}

/// <summary>
/// What a precision means for each contestant: the one place that knows. The reference is the original's operations in fp32 at every precision;
/// the bound and the plain linear layer compute wholly in it.
/// </summary>
internal static class Precisions
{
    public static readonly string Names = "fp32";

    public static Precision[] Parse(string text) => text switch
    {
        "fp32" => [Precision.Fp32],
        _ => throw new UsageException($"unknown precision '{text}': use {Names}"),
    };

    public static string Text(this Precision precision) => precision == Precision.Bf16 ? "bf16" : "fp32";

    /// <summary>The type of the bound's matrices, and of all that a plain linear layer touches.</summary>
    public static torch.ScalarType Type(this Precision precision) => precision == Precision.Bf16 ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32;

    /// <summary>Makes a KAN layer compute in a precision.</summary>
    public static void Set(KanLinear layer, Precision precision) => Require(precision);

    /// <summary>Makes a whole model train in a precision.</summary>
    public static void Set(Gpt model, Precision precision) => Require(precision);

    private static void Require(Precision precision)
    {
        if (precision != Precision.Fp32)
            throw new ArgumentOutOfRangeException(nameof(precision), precision, "the engine computes in fp32");
    }
}
