namespace Kansformers.Runtime;

/// <summary>How the large matrix products of a model are computed. Parameters, activations and optimizer state are float32 either way.</summary>
public enum Precision
{
    /// <summary>IEEE 754 single precision throughout.</summary>
    Float32,

    /// <summary>
    /// The factors of each product are rounded to bfloat16 (8 bits of mantissa, float32's range), their products are summed in float32.
    /// Processors with bfloat16 instructions multiply several times faster so; on others the same rounding is done and float32 products are used,
    /// which costs about what float32 costs.
    /// </summary>
    BFloat16,
}

/// <summary>Precisions by the names that the command line and <c>config.json</c> use.</summary>
public static class Precisions
{
    /// <summary>The name: <c>fp32</c> or <c>bf16</c>.</summary>
    public static string Text(this Precision precision) => precision == Precision.BFloat16 ? "bf16" : "fp32";

    /// <summary>The precision of a name.</summary>
    /// <exception cref="KansformersException">The name is neither <c>fp32</c> nor <c>bf16</c>.</exception>
    public static Precision Parse(string name) => name switch
    {
        "fp32" => Precision.Float32,
        "bf16" => Precision.BFloat16,
        _ => throw new KansformersException($"unknown precision '{name}': use fp32 or bf16"),
    };
}
