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

    /// <summary>The kernel of functions that edges share: unless a plan knows better, the basis is expanded and combined.</summary>
    /// <param name="parameters">Per row the basis' own, the coefficients, and where there is a base term its factor.</param>
    /// <param name="frame">What stands around the basis.</param>
    public virtual IBasisKernel SharedKernel<TSimd>(KernelParameters parameters, FunctionFrame frame)
        where TSimd : struct, ISimd<TSimd>
    {
        IBasisKernel basis = Kernel<TSimd>(parameters);
        return new SharedFunctionKernel<TSimd>(frame.IsBehindTanh ? new TanhKernel<TSimd>(basis, Parameters) : basis, Bases, frame.Activation, parameters, Parameters);
    }

    /// <summary>The same functions value by value; null where they are computed in panels only.</summary>
    /// <param name="parameters">As for <see cref="SharedKernel"/>.</param>
    /// <param name="frame">What stands around the basis.</param>
    public virtual IElementKernel? Elements<TSimd>(KernelParameters parameters, FunctionFrame frame)
        where TSimd : struct, ISimd<TSimd> => SharedKernel<TSimd>(parameters, frame) as IElementKernel;
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

    /// <inheritdoc/>
    public override IBasisKernel SharedKernel<TSimd>(KernelParameters parameters, FunctionFrame frame) =>
        basis.SharedKernel<TSimd>(parameters, frame with { IsBehindTanh = true });

    /// <inheritdoc/>
    public override IElementKernel? Elements<TSimd>(KernelParameters parameters, FunctionFrame frame) =>
        basis.Elements<TSimd>(parameters, frame with { IsBehindTanh = true });
}

/// <summary>Functions that edges share.</summary>
/// <param name="basis">The basis.</param>
/// <param name="activation">The activation of the base term, or null.</param>
/// <param name="coefficients">How many coefficients combine the basis: none where it is a function of its own.</param>
internal sealed class SharedFunctionPlan(KanPlan basis, BaseActivation? activation, int coefficients)
    : KanPlan(basis.Inputs, 1, basis.Parameters + coefficients + (activation is null ? 0 : 1))
{
    /// <inheritdoc/>
    public override KanPlan Core => basis.Core;

    /// <inheritdoc/>
    public override bool TellsInputsApart => basis.TellsInputsApart;

    /// <inheritdoc/>
    public override IBasisKernel Kernel<TSimd>(KernelParameters parameters) =>
        basis.SharedKernel<TSimd>(parameters, new FunctionFrame(activation, false, basis.Inputs));
}
