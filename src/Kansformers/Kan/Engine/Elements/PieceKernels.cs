using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>Makes kernels of splines on uniform knots.</summary>
internal static class PieceKernels
{
    /// <summary>The kernel; null where the order has none.</summary>
    /// <param name="grid">The knots.</param>
    /// <param name="isContinued">Whether straight lines continue the splines.</param>
    /// <param name="frame">What stands around the splines, no tangent among it.</param>
    /// <param name="parameters">Per function the coefficients, then the base term's factor.</param>
    public static IElementKernel? Make<TSimd>(SplineGrid grid, bool isContinued, FunctionFrame frame, KernelParameters parameters)
        where TSimd : struct, ISimd<TSimd>
    {
        return grid.Order switch
        {
            2 => With<Order2>(),
            3 => With<Order3>(),
            4 => With<Order4>(),
            5 => With<Order5>(),
            _ => null,
        };

        IElementKernel With<TOrder>()
            where TOrder : struct, ISplineOrder
        {
            Maker<TOrder, TSimd> maker = new(new SplinePieces(grid, isContinued), isContinued, parameters, parameters.RowOf(frame.Inputs - 1) + 1);
            return frame.Activation is BaseActivation activation ? Activations.Meet<Maker<TOrder, TSimd>, IElementKernel>(activation, maker) : maker.With<NoBranch>();
        }
    }

    private readonly struct Maker<TOrder, TSimd>(SplinePieces pieces, bool isContinued, KernelParameters parameters, int functions) : IActivationVisitor<IElementKernel>
        where TOrder : struct, ISplineOrder
        where TSimd : struct, ISimd<TSimd>
    {
        public IElementKernel Visit<TActivation>()
            where TActivation : struct, IActivation => With<Branch<TActivation>>();

        public IElementKernel With<TBranch>()
            where TBranch : struct, IBranch => isContinued
                ? new PieceKernel<TOrder, ContinuesOutside, TBranch, TSimd>(pieces, parameters, functions)
                : new PieceKernel<TOrder, VanishesOutside, TBranch, TSimd>(pieces, parameters, functions);
    }
}
