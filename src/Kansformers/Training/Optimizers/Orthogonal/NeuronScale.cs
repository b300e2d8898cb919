using Kansformers.Kan;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>
/// Evens out the rows of an orthogonal step, each of which belongs to a neuron (Li et al., "NorMuon: Making Muon more efficient and scalable", 2025): rows are
/// divided by the root of the running mean of their squares, and the whole is brought back to the norm that it had.
/// </summary>
/// <remarks>v = β v + (1 - β) mean(O²) for each row; O' = O / √v; O'' = O' |O| / |O'|. The correction of v's first steps is the same for all rows, and cancels.</remarks>
internal static unsafe class NeuronScale
{
    /// <summary>What each row of a step is multiplied by.</summary>
    /// <param name="squares">v, a value for each row; advanced.</param>
    /// <param name="beta">β, 0 to below 1.</param>
    /// <param name="step">The rows of O, <paramref name="stride"/> values apart.</param>
    /// <param name="columns">The values of a row.</param>
    /// <param name="stride">From row to row.</param>
    /// <param name="factors">Gets the factor of each row.</param>
    public static void Advance(float* squares, double beta, float* step, int columns, int stride, Span<float> factors)
    {
        double before = 0, after = 0;
        for (int row = 0; row < factors.Length; row++)
        {
            float* values = step + (nint)row * stride;
            double square = RowProducts.Dot(values, values, columns);
            squares[row] = (float)(beta * squares[row] + (1 - beta) * square / columns);
            factors[row] = squares[row] > 0 ? 1 / MathF.Sqrt(squares[row]) : 0; // where all that was seen is zeros
            before += square;
            after += square * factors[row] * factors[row];
        }

        float whole = after > 0 ? (float)Math.Sqrt(before / after) : 0;
        foreach (ref float factor in factors)
            factor *= whole;
    }

    /// <summary>The step of a matrix of zeros.</summary>
    public static void Fade(float* squares, double beta, int rows)
    {
        for (int row = 0; row < rows; row++)
            squares[row] *= (float)beta;
    }

    /// <summary>The same by torch's operations.</summary>
    /// <param name="squares">v, (matrices, rows, 1); advanced.</param>
    /// <param name="beta">β, 0 to below 1.</param>
    /// <param name="step">O, (matrices, rows, columns).</param>
    /// <returns>O'', of the same shape.</returns>
    public static Tensor Apply(Tensor squares, double beta, Tensor step)
    {
        using var scope = NewDisposeScope();
        squares.mul_(beta).add_(step.square().mean([2L], keepdim: true), alpha: 1 - beta);
        Tensor even = step * squares.rsqrt().masked_fill(squares == 0, 0);
        Tensor norm = Norm(even);
        return (even * (Norm(step) / norm.masked_fill(norm == 0, 1))).MoveToOuterDisposeScope();

        static Tensor Norm(Tensor of) => of.square().sum([1L, 2L], keepdim: true).sqrt();
    }
}
