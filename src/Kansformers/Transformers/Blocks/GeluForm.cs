namespace Kansformers.Transformers;

/// <summary>The two forms of the GELU, x · Φ(x), that GPTs use (Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016). They differ by up to 5e-4.</summary>
public enum GeluForm
{
    /// <summary>Φ by a hyperbolic tangent: GPT-2, minGPT, and nanoGPT until June 2023.</summary>
    Tanh,

    /// <summary>Φ itself: nanoGPT since.</summary>
    Exact,
}
