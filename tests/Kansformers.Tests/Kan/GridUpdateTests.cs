using Kansformers.Kan;
using static TorchSharp.torch;

namespace Kansformers.Tests.Kan;

public class GridUpdateTests
{
    public GridUpdateTests()
    {
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

    [Theory]
    [InlineData(1, 1, 5, 3)]
    [InlineData(4, 3, 5, 3)]
    [InlineData(4, 3, 20, 3)]
    [InlineData(4, 3, 8, 1)]
    [InlineData(4, 3, 8, 5)]
    [InlineData(16, 8, 5, 2)]
    public void Samples_from_two_places_by_turns_do_not_wear_the_function_away(int from, int to, int size, int order)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using KanLinear layer = new(from, to, new BSplineOptions { GridSize = size, SplineOrder = order });
        layer.Coefficients.normal_();
        Tensor at = cat([linspace(-1, 0.9999, 300).unsqueeze(1).expand(300, from), rand(1000, from) * 2 - 1]), first = layer.forward(at);
        double onSamples = 0, anywhere = 0;
        for (int update = 0; update < 60; update++)
        {
            GridUpdateReport report = layer.UpdateGrid(ByTurns(update, from));
            Assert.InRange(report.Moved, update == 0 ? 1e-9 : 0, 1);
            (onSamples, anywhere) = (Math.Max(onSamples, report.Change), Math.Max(anywhere, report.ChangeAnywhere));
        }

        // However many updates there were, the change is that of one.
        double changed = (layer.forward(at) - first).abs().max().item<float>();
        Assert.InRange(changed, 0, 1.05 * anywhere + 1e-5);
        Assert.InRange(changed, 0, 3e-4 * Math.Max(1, first.abs().max().item<float>()));
        Assert.True(onSamples <= 1.05 * anywhere + 1e-5);
    }

    [Fact]
    public void What_a_move_the_whole_way_lost_comes_back_with_the_grid_unless_something_was_learned_in_between()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using KanLinear layer = new(4, 3, new BSplineOptions { GridTolerance = double.PositiveInfinity });
        Tensor at = rand(500, 4) * 2 - 1, wide = rand(256, 4) * 2 - 1, narrow = rand(256, 4) * 1.2 - 0.9;
        layer.UpdateGrid(wide);
        Tensor first = layer.forward(at);
        for (int update = 0; update < 20; update++)
            layer.UpdateGrid(update % 2 == 0 ? narrow : wide);
        Assert.InRange((layer.forward(at) - first).abs().max().item<float>(), 0, 1e-3);

