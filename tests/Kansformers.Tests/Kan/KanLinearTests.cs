using Kansformers.Kan;
using static TorchSharp.torch;

namespace Kansformers.Tests.Kan;

public class KanLinearTests
{
    public KanLinearTests()
    {
        random.manual_seed(1);
    }

    [Fact]
    public void Parameters_and_buffers_have_the_names_and_shapes_of_efficient_kan()
    {
        using KanLinear layer = new(7, 5, new BSplineOptions { GridSize = 4, SplineOrder = 2 });
        using KanLinear plain = new(7, 5, new BSplineOptions { StandaloneScaler = false });
        Assert.Equal(
            ["base_weight (5, 7)", "grid (7, 9)", "spline_scaler (5, 7)", "spline_weight (5, 7, 6)"],
            layer.state_dict().Select(entry => $"{entry.Key} ({string.Join(", ", entry.Value.shape)})").Order(StringComparer.Ordinal));
        Assert.Equal(["base_weight", "grid", "spline_weight"], plain.state_dict().Keys.Order(StringComparer.Ordinal));
        Assert.Equal(3, layer.parameters().Count());
    }

    [Fact]
    public void Any_leading_dimensions_give_what_the_flat_input_gives()
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = new(6, 4);
        Tensor flat = randn(24, 6);
        Tensor expected = layer.forward(flat);
        Assert.True(layer.forward(flat.view(2, 3, 4, 6)).eq(expected.view(2, 3, 4, 4)).all().item<bool>());
        Assert.Equal([4L], layer.forward(flat[0]).shape);
        Assert.Equal([0L, 4], layer.forward(zeros(0, 6)).shape);
        Tensor strided = flat.transpose(0, 1).contiguous().transpose(0, 1);
        Assert.True(layer.forward(strided).eq(expected).all().item<bool>());
        Assert.Throws<ArgumentException>(() => layer.forward(zeros(2, 5)));
    }

    [Fact]
    public void Outside_the_grid_only_the_base_activation_acts()
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = new(3, 2);
        Tensor far = full([1, 3], 7f);
        Tensor expected = nn.functional.linear(nn.functional.silu(far), layer.BaseWeight!);
        Assert.True(layer.forward(far).allclose(expected, rtol: 1e-6, atol: 1e-6)); // a bias or a basis value would be far off
        Assert.Equal(1, layer.OutsideShare(far));
        Assert.Equal(0.25, layer.OutsideShare(tensor([0f, 0.5f, -0.5f, 3f, 0f, 0f, 0f, 0f, 0f, 1f, -2f, 0f], [4, 3])));
    }

    [Fact]
    public void A_NaN_spoils_its_own_token_and_no_other()
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = new(3, 2);
        Tensor x = zeros(3, 3);
        x[1, 2] = float.NaN;
        Tensor y = layer.forward(x);
        Assert.True(y[1].isnan().all().item<bool>());
        Assert.True(y[0].isfinite().all().item<bool>() && y[2].isfinite().all().item<bool>());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Initial_weights_have_the_originals_distribution(bool scaler)
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = new(64, 256, new BSplineOptions { StandaloneScaler = scaler, SplineScale = scaler ? 1 : 3 });
        double bound = 1 / Math.Sqrt(64); // Kaiming-uniform with a = √5
        Assert.InRange(layer.BaseWeight!.abs().max().item<float>(), 0.98 * bound, bound);
        Assert.Equal(bound / Math.Sqrt(3), layer.BaseWeight!.std().item<float>(), 0.02 * bound);
        if (scaler)
            Assert.InRange(layer.Scaler!.abs().max().item<float>(), 0.98 * bound, bound);

        // The splines pass through uniform noise of width 0.1 / 5 at the grid's inner knots.
        double scale = scaler ? 1 : 3;
        Tensor knots = layer.Grid![0, 3..^3].unsqueeze(1).expand(6, 64);
        Tensor curves = einsum("pic,oic->pio", BSpline.Bases(knots, layer.Grid!, 3), layer.Coefficients) / scale;
        Assert.InRange(curves.abs().max().item<float>(), 0.0098, 0.0101);
        Assert.Equal(0.01 / Math.Sqrt(3), curves.std().item<float>(), 1e-4);
    }

    [Fact]
    public void Coefficients_fitted_to_a_curve_reproduce_it()
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = new(2, 3);
        Tensor x = linspace(-1, 0.99, 60).unsqueeze(1).expand(60, 2);
        Tensor y = x.pow(3).unsqueeze(-1) * tensor([1f, -2f, 0.5f]); // cubic splines hold cubics exactly
        Tensor coefficients = layer.Curve2Coefficients(x, y);
        Tensor fitted = einsum("pic,oic->pio", BSpline.Bases(x, layer.Grid!, 3), coefficients);
        Assert.InRange((fitted - y).abs().max().item<float>(), 0, 1e-5);
    }

    [Fact]
    public void Fits_that_the_points_do_not_determine_are_finite_and_small()
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = new(2, 3);
        Tensor coefficients = layer.Curve2Coefficients(zeros(4, 2), ones(4, 2, 3));
        Assert.True(coefficients.isfinite().all().item<bool>());
        Assert.InRange(coefficients.abs().max().item<float>(), 0.1, 3);
        using (no_grad())
            layer.Grid!.fill_(0.5f); // every interval is empty
        Assert.Equal(0f, layer.Curve2Coefficients(zeros(4, 2), ones(4, 2, 3)).abs().sum().item<float>());
        Assert.Throws<ArgumentException>(() => layer.Curve2Coefficients(full([4, 2], float.NaN), ones(4, 2, 3)));
    }

    [Fact]
    public void The_regularization_loss_of_dead_edges_is_finite_with_finite_gradients()
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = new(3, 2);
        using (no_grad())
        {
            layer.Coefficients.zero_();
            Assert.Equal(0f, layer.RegularizationLoss().item<float>());
            layer.Coefficients[0, 0, 0] = 1f;
        }

        Tensor loss = layer.RegularizationLoss();
        loss.backward();
        Assert.Equal(1f / 8, loss.item<float>(), 1e-6f); // one live edge: no disorder
        Assert.True(layer.Coefficients.grad!.isfinite().all().item<bool>());
    }

    [Theory]
    [InlineData(0, 3, "grid size")]
    [InlineData(5, 0, "spline order")]
    public void Options_out_of_range_are_named(int size, int order, string option)
    {
        KansformersException failure = Assert.Throws<KansformersException>(() => new KanLinear(2, 2, new BSplineOptions { GridSize = size, SplineOrder = order }));
        Assert.StartsWith(option, failure.Message, StringComparison.Ordinal);
        Assert.Contains("grid range", Assert.Throws<KansformersException>(() => new BSplineOptions { GridLow = 1, GridHigh = 1 }.Validate()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stack_runs_its_layers_in_order_and_adds_up_their_losses()
    {
        using var scope = NewDisposeScope();
        using KanStack stack = new([4, 6, 3]);
        Tensor x = randn(5, 4);
        Assert.Equal(["layers.0.base_weight", "layers.0.grid", "layers.0.spline_scaler", "layers.0.spline_weight"], stack.state_dict().Keys.Where(name => name.StartsWith("layers.0", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Tensor expected = stack.Layers[1].forward(stack.Layers[0].forward(x));
        Assert.True(stack.forward(x).eq(expected).all().item<bool>());
        float sum = stack.Layers.Sum(layer => layer.RegularizationLoss().item<float>());
        Assert.Equal(sum, stack.RegularizationLoss().item<float>(), 1e-4f);
        Tensor moved = stack.forward(x, updateGrid: true);
        Assert.InRange((moved - expected).abs().max().item<float>(), 0, 2e-4);
        Assert.Throws<ArgumentException>(() => new KanStack([4]));
    }

    [Fact]
    public void The_share_outside_the_grid_is_reported_for_every_layer_of_a_model()
    {
        using var scope = NewDisposeScope();
        using KanStack stack = new([2, 2, 2]);
        var shares = OutsideGrid.Measure(stack, () => stack.forward(tensor([0f, 5f, 0.1f, 0.2f], [2, 2])));
        Assert.Equal(["layers.0", "layers.1"], shares.Select(entry => entry.Layer));
        Assert.Equal(0.25, shares[0].Share);
        Assert.All(stack.Layers, layer => Assert.Null(layer.Probe));
    }
}
