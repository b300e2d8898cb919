namespace Kansformers.Inspection;

/// <summary>Which of a layer's functions: that of an edge, from an input to an output, or one that a channel or a group of channels has.</summary>
/// <param name="Index">Of an edge the input, else the number of the shared function, from 0.</param>
/// <param name="Output">Of an edge the output, from 0; null for a function that edges share.</param>
public readonly record struct FunctionPlace(int Index, int? Output = null)
{
    /// <inheritdoc/>
    public override string ToString() => Output is int output ? FormattableString.Invariant($"{Index} to {output}") : FormattableString.Invariant($"{Index}");
}

/// <summary>Which part of a function.</summary>
public enum CurvePart
{
    /// <summary>All of it.</summary>
    Whole,

    /// <summary>What the basis gives: Σ_c coefficient[c] · B_c.</summary>
    Spline,

    /// <summary>The base activation with its factor.</summary>
    Base,
}
