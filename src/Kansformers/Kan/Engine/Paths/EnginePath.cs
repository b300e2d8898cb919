namespace Kansformers.Kan;

/// <summary>The ways in which the engine computes a layer.</summary>
public enum EnginePath
{
    /// <summary>The weights are read where they lie, once, and nothing is packed: single tokens without gradients.</summary>
    FewTokens,

    /// <summary>Of each spline only the order + 1 coefficients that are live at an input are multiplied: large grids.</summary>
    LiveCoefficients,

    /// <summary>Products of our own, for which the expansion is written as packed panels.</summary>
    Panels,

    /// <summary>libtorch's products over tiles of expanded tokens: bfloat16 instructions, and narrow vectors.</summary>
    Library,
}
