namespace Kansformers.Kan;

/// <summary>
/// Expands rows of inputs into rows of spline bases and contracts gradients with the bases' derivatives, for products of libtorch's and for single tokens.
/// A row of the expansion is basis-major: all inputs' first basis, then all inputs' second, ...; SIMD then runs over the inputs.
/// </summary>
internal unsafe interface IRowKernel
{
    /// <summary>to[r, c, i] = B_c(x[r, i]).</summary>
    /// <param name="x">Inputs, rows of <c>in</c> values.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="to">The first basis of the first row.</param>
    /// <param name="stride">From a row of <paramref name="to"/> to the next.</param>
    void Expand(float* x, int rows, float* to, nint stride);

    /// <summary>dx[r, i] = Σ_c gradient[r, c, i] · B_c'(x[r, i]).</summary>
    /// <param name="x">Inputs, rows of <c>in</c> values.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="gradient">The gradient of the first basis of the first row.</param>
    /// <param name="stride">From a row of <paramref name="gradient"/> to the next.</param>
    /// <param name="dx">Rows of <c>in</c> values, overwritten.</param>
    void Contract(float* x, int rows, float* gradient, nint stride, float* dx);
}
