using Kansformers.Kan;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Tests.Kan;

public class GridUpdateTests
{
    public GridUpdateTests()
    {
        LibTorch.Load();
        random.manual_seed(3);
    }

    public static TheoryData<string> Samples => ["uniform", "normal", "few", "one", "constant column", "gap", "far away", "huge", "huge constant", "scaler of zero"];

    [Theory]
    [MemberData(nameof(Samples))]
    public void The_layer_computes_after_an_update_what_it_computed_before(string kind)
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = new(6, 5);
        using var guard = no_grad();
        Tensor x = kind switch
        {
            "uniform" => rand(300, 6) * 2 - 1,
            "few" => randn(5, 6),
            "one" => randn(1, 6),
            "constant column" => cat([randn(200, 5) * 0.5, full([200, 1], 0.3f)], 1),
            "gap" => cat([rand(50, 6) * 0.1 - 0.9, rand(50, 6) * 0.1 + 0.8]), // knot intervals without a sample
            "far away" => randn(200, 6) * 5 + 100,
            "huge" => randn(200, 6) * 1e7f,
            "huge constant" => full([64, 6], 3e7f),
            _ => randn(300, 6),
        };
        if (kind == "scaler of zero")
            layer.Scaler!.zero_();
        Tensor before = layer.forward(x);
        for (int update = 0; update < 3; update++)
        {
            Tensor last = layer.forward(x);
            GridUpdateReport report = layer.UpdateGrid(x);
            Tensor now = layer.forward(x);
            float scale = Math.Max(1, last.abs().max().item<float>());
            Assert.InRange((now - last).abs().max().item<float>(), 0, 1e-4f * scale);
            Assert.InRange(report.Moved, 1e-9, 1);
        }

        Assert.True(layer.Coefficients.isfinite().all().item<bool>());
        Assert.True(layer.Grid!.isfinite().all().item<bool>());
        Assert.True((layer.Grid![.., 1..] > layer.Grid![.., ..^1]).all().item<bool>());
    }

    [Fact]
    public void Without_a_limit_the_grid_goes_all_the_way_to_the_samples()
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = new(4, 3, new BSplineOptions { GridTolerance = double.PositiveInfinity });
        Tensor x = randn(500, 4) * 2 + 1;
        Assert.True(layer.OutsideShare(x) > 0.3);
        GridUpdateReport report = layer.UpdateGrid(x);
        Assert.Equal(1, report.Moved);
        Assert.Equal(0, layer.OutsideShare(x));
        Assert.InRange(report.Change, 0, 0.05); // the least-squares residue of noise on other knots
    }

    [Fact]
    public void A_smooth_function_survives_a_move_of_the_whole_grid()
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = new(3, 2, new BSplineOptions { GridSize = 20, GridTolerance = double.PositiveInfinity });
        using var guard = no_grad();
        Tensor points = linspace(-1, 0.999, 200).unsqueeze(1).expand(200, 3); // where the bases are complete
        layer.Coefficients.copy_(layer.Curve2Coefficients(points, (points * 2).sin().unsqueeze(-1).expand(200, 3, 2)));
        Tensor x = rand(1000, 3) * 1.6 - 0.8;
        Tensor before = layer.forward(x);
        Assert.Equal(1, layer.UpdateGrid(x).Moved);
        Assert.InRange((layer.forward(x) - before).abs().max().item<float>(), 0, 1e-4);
    }

    [Fact]
    public void Samples_of_any_leading_shape_count_the_same()
    {
        using var scope = NewDisposeScope();
        using KanLinear flat = new(4, 3), deep = new(4, 3);
        deep.load_state_dict(flat.state_dict());
        Tensor x = randn(60, 4);
        flat.UpdateGrid(x);
        deep.UpdateGrid(x.view(3, 4, 5, 4));
        Assert.True(flat.Grid!.eq(deep.Grid!).all().item<bool>());
        Assert.True(flat.Coefficients.eq(deep.Coefficients).all().item<bool>());
    }

    [Fact]
    public void Broken_samples_are_refused_and_leave_the_layer_alone()
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = new(4, 3);
        Tensor grid = layer.Grid!.clone(), weight = layer.Coefficients.clone();
        Tensor x = randn(10, 4);
        x[3, 1] = float.NaN;
        x[4, 1] = float.PositiveInfinity;
        Assert.Contains("2 of the 40", Assert.Throws<ArgumentException>(() => layer.UpdateGrid(x)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => layer.UpdateGrid(zeros(0, 4)));
        Assert.Throws<ArgumentException>(() => layer.UpdateGrid(zeros(2, 3)));
        Assert.Throws<ArgumentException>(() => layer.UpdateGrid(zeros(2, 4), margin: -1));
        Assert.True(layer.Grid!.eq(grid).all().item<bool>() && layer.Coefficients.eq(weight).all().item<bool>());
    }

    [Fact]
    public void The_originals_rule_changes_the_function_and_ours_does_not()
    {
        using var scope = NewDisposeScope();
        using KanLinear original = new(4, 3, new BSplineOptions { GridUpdate = GridUpdateRule.Original }), ours = new(4, 3);
        using var guard = no_grad();
        original.Coefficients.normal_();
        ours.load_state_dict(original.state_dict());
        Tensor x = rand(200, 4) * 2 - 1;
        Assert.True(original.UpdateGrid(x).Change > 0.05);
        Assert.True(ours.UpdateGrid(x).Change < 1e-4);
    }

    [Theory]
    [InlineData(256, 9, new long[] { 0, 31, 63, 95, 127, 158, 190, 222, 255 })] // as the golden file of grid size 8 has them
    [InlineData(256, 5, new long[] { 0, 63, 127, 191, 255 })]
    [InlineData(256, 6, new long[] { 0, 51, 102, 153, 204, 255 })]
    [InlineData(1, 6, new long[] { 0, 0, 0, 0, 0, 0 })]
    public void Quantiles_are_taken_at_the_originals_places(long samples, int count, long[] places) =>
        Assert.Equal(places, GridTarget.QuantilePlaces(samples, count));
}
