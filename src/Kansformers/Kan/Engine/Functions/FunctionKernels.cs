using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>What stands around a shared function.</summary>
/// <param name="Activation">The activation of the function's base term, or null.</param>
/// <param name="IsBehindTanh">Whether the basis sees the hyperbolic tangent of the input.</param>
/// <param name="Inputs">The layer's inputs.</param>
internal readonly record struct FunctionFrame(BaseActivation? Activation, bool IsBehindTanh, int Inputs);

/// <summary>Makes kernels of shared functions.</summary>
internal static unsafe class FunctionKernels
{
    /// <summary>The kernel, or null where the function cannot be computed with these parameters.</summary>
    /// <param name="function">The function.</param>
    /// <param name="frame">What stands around it.</param>
    /// <param name="parameters">Per row those of the function, then the base term's factor.</param>
    public static IBasisKernel? Make<TFunction, TSimd>(TFunction function, FunctionFrame frame, KernelParameters parameters)
        where TFunction : struct, ISharedFunction
        where TSimd : struct, ISimd<TSimd>
    {
        int rows = parameters.RowOf(frame.Inputs - 1) + 1, width = function.Constants + 1;
        float[] constants = new float[rows * width];
        fixed (float* table = constants)
        {
            for (int row = 0; row < rows; row++)
            {
                float* own = parameters.Row(row);
                if (!function.Prepare(own, table + row * width))
                    return null;
                if (frame.Activation is not null)
                    table[row * width + width - 1] = own[function.Parameters];
            }
        }

        return TSimd.Count == Simd512Pair.SumLanes && function.IsPaired ? With<Simd512Pair>() : With<TSimd>();

        IBasisKernel With<TVector>()
            where TVector : struct, ISimd<TVector>
        {
            Maker<TFunction, TVector> maker = new(function, parameters, constants, frame.IsBehindTanh);
            return frame.Activation is BaseActivation activation ? Activations.Meet<Maker<TFunction, TVector>, IBasisKernel>(activation, maker) : maker.With<NoBranch>();
        }
    }

    private readonly struct Maker<TFunction, TSimd>(TFunction function, KernelParameters parameters, float[] constants, bool isBehindTanh) : IActivationVisitor<IBasisKernel>
        where TFunction : struct, ISharedFunction
        where TSimd : struct, ISimd<TSimd>
    {
        public IBasisKernel Visit<TActivation>()
            where TActivation : struct, IActivation => With<Branch<TActivation>>();

        public IBasisKernel With<TBranch>()
            where TBranch : struct, IBranch => isBehindTanh
                ? new FunctionKernel<TFunction, TanhFront, TBranch, TSimd>(function, parameters, constants)
                : new FunctionKernel<TFunction, NoFront, TBranch, TSimd>(function, parameters, constants);
    }
}

/// <summary>A basis, and the functions that its coefficients make of it.</summary>
/// <param name="inputs">The layer's inputs.</param>
/// <param name="basis">The basis.</param>
/// <param name="function">The function that edges share.</param>
internal sealed class BasisPlan<TBasis, TFunction>(int inputs, TBasis basis, TFunction function) : KanPlan(inputs, basis.Functions, basis.Parameters)
    where TBasis : struct, IBasis
    where TFunction : struct, ISharedFunction
{
    /// <inheritdoc/>
    public override IBasisKernel Kernel<TSimd>(KernelParameters parameters) => new BasisKernel<TBasis, TSimd>(basis, parameters);

    /// <inheritdoc/>
    public override IBasisKernel SharedKernel<TSimd>(KernelParameters parameters, FunctionFrame frame) =>
        FunctionKernels.Make<TFunction, TSimd>(function, frame, parameters) ?? base.SharedKernel<TSimd>(parameters, frame);
}

/// <summary>Functions that are no basis with coefficients.</summary>
/// <param name="inputs">The layer's inputs.</param>
/// <param name="function">The function, one that all parameters allow.</param>
internal sealed class FunctionPlan<TFunction>(int inputs, TFunction function) : KanPlan(inputs, functions: 1, function.Parameters)
    where TFunction : struct, ISharedFunction
{
    /// <inheritdoc/>
    public override IBasisKernel Kernel<TSimd>(KernelParameters parameters) => SharedKernel<TSimd>(parameters, new FunctionFrame(null, false, Inputs));

    /// <inheritdoc/>
    public override IBasisKernel SharedKernel<TSimd>(KernelParameters parameters, FunctionFrame frame) =>
        FunctionKernels.Make<TFunction, TSimd>(function, frame, parameters) ?? throw new InvalidOperationException("the function refuses its parameters");
}
