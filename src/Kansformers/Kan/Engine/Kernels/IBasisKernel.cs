namespace Kansformers.Kan;

/// <summary>
/// Expands inputs in a basis, and contracts gradients with the derivatives of the basis. It works on panels of tokens: a row is one input of as many tokens as
/// two vectors hold, so that SIMD runs over tokens and all lanes have the same centres, knots or coefficients.
/// </summary>
internal unsafe interface IBasisKernel
{
    /// <summary>to[i, c, t] = B_c(x[i, t]) of input first + i.</summary>
    /// <param name="first">The first input.</param>
    /// <param name="x">(rows, panel).</param>
    /// <param name="rows">How many inputs.</param>
    /// <param name="to">The first basis function of the first input; its others follow, a panel each.</param>
    /// <param name="stride">From an input of <paramref name="to"/> to the next.</param>
    void Expand(int first, float* x, int rows, float* to, nint stride);

    /// <summary>dx[i, t] = Σ_c gradient[i, c, t] · B_c'(x[i, t]); and where wanted the gradients of the basis' own parameters.</summary>
    /// <param name="first">The first input.</param>
    /// <param name="x">(rows, panel).</param>
    /// <param name="rows">How many inputs.</param>
    /// <param name="gradient">The gradient of the first basis function of the first input.</param>
    /// <param name="stride">From an input of <paramref name="gradient"/> to the next.</param>
    /// <param name="dx">(rows, panel), overwritten.</param>
    /// <param name="sums">The parameters' gradients so far, (rows, parameters, lanes), added to; the lanes are summed at the end. Null when not wanted.</param>
    void Contract(int first, float* x, int rows, float* gradient, nint stride, float* dx, float* sums);
}
