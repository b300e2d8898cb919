using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>
/// A function that many edges share, a vector at a time and in registers: what a basis and its coefficients come to without the basis in memory. The loops
/// around it are <see cref="FunctionKernel{TFunction, TFront, TBranch, TSimd}"/>. A basis without one is combined by <see cref="SharedFunctionKernel{TSimd}"/>.
/// </summary>
internal unsafe interface ISharedFunction
{
    /// <summary>The number of parameters: the basis' own, then the coefficients.</summary>
    int Parameters { get; }

    /// <summary>The number of constants that the loops read instead of the parameters.</summary>
    int Constants { get; }

    /// <summary>Whether the loops go two vectors of 512 bits at a time: not where that is too much for the compiler to inline.</summary>
    bool IsPaired { get; }

    /// <summary>Works the constants out.</summary>
    /// <param name="parameters">The parameters of one function.</param>
    /// <param name="constants">Its constants, to be written.</param>
    /// <returns>Whether the function can be computed so; where not, the basis is expanded.</returns>
    bool Prepare(float* parameters, float* constants);

    /// <summary>φ(x).</summary>
    TSimd Value<TSimd>(TSimd x, float* constants)
        where TSimd : struct, ISimd<TSimd>;

    /// <summary>φ(x) and its derivative; and adds what upstream · ∂φ/∂p_j is made of to the sums of each parameter j.</summary>
    /// <param name="x">An input of as many tokens as there are lanes.</param>
    /// <param name="upstream">The gradient of φ(x).</param>
    /// <param name="constants">The function's constants.</param>
    /// <param name="sums">(parameters, lanes), what <see cref="Finish"/> makes gradients of; null when not wanted.</param>
    /// <param name="derivative">φ'(x).</param>
    TSimd Value<TSimd>(TSimd x, TSimd upstream, float* constants, float* sums, out TSimd derivative)
        where TSimd : struct, ISimd<TSimd>;

    /// <summary>Makes gradients of the sums: what all tokens have in common, once for all of them.</summary>
    /// <param name="constants">The function's constants.</param>
    /// <param name="sums">(parameters, lanes).</param>
    /// <param name="lanes">Over how many lanes they are spread.</param>
    void Finish(float* constants, float* sums, int lanes);
}
