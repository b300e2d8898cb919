namespace Kansformers.Kan;

/// <summary>Values that one function is applied to: rows of a matrix, or a part of their columns.</summary>
/// <param name="Rows">How many rows.</param>
/// <param name="Length">The values of a row.</param>
/// <param name="From">From a row of inputs to the next.</param>
/// <param name="To">From a row of whatever else to the next.</param>
internal readonly record struct ElementRun(int Rows, int Length, nint From, nint To);

/// <summary>Functions that are applied value by value, each to a run of them.</summary>
internal unsafe interface IElementKernel
{
    /// <summary>Whether the rows of a run must be channels, since each has something of its own: the r-th of a function's channels is the r-th row.</summary>
    bool IsByChannel => false;

    /// <summary>The learned numbers of a function.</summary>
    int Parameters { get; }

    /// <summary>The floats in which the gradients of a function's parameters add up.</summary>
    int SumFloats { get; }

    /// <summary>y = φ(x), and where wanted φ'(x).</summary>
    /// <param name="function">Which function.</param>
    /// <param name="run">The values.</param>
    /// <param name="x">The inputs.</param>
    /// <param name="y">Overwritten.</param>
    /// <param name="slope">Overwritten; null when not wanted.</param>
    void Values(int function, ElementRun run, float* x, float* y, float* slope);

    /// <summary>Adds upstream · ∂φ(x)/∂p over the run, for every parameter p, in the form that <see cref="Finish"/> reads.</summary>
    /// <param name="function">Which function.</param>
    /// <param name="run">The values.</param>
    /// <param name="x">The inputs.</param>
    /// <param name="upstream">The gradient of the values.</param>
    /// <param name="sums">(<see cref="SumFloats"/>).</param>
    void Sums(int function, ElementRun run, float* x, float* upstream, float* sums);

    /// <summary>The gradients that sums come to.</summary>
    /// <param name="function">Which function.</param>
    /// <param name="sums">(<see cref="SumFloats"/>); their content is lost.</param>
    /// <param name="gradient">(<see cref="Parameters"/>), overwritten.</param>
    void Finish(int function, float* sums, float* gradient);
}
