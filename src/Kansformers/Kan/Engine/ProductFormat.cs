namespace Kansformers.Kan;

/// <summary>How the factors of a product lie in memory.</summary>
internal enum ProductFormat
{
    /// <summary>float32 as they are.</summary>
    Single,

    /// <summary>float32 that holds values rounded to bfloat16: the products of bfloat16 on processors that multiply float32 faster.</summary>
    Rounded,

    /// <summary>bfloat16.</summary>
    BFloat16,
}