        // A layer that learned something keeps that, not what it was long ago.
        layer.Coefficients.normal_();
        Tensor learned = layer.forward(wide);
        layer.UpdateGrid(wide);
        Assert.InRange((layer.forward(wide) - learned).abs().max().item<float>(), 0, 0.01 * learned.abs().max().item<float>());
    }

    private static Tensor ByTurns(int update, int inputs) => update % 2 == 0 ? rand(256, inputs) * 2 - 1 : rand(256, inputs) * 1.2 - 0.9;

    [Theory]
    [InlineData(20, 20, 3, 1e-4)]
    [InlineData(20, 20, 3, double.PositiveInfinity)]
    [InlineData(50, 3, 3, 1e-4)]
    [InlineData(10, 5, 2, 1e-4)]
    [InlineData(20, 20, 5, 1e-2)]
    public void A_few_samples_leave_the_function_between_them_alone(int size, int samples, int order, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using KanLinear layer = new(4, 3, new BSplineOptions { GridSize = size, SplineOrder = order, GridTolerance = tolerance });
        Tensor x = rand(samples, 4) * 2 - 1;
        Tensor between = x.amin([0L]) + rand(2000, 4) * (x.amax([0L]) - x.amin([0L])), before = layer.forward(between);
        GridUpdateReport report = layer.UpdateGrid(x);
        double changed = (layer.forward(between) - before).abs().max().item<float>();
        Assert.InRange(changed, 0, Math.Min(0.01, tolerance * Math.Max(1, before.abs().max().item<float>())));
        Assert.InRange(changed, 0, 1.1 * report.ChangeAnywhere + 1e-6);
    }

    [Theory]
    [InlineData(GridUpdateRule.KeepFunction)]
    [InlineData(GridUpdateRule.Original)]
    public void The_report_tells_what_was_lost_where_no_sample_was(GridUpdateRule rule)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using KanLinear layer = new(2, 1, new BSplineOptions { GridUpdate = rule, GridTolerance = double.PositiveInfinity });
        layer.Coefficients.normal_();
        Tensor at = rand(2000, 2) * 2 - 1, before = layer.forward(at);
        GridUpdateReport report = layer.UpdateGrid(rand(200, 2) + 30);
        double lost = (layer.forward(at) - before).abs().max().item<float>();
        Assert.True(lost > 0.05);
        Assert.InRange(lost, 0, 1.02 * report.ChangeAnywhere);
        Assert.InRange(report.Change, 0, 0.05);
    }

    [Theory]
    [InlineData(GridUpdateRule.KeepFunction, double.PositiveInfinity)]
    [InlineData(GridUpdateRule.KeepFunction, 1e-4)]
    [InlineData(GridUpdateRule.KeepFunction, 1e300)]
    [InlineData(GridUpdateRule.Original, 1e-4)]
    public void Samples_of_any_size_move_the_grid_or_are_refused(GridUpdateRule rule, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        foreach (float size in (float[])[0, 1e-45f, 1e-38f, 1e-20f, 1, 1e20f, 3e37f, 1e38f, 3e38f])
        {
            foreach (double margin in (double[])[0, 0.01, 1e300])
            {
                using KanLinear layer = new(3, 2, new BSplineOptions { GridUpdate = rule, GridTolerance = tolerance, BaseActivation = BaseActivation.Relu });
                Tensor grid = layer.Grid!.clone(), weight = layer.Coefficients.clone();
                Tensor x = linspace(-1, 1, 30).unsqueeze(1).expand(30, 3) * size;
                if (size >= 1e38f || margin > 1e38)
                {
                    Assert.Contains("float32", Assert.Throws<ArgumentException>(() => layer.UpdateGrid(x, margin)).Message, StringComparison.Ordinal);
                    Assert.True(layer.Grid!.eq(grid).all().item<bool>() && layer.Coefficients.eq(weight).all().item<bool>());
                    continue;
                }

                GridUpdateReport report = layer.UpdateGrid(x, margin);
                Assert.True(double.IsFinite(report.Change) && double.IsFinite(report.ChangeAnywhere));
                Assert.True(layer.Grid!.isfinite().all().item<bool>() && layer.Coefficients.isfinite().all().item<bool>());
            }
        }
    }

    [Theory]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1e-4)]
    public void Outputs_of_zero_on_the_samples_are_no_obstacle(double tolerance)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using KanLinear outside = new(4, 3, new BSplineOptions { GridTolerance = tolerance, BaseActivation = BaseActivation.Relu }), zero = new(4, 3, new BSplineOptions { GridTolerance = tolerance });
        Tensor x = -rand(50, 4) - 5;
        Assert.Equal(0, outside.forward(x).abs().max().item<float>());
        Assert.InRange(outside.UpdateGrid(x).Moved, 1e-9, 1);
        zero.BaseWeight!.zero_();
        zero.Coefficients.zero_();
        Assert.Equal(new GridUpdateReport(1, 0, 0), zero.UpdateGrid(x));
    }

    [Fact]
    public void Broken_weights_stay_where_they_are()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using KanLinear layer = new(4, 3, new BSplineOptions { GridTolerance = double.PositiveInfinity });
        layer.Coefficients[1, 2, 3] = float.NaN;
        Assert.Equal(new GridUpdateReport(0, 0, 0), layer.UpdateGrid(rand(50, 4)));
        Assert.Equal(1, layer.Coefficients.isnan().sum().item<long>());
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
