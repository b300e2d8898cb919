namespace Kansformers.Kan;

/// <summary>Two functions of the same values, computed together: what they have in common is computed once.</summary>
internal unsafe interface IElementPair
{
    /// <summary>The floats in which the gradients of both functions' parameters add up.</summary>
    int SumFloats { get; }

    /// <summary>The values of both, and where wanted their derivatives.</summary>
    /// <param name="function">Which functions.</param>
    /// <param name="run">The values.</param>
    /// <param name="x">The inputs.</param>
    /// <param name="to">Where values and derivatives go; the derivatives' places are null when not wanted.</param>
    void Values(int function, ElementRun run, float* x, in GateRows to);

    /// <summary>Adds to the sums of both.</summary>
    /// <param name="function">Which functions.</param>
    /// <param name="run">The values.</param>
    /// <param name="x">The inputs.</param>
    /// <param name="from">Where the gradients of both values are.</param>
    /// <param name="sums">(<see cref="SumFloats"/>).</param>
    void Sums(int function, ElementRun run, float* x, in GateRows from, float* sums);

    /// <summary>As <see cref="IElementKernel.Reduce"/>, for both.</summary>
    /// <param name="sums">(<see cref="SumFloats"/>); their content is lost.</param>
    /// <param name="first">The first function's, overwritten.</param>
    /// <param name="second">The second function's, overwritten.</param>
    void Reduce(float* sums, float* first, float* second);
}
