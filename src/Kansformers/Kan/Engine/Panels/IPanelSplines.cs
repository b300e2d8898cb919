namespace Kansformers.Kan;

/// <summary>Splines that also work on panels, where a row is one input of a panel of tokens: SIMD then runs over tokens.</summary>
internal unsafe interface IPanelSplines : ISplineKernel
{
    /// <summary>to[i, c, t] = B_c(x[i, t]) with the knots of input first + i.</summary>
    /// <param name="first">The first input.</param>
    /// <param name="x">(rows, panel).</param>
    /// <param name="rows">How many inputs.</param>
    /// <param name="to">The first basis of the first input; its bases follow, a panel each.</param>
    /// <param name="stride">From an input of <paramref name="to"/> to the next.</param>
    void Expand(int first, float* x, int rows, float* to, nint stride);

    /// <summary>dx[i, t] = Σ_c gradient[i, c, t] · B_c'(x[i, t]).</summary>
    /// <param name="first">The first input.</param>
    /// <param name="x">(rows, panel).</param>
    /// <param name="rows">How many inputs.</param>
    /// <param name="gradient">The gradient of the first basis of the first input.</param>
    /// <param name="stride">From an input of <paramref name="gradient"/> to the next.</param>
    /// <param name="dx">(rows, panel), overwritten.</param>
    void Contract(int first, float* x, int rows, float* gradient, nint stride, float* dx);
}
