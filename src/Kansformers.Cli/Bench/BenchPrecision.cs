using Kansformers.Kan;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Cli.Bench;

/// <summary>
/// What <c>--precision</c> means for each contestant. This library's layers and models take it as their own <see cref="Precision"/>. The reference is
/// the original's operations, in fp32 always. The bound and the plain linear layer compute wholly in the type of the products.
/// </summary>
internal static class BenchPrecision
{
    public const string Description = "of the matrix products: fp32, bf16 or both; the reference is fp32 always";

    public static Precision[] Parse(string text)
    {
        try
        {
            return text == "both" ? [Precision.Float32, Precision.BFloat16] : [Precisions.Parse(text)];
        }
        catch (KansformersException)
        {
            throw new UsageException($"unknown precision '{text}': use fp32, bf16 or both");
        }
    }

    /// <summary>The type in which the products of a precision are really taken: without bf16 instructions, bf16 is rounded float32.</summary>
    public static ScalarType ProductType(this Precision precision) =>
        precision == Precision.BFloat16 && EngineSettings.OfThisMachine.HasBFloat16Products ? ScalarType.BFloat16 : ScalarType.Float32;
}
