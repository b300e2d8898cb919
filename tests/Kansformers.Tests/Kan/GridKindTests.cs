using Kansformers.Kan;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Kan;

/// <summary>The trials that every kind with a grid goes through, with every sharing and norm.</summary>
public class GridKindTests
{
    public GridKindTests()
    {
        random.manual_seed(3);
    }

    public static TheoryData<string, string, InputNorm> Layers()
    {
        TheoryData<string, string, InputNorm> all = [];
        foreach (GridOptions kind in KanKinds.All.OfType<GridOptions>())
        {
            foreach (string sharing in (string[])["edge", "channel", "group:3"])
            {
                foreach (InputNorm norm in Enum.GetValues<InputNorm>())
                    all.Add(kind.Kind, sharing, norm);
            }
        }

        return all;
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void Updates_keep_the_function_and_tell_what_they_changed(string kind, string sharing, InputNorm norm)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using KanLinear layer = Layer(kind, sharing, norm);
        Tensor x = randn(300, 6) * 1.5 + 0.3, first = layer.forward(x);
        double moved = 0;
        for (int update = 0; update < 4; update++)
        {
            Tensor before = layer.forward(x);
            GridUpdateReport report = layer.UpdateGrid(x);
            double scale = Math.Max(1, before.abs().max().item<float>()), changed = (layer.forward(x) - before).abs().max().item<float>();
            Assert.InRange(changed, 0, 2.2e-4 * scale);
            Assert.InRange(report.Moved, 0, 1);
            moved += report.Moved;
            AssertGrid(layer);
        }

        // Nothing was learned in between: four updates change no more than one.
        Assert.InRange((layer.forward(x) - first).abs().max().item<float>(), 0, 1.2e-4 * Math.Max(1, first.abs().max().item<float>()));
        Assert.InRange(moved, 1e-6, 4);
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void Without_a_limit_the_grid_goes_to_what_the_basis_sees(string kind, string sharing, InputNorm norm)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using KanLinear layer = Layer(kind, sharing, norm, double.PositiveInfinity);
        Tensor x = randn(300, 6) * 2 + 1, before = layer.forward(x);
        GridUpdateReport report = layer.UpdateGrid(x);
        Assert.Equal(1, report.Moved);
        Assert.Equal(0, layer.OutsideShare(x));
        Assert.InRange((layer.forward(x) - before).abs().max().item<float>(), 0, 1.05 * report.Change + 1e-4);
        AssertGrid(layer);
        EngineCheck.Agrees(layer, x[..20], kind == "switch" ? 5e-3 : 1e-4, gradients: false); // wide functions: large coefficients
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void A_finer_grid_computes_the_same(string kind, string sharing, InputNorm norm)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using KanLinear layer = Layer(kind, sharing, norm);
        GridOptions options = (GridOptions)layer.Options;
        int doubled = kind == "bspline" ? 2 * options.GridSize : 2 * options.GridSize - 1;
        Tensor x = randn(300, 6) * 1.5, before = layer.forward(x);
        double scale = Math.Max(1, before.abs().max().item<float>());
        using KanLinear nested = layer.Refine(doubled), other = layer.Refine(options.GridSize + 3, x), again = layer.Refine(options.GridSize);
        Assert.Equal(doubled, ((GridOptions)nested.Options).GridSize);
        Assert.Equal(layer.Options.Functions + doubled - options.GridSize, nested.Options.Functions);
        Assert.InRange((nested.forward(x) - before).abs().max().item<float>(), 0, 1e-5 * scale);
        Assert.InRange((again.forward(x) - before).abs().max().item<float>(), 0, 1e-5 * scale);
        Assert.InRange((other.forward(x) - before).abs().max().item<float>(), 0, 0.02 * scale);
        using (enable_grad())
            EngineCheck.Agrees(nested, x[..20], 2e-4);

        // It is a layer as any other: saved, moved.
        using KanLinear copy = new(6, 4, nested.Options);
        copy.load_state_dict(nested.state_dict());
        Assert.True(copy.forward(x).eq(nested.forward(x)).all().item<bool>());
        nested.UpdateGrid(x);
        Assert.InRange((nested.forward(x) - before).abs().max().item<float>(), 0, 3e-4 * scale);
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void A_moved_layer_is_its_state(string kind, string sharing, InputNorm norm)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using KanLinear layer = Layer(kind, sharing, norm, 0.01), copy = new(6, 4, layer.Options);
        Tensor x = randn(100, 6);
        Assert.True(layer.UpdateGrid(x).Moved > 0);
        copy.load_state_dict(layer.state_dict());
        Assert.True(copy.forward(x).eq(layer.forward(x)).all().item<bool>());
        layer.Coefficients.mul_(1.01);
        copy.Coefficients.mul_(1.01);
        Assert.Equal(layer.UpdateGrid(x * 2), copy.UpdateGrid(x * 2));
        Assert.True(copy.forward(x).eq(layer.forward(x)).all().item<bool>());
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void Strange_samples_are_refused_or_do_no_harm(string kind, string sharing, InputNorm norm)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        foreach (double tolerance in (double[])[1e-4, double.PositiveInfinity])
        {
            using KanLinear layer = Layer(kind, sharing, norm, tolerance);
            Dictionary<string, Tensor> state = layer.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.clone());
            Tensor broken = randn(10, 6);
            broken[3, 1] = float.NaN;
            foreach (Tensor refused in (Tensor[])[zeros(0, 6), zeros(3, 5), broken, full(4, 6, float.NegativeInfinity)])
            {
                Assert.Throws<ArgumentException>(() => layer.UpdateGrid(refused));
                Assert.Throws<ArgumentException>(() => layer.Refine(20, refused));
            }

            Assert.All(layer.state_dict(), entry => Assert.True(entry.Value.eq(state[entry.Key]).all().item<bool>(), entry.Key));
            foreach (Tensor odd in (Tensor[])[zeros(5, 6), full(1, 6, 0.3f), full(40, 6, -3e5f), cat([zeros(20, 6), ones(1, 6)]), randn(2, 3, 6) * 1e-30, randn(20, 6) * 1e6])
            {
                GridUpdateReport report = layer.UpdateGrid(odd);
                Assert.True(double.IsFinite(report.Change) && double.IsFinite(report.ChangeAnywhere));
                AssertGrid(layer);
                Assert.True(layer.forward(odd).isfinite().all().item<bool>());
            }
        }
    }

    [Theory]
    [InlineData("chebyshev")]
    [InlineData("fourier")]
    [InlineData("rational")]
    public void Kinds_without_a_grid_say_so(string kind)
    {
        using KanLinear layer = new(8, 3, KanKinds.Named(kind));
        using Tensor x = randn(5, 8);
        foreach (Action wrong in (Action[])[() => layer.UpdateGrid(x), () => layer.Refine(9), () => layer.OutsideShare(x)])
            Assert.Equal($"a layer of the kind {kind} has no grid; bspline, rbf, switch have one", Assert.Throws<KansformersException>(wrong).Message);
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        using KanLinear layer = new(4, 3), program = new(4, 3, new BSplineOptions { Sharing = KanSharing.Channel, GridUpdate = GridUpdateRule.Original });
        using Tensor x = randn(5, 4);
        Assert.Contains("at least 5", Assert.Throws<ArgumentException>(() => layer.Refine(4)).Message, StringComparison.Ordinal);
        Assert.Contains("sharing is channel", Assert.Throws<KansformersException>(() => program.UpdateGrid(x)).Message, StringComparison.Ordinal);
        layer.UpdateGrid(ones(10, 4) * 1e7f);
        using KanLinear narrow = new(1, 1, new BSplineOptions { GridLow = 1, GridHigh = 1.00001 });
        Assert.Contains("float32", Assert.Throws<KansformersException>(() => narrow.Refine(5000)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(OutsideRule.Vanish, 1)]
    [InlineData(OutsideRule.Vanish, 3)]
    [InlineData(OutsideRule.Linear, 2)]
    [InlineData(OutsideRule.Linear, 3)]
    [InlineData(OutsideRule.Vanish, 5)]
    public void Bases_for_updates_are_the_references(OutsideRule outside, int order)
    {
        using var scope = NewDisposeScope();
        Tensor even = linspace(-2, 2, 12, ScalarType.Float64).expand(3, -1), uneven = (randn(3, 12, ScalarType.Float64) * 2).sort(1).Values;
        foreach (Tensor grid in (Tensor[])[even, uneven, uneven.index_select(1, tensor(new long[] { 0, 1, 2, 3, 4, 4, 4, 7, 8, 9, 10, 11 }))])
        {
            Tensor at = cat([randn(200, 3, ScalarType.Float64) * 2, grid.transpose(0, 1), full([1, 3], 30.0, ScalarType.Float64), full([1, 3], -30.0, ScalarType.Float64)]);
            Tensor expected = outside == OutsideRule.Linear ? BSpline.ContinuedBases(at, grid, order) : BSpline.Bases(at, grid, order);
            Tensor found = SplineTable.Bases(at.transpose(0, 1), grid, order, outside).transpose(0, 1);
            Assert.InRange(((found - expected).abs() / (1 + expected.abs())).max().item<double>(), 0, 1e-11);
        }
    }

    [Theory]
    [InlineData(1e-2)]
    [InlineData(1e-5)]
    [InlineData(1e-9)]
    [InlineData(0)]
    public void The_fast_solution_leaves_no_more_than_the_careful_one(double nearness)
    {
        using var scope = NewDisposeScope();
        Tensor a = randn(7, 60, 8, ScalarType.Float64), b = randn(7, 60, 3, ScalarType.Float64);
        a = cat([a[.., .., ..7], a[.., .., ..1] + nearness * a[.., .., 7..]], -1);
        Tensor at = a.transpose(1, 2), gram = at.matmul(a), cross = at.matmul(b);
        Tensor careful = LeastSquares.Solve(a, b, 1e-13), quick = GridFit.Solve(gram, cross);
        double best = (a.matmul(careful) - b).norm().item<double>(), left = (a.matmul(quick) - b).norm().item<double>();
        Assert.InRange(left, 0, best * 1.1);
        Assert.True(quick.isfinite().all().item<bool>());
    }

    [Fact]
    public void A_network_moves_and_refines_its_layers()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using KanStack network = new([4, 6, 3], new RadialBasisOptions());
        Tensor x = randn(200, 4), before = network.forward(x);
        using KanStack finer = network.Refine(15, x);
        Assert.InRange((finer.forward(x) - before).abs().max().item<float>(), 0, 1e-4);
        Assert.All(finer.Layers, layer => Assert.Equal(15, layer.Options.Functions));
        finer.forward(x, updateGrid: true);
        Assert.InRange((finer.forward(x) - before).abs().max().item<float>(), 0, 2e-3);
    }

    [Theory]
    [InlineData("bspline")]
    [InlineData("rbf")]
    [InlineData("switch:sharing=channel")]
    public void A_grid_finer_than_float32_is_refused(string kan)
    {
        using KanLinear layer = new(4, 3, KanSettings.Parse(kan));
        Assert.StartsWith("grid size is 2147483647; ", Assert.Throws<KansformersException>(() => layer.Refine(int.MaxValue)).Message, StringComparison.Ordinal);
    }

    private static void AssertGrid(KanLinear layer)
    {
        Tensor places = layer.Grid!.dim() == 1 ? layer.Grid.unsqueeze(0) : layer.Grid;
        Assert.True((places[.., 1..] > places[.., ..^1]).all().item<bool>());
        Assert.All(layer.state_dict(), entry => Assert.True(entry.Value.isfinite().all().item<bool>(), entry.Key));
    }

    private static KanLinear Layer(string kind, string sharing, InputNorm norm, double tolerance = 1e-4)
    {
        GridOptions options = (GridOptions)KanKinds.Named(kind) with { Sharing = KanSharing.Parse(sharing), Norm = norm };
        return new KanLinear(6, 4, options with { GridTolerance = tolerance });
    }
}
