namespace Kansformers.Kan;

/// <summary>A kernel whose expansion of an input is one value, which it computes together with its derivative.</summary>
internal unsafe interface IFunctionKernel : IBasisKernel
{
    /// <summary>As <see cref="IBasisKernel.Contract"/>, and then as <see cref="IBasisKernel.Expand"/> in the place of the gradient.</summary>
    /// <param name="first">The first input.</param>
    /// <param name="x">(rows, panel).</param>
    /// <param name="rows">How many inputs.</param>
    /// <param name="gradient">(rows, panel): the gradient of the function's values, overwritten by the values.</param>
    /// <param name="dx">(rows, panel), overwritten.</param>
    /// <param name="sums">What has been added up for the parameters' gradients, or null.</param>
    void Replace(int first, float* x, int rows, float* gradient, float* dx, float* sums);

    /// <summary>Makes the gradients of the parameters of what <see cref="Replace"/> added up.</summary>
    /// <param name="first">The first input.</param>
    /// <param name="rows">How many inputs.</param>
    /// <param name="sums">The sums.</param>
    void Finish(int first, int rows, float* sums);
}
