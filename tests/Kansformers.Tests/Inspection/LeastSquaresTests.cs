using Kansformers.Inspection;
using Kansformers.Numerics;
using static TorchSharp.torch;

namespace Kansformers.Tests.Inspection;

public class LeastSquaresTests
{
    [Theory]
    [InlineData(20, 5, 5)]
    [InlineData(5, 9, 5)]
    [InlineData(20, 8, 3)]
    [InlineData(6, 6, 0)]
    public void The_shortest_solution_is_that_of_the_pseudoinverse(int rows, int columns, int rank)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        random.manual_seed(1);
        Tensor a = rank == 0 ? zeros(rows, columns, dtype: ScalarType.Float64) : randn(rows, rank, dtype: ScalarType.Float64).matmul(randn(rank, columns, dtype: ScalarType.Float64));
        Tensor b = randn(rows, 2, dtype: ScalarType.Float64), wanted = linalg.pinv(a).matmul(b);
        double[] x = LeastSquares.Solve(a.t().contiguous().data<double>().ToArray(), columns, b.t().contiguous().data<double>().ToArray(), out int found);
        Assert.Equal(rank, found);
        Assert.True((tensor(x).view(2, columns).t() - wanted).abs().max().item<double>() < 1e-11);
    }
}
