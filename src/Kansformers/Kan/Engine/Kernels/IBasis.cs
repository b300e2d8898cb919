using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>A basis a vector at a time: what a kind's file says of its maths. The loops around it are <see cref="BasisKernel{TBasis, TSimd}"/>.</summary>
internal unsafe interface IBasis
{
    /// <summary>The number of basis functions.</summary>
    int Functions { get; }

    /// <summary>The number of parameters.</summary>
    int Parameters { get; }

    /// <summary>Writes B_c(x), c = 0, 1, ...</summary>
    /// <param name="x">An input of as many tokens as there are lanes.</param>
    /// <param name="parameters">The basis' parameters.</param>
    /// <param name="to">Where the first function's values go.</param>
    /// <param name="stride">From a function's values to the next one's.</param>
    void Expand<TSimd>(TSimd x, float* parameters, float* to, nint stride)
        where TSimd : struct, ISimd<TSimd>;

    /// <summary>Σ_c gradient_c · B_c'(x); and adds Σ_c gradient_c · ∂B_c/∂p_j to the sums of each parameter j.</summary>
    /// <param name="x">An input of as many tokens as there are lanes.</param>
    /// <param name="parameters">The basis' parameters.</param>
    /// <param name="gradient">The gradient of the first function's values.</param>
    /// <param name="stride">From a function's gradient to the next one's.</param>
    /// <param name="sums">(parameters, lanes); null when not wanted.</param>
    TSimd Contract<TSimd>(TSimd x, float* parameters, float* gradient, nint stride, float* sums)
        where TSimd : struct, ISimd<TSimd>;
}
