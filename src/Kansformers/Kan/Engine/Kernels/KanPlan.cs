using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>What a layer's kernels need beside the parameters that they read at each call. Kept by the layer between calls.</summary>
/// <param name="inputs">The layer's inputs.</param>
/// <param name="functions">The basis functions of an input.</param>
/// <param name="parameters">How many parameters a row of <see cref="KernelParameters"/> has for this plan.</param>
internal abstract class KanPlan(int inputs, int functions, int parameters)
{
    /// <summary>The layer's inputs.</summary>
    public int Inputs { get; } = inputs;

    /// <summary>The expanded values of an input, without the base activation.</summary>
    public int Bases { get; } = functions;

    /// <summary>The parameters that the kernel reads.</summary>
    public int Parameters { get; } = parameters;

    /// <summary>The plan without what stands in front of it or behind: what is worth keeping.</summary>
    public virtual KanPlan Core => this;

    /// <summary>Whether a kernel knows more of an input (its knots) than the parameters that it reads for it.</summary>
    public virtual bool TellsInputsApart => true;

    /// <summary>The kernel for vectors of so many lanes.</summary>
    public IBasisKernel Kernel(KernelParameters parameters, int lanes) => lanes switch
    {
        16 => Kernel<Simd512>(parameters),
        8 => Kernel<Simd256>(parameters),
        _ => Kernel<Simd128>(parameters),
    };

    /// <summary>The kernel for vectors of one width.</summary>
    public abstract IBasisKernel Kernel<TSimd>(KernelParameters parameters)
        where TSimd : struct, ISimd<TSimd>;
}

/// <summary>A basis that is told a vector at a time.</summary>
internal sealed class BasisPlan<TBasis>(int inputs, TBasis basis) : KanPlan(inputs, basis.Functions, basis.Parameters)
    where TBasis : struct, IBasis
{
    /// <inheritdoc/>
    public override bool TellsInputsApart => false;

    /// <inheritdoc/>
    public override IBasisKernel Kernel<TSimd>(KernelParameters parameters) => new BasisKernel<TBasis, TSimd>(basis, parameters);
}

/// <summary>A basis behind the hyperbolic tangent.</summary>
internal sealed class TanhPlan(KanPlan basis) : KanPlan(basis.Inputs, basis.Bases, basis.Parameters)
{
    /// <inheritdoc/>
    public override KanPlan Core => basis.Core;

    /// <inheritdoc/>
    public override bool TellsInputsApart => basis.TellsInputsApart;

    /// <inheritdoc/>
    public override IBasisKernel Kernel<TSimd>(KernelParameters parameters) => new TanhKernel<TSimd>(basis.Kernel<TSimd>(parameters), basis.Parameters);
}

/// <summary>Functions that edges share.</summary>
internal sealed class SharedFunctionPlan(KanPlan basis, BaseActivation? activation) : KanPlan(basis.Inputs, 1, basis.Parameters + basis.Bases + (activation is null ? 0 : 1))
{
    /// <inheritdoc/>
    public override KanPlan Core => basis.Core;

    /// <inheritdoc/>
    public override bool TellsInputsApart => basis.TellsInputsApart;

    /// <inheritdoc/>
    public override IBasisKernel Kernel<TSimd>(KernelParameters parameters) =>
        new SharedFunctionKernel<TSimd>(basis.Kernel<TSimd>(parameters), basis.Bases, activation, parameters, basis.Parameters);
}
