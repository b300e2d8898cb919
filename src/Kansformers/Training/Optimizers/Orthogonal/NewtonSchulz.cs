using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>
/// Makes matrices nearly orthogonal: of U = Q S Rᵀ it gives Q S' Rᵀ with singular values S' near 1 (0.68 to 1.16, where those of U are not too small beside its
/// norm). Five steps of X = a X + (b A + c A²) X with A = X Xᵀ, from X = U / |U|, and Jordan's coefficients, which are steep at 0 instead of exact at 1.
/// </summary>
internal static class NewtonSchulz
{
    /// <summary>The steps.</summary>
    public const int Steps = 5;

    /// <summary>The coefficients of X, X Xᵀ X and (X Xᵀ)² X.</summary>
    public const double A = 3.4445, B = -4.7750, C = 2.0315;

    /// <summary>By torch's operations, on any device.</summary>
    /// <param name="matrices">(matrices, rows, columns). One of zeros stays zero.</param>
    /// <returns>The same shape.</returns>
    public static Tensor Orthogonalize(Tensor matrices)
    {
        using var scope = NewDisposeScope();
        bool isTall = matrices.shape[1] > matrices.shape[2];
        Tensor norm = matrices.square().sum([1L, 2L], keepdim: true).sqrt();
        Tensor x = matrices / norm.masked_fill(norm == 0, 1); // any scale of the gradient gives the same
        if (isTall)
            x = x.transpose(1, 2);
        for (int step = 0; step < Steps; step++)
        {
            Tensor gram = x.matmul(x.transpose(1, 2));
            x = x * A + (gram * B + gram.matmul(gram) * C).matmul(x);
        }

        return (isTall ? x.transpose(1, 2).contiguous() : x).MoveToOuterDisposeScope();
    }
}
