using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>Least squares that never answer with NaN.</summary>
internal static class LeastSquares
{
    /// <summary>
    /// The minimum-norm solution X of min |A X - B|, batch by batch, for any rank of A, in double precision, with singular values below
    /// <paramref name="rcond"/> times the largest one taken as zero. (By singular values: the rank that libtorch's own solver, LAPACK's gelsy,
    /// finds is wrong for matrices with zero columns.)
    /// </summary>
    /// <param name="a">(batch, m, n), any floating type.</param>
    /// <param name="b">(batch, m, k).</param>
    /// <param name="rcond">The relative rank tolerance; null is float32's: ε · max(m, n).</param>
    /// <returns>(batch, n, k), double.</returns>
    public static Tensor Solve(Tensor a, Tensor b, double? rcond = null)
    {
        using var scope = NewDisposeScope();
        double tolerance = rcond ?? 1.1920929e-7 * Math.Max(a.shape[^1], a.shape[^2]);
        return linalg.pinv(a.to_type(ScalarType.Float64), rtol: tolerance).matmul(b.to_type(ScalarType.Float64)).MoveToOuterDisposeScope();
    }
}
