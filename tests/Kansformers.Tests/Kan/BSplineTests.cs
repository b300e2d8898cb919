using Kansformers.Kan;
using static TorchSharp.torch;

namespace Kansformers.Tests.Kan;

public class BSplineTests
{
    [Theory]
    [InlineData(1, 4)]
    [InlineData(2, 1)]
    [InlineData(3, 5)]
    [InlineData(5, 9)]
    public void Inside_the_grid_the_bases_are_not_negative_and_sum_to_one(int order, int size)
    {
        using var scope = NewDisposeScope();
        BSplineOptions options = new() { GridSize = size, SplineOrder = order };
        Tensor x = linspace(-1, 0.999, 101, dtype: ScalarType.Float64).unsqueeze(1);
        Tensor bases = BSpline.Bases(x, BSpline.UniformGrid(options, 1).to_type(ScalarType.Float64), order);
        Assert.Equal([101L, 1, size + order], bases.shape);
        Assert.True(bases.min().item<double>() >= -1e-12);
        Assert.InRange((bases.sum(-1) - 1).abs().max().item<double>(), 0, 1e-5);
    }

    [Fact]
    public void Intervals_are_closed_on_the_left_and_open_on_the_right()
    {
        using var scope = NewDisposeScope();
        Tensor grid = tensor([0f, 1, 2, 3, 4, 5]).unsqueeze(0); // order 1: hats at 1, 2, 3, 4
        Tensor bases = BSpline.Bases(tensor([0f, 2f, 5f, 5.5f, -0.1f]).unsqueeze(1), grid, 1).squeeze(1);
        Assert.Equal([0f, 0, 0, 0], bases[0].data<float>().ToArray());
        Assert.Equal([0f, 1, 0, 0], bases[1].data<float>().ToArray());
        Assert.Equal(0f, bases[2..].abs().sum().item<float>());
    }

    [Fact]
    public void Repeated_knots_count_their_empty_terms_as_zero()
    {
        using var scope = NewDisposeScope();
        Tensor grid = tensor([0f, 0, 0, 0, 1, 1, 1, 1]).unsqueeze(0); // the Bernstein polynomials of degree 3
        Tensor x = tensor([0f, 0.25f, 0.5f]).unsqueeze(1).requires_grad_();
        Tensor bases = BSpline.Bases(x, grid, 3);
        Assert.Equal([0.421875f, 0.421875f, 0.140625f, 0.015625f], bases[1, 0].data<float>().ToArray());
        bases.square().sum().backward();
        Assert.True(x.grad!.isfinite().all().item<bool>());
    }

    [Fact]
    public void Infinite_inputs_have_no_bases_and_NaN_inputs_have_NaN()
    {
        using var scope = NewDisposeScope();
        Tensor grid = BSpline.UniformGrid(new BSplineOptions(), 1);
        Tensor bases = BSpline.Bases(tensor([float.PositiveInfinity, float.NegativeInfinity, float.NaN, 0]).unsqueeze(1), grid, 3);
        Assert.Equal(0f, bases[..2].abs().sum().item<float>());
        Assert.True(bases[2].isnan().all().item<bool>());
        Assert.Equal(1f, bases[3].sum().item<float>(), 1e-6f);
    }

    [Theory]
    [InlineData(0, 1e-40)]
    [InlineData(-1e-38, 1e-38)]
    [InlineData(-1e-30, 1e-30)]
    [InlineData(0, 1e-44)]
    [InlineData(-1, 1)]
    [InlineData(-1e30, 1e30)]
    [InlineData(-1e37, 1e37)]
    public void Grids_and_inputs_of_any_size_agree_with_the_float64_reference(double low, double high)
    {
        foreach (int order in (int[])[1, 3, 5])
        {
            foreach (int size in (int[])[3, 30])
            {
                if (high <= 1e-44 && size > 3)
                    continue;
                using var scope = NewDisposeScope();
                using KanLinear layer = new(9, 4, new BSplineOptions { GridLow = low, GridHigh = high, SplineOrder = order, GridSize = size });
                using var guard = no_grad();
                layer.BaseWeight!.zero_();
                layer.Coefficients.normal_();
                Tensor inside = (rand(40, 9, dtype: ScalarType.Float64) * (high - low) + low).to_type(ScalarType.Float32);
                Tensor any = tensor([0f, 1, -1, 1e-45f, 1e-38f, -1e38f, 3.4e38f, float.PositiveInfinity, float.NaN]).expand(9, 9).triu();
                Tensor x = cat([inside, any]);
                EngineCheck.Agrees(layer, x, 2e-5, gradients: false);
                layer.UseReference = true;
                EngineCheck.Agrees(layer, x, 2e-5, gradients: false);
            }
        }
    }

    [Fact]
    public void Knots_of_very_different_distances_leave_finite_inputs_finite()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using KanLinear layer = new(4, 2, new BSplineOptions { GridSize = 3 });
        layer.BaseWeight!.zero_();
        layer.Grid!.copy_(tensor([-1f, 0, 1e-38f, 1e-30f, 1e-10f, 1, 2, 1e10f, 1e20f, 1e30f]).expand(4, 10));
        Tensor x = tensor([0f, 1, 1e-39f, 1e-20f, 5, -5, 1e15f, 1e29f, 3e38f, -3e38f]).unsqueeze(1).expand(10, 4);
        EngineCheck.Agrees(layer, x, 1e-5, gradients: false);
        layer.UseReference = true;
        EngineCheck.Agrees(layer, x, 1e-5, gradients: false);
    }

    [Theory]
    [InlineData(-3e38, 3e38)]
    [InlineData(-1e300, 1e300)]
    [InlineData(-1e308, 1.7e308)]
    [InlineData(0, 1e39)]
    [InlineData(3e38, 3.1e38)]
    [InlineData(1, 1 + 1e-12)]
    [InlineData(0, 1e-60)]
    [InlineData(0, double.NaN)]
    public void Ranges_that_float32_cannot_divide_are_refused_by_name(double low, double high) =>
        Assert.Contains("grid range is", Assert.Throws<KansformersException>(() => new KanLinear(3, 2, new BSplineOptions { GridLow = low, GridHigh = high })).Message, StringComparison.Ordinal);

    [Fact]
    public void Shapes_that_do_not_fit_are_refused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => BSpline.Bases(zeros(4, 3), zeros(2, 12), 3));
        Assert.Throws<ArgumentException>(() => BSpline.Bases(zeros(4, 2), zeros(2, 6), 3));
    }
}
