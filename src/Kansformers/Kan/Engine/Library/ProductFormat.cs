using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>How the factors of a product lie in memory.</summary>
internal enum ProductFormat
{
    /// <summary>float32 as they are.</summary>
    Single,

    /// <summary>float32 that holds values rounded to bfloat16: the products of bfloat16 on processors that multiply float32 faster.</summary>
    Rounded,

    /// <summary>bfloat16.</summary>
    Half,
}

/// <summary>The format for a precision on this processor.</summary>
internal static class ProductFormats
{
    public static ProductFormat Of(Precision precision) => precision == Precision.Float32 ? ProductFormat.Single
        : BFloat16Math.HasFastProducts ? ProductFormat.Half : ProductFormat.Rounded;
}
