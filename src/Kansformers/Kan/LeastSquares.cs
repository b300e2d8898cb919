using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>Least squares that never answer with NaN.</summary>
internal static class LeastSquares
{
    /// <summary>
    /// The minimum-norm solution X of min |A X - B|, batch by batch, for any rank of A: QR with column pivoting (LAPACK's gelsy), in double precision,
    /// with singular values below <paramref name="rcond"/> times the largest one taken as zero.
    /// </summary>
    /// <param name="a">(batch, m, n), any floating type.</param>
    /// <param name="b">(batch, m, k).</param>
    /// <param name="rcond">The relative rank tolerance; null is float32's: ε · max(m, n).</param>
    /// <returns>(batch, n, k), double.</returns>
    public static Tensor Solve(Tensor a, Tensor b, double? rcond = null)
    {
        using var scope = NewDisposeScope();
        double tolerance = rcond ?? 1.1920929e-7 * Math.Max(a.shape[^1], a.shape[^2]);
        Tensor wide = a.to_type(ScalarType.Float64).cpu(), right = b.to_type(ScalarType.Float64).cpu();
        return linalg.lstsq(wide, right, tolerance).Solution.to(a.device).MoveToOuterDisposeScope();
    }
}
