using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Tests.Kan;

/// <summary>Activations that are learned: every kind, sharing and vector width against plain operations in float64, what they start as, and awkward inputs.</summary>
public sealed class KanActivationTests
{
    private static readonly string[] Forms =
    [
        "bspline:outside=linear,grid-size=12,grid-low=-3,grid-high=3,base-activation=none", "bspline", "bspline:spline-order=1,outside=linear", "bspline:spline-order=2,outside=linear",
        "bspline:spline-order=4,base-activation=gelu,grid-size=30", "bspline:spline-order=5,outside=linear", "bspline:norm=tanh", "rbf", "rbf:norm=none,grid-size=20,base-activation=none", "switch", "switch:rule=program,norm=none",
        "chebyshev", "chebyshev:base-activation=mish", "legendre:degree=6", "fourier", "rational", "rational:denominator=absoluteofsum,norm=layernorm,base-activation=relusquared",
    ];

    public static TheoryData<string, int> Cases()
    {
        TheoryData<string, int> cases = [];
        foreach (string form in Forms)
        {
            foreach (int lanes in (int[])[4, 8, 16])
                cases.Add(form, lanes);
        }

        return cases;
    }

    public static TheoryData<string> Kinds() => [.. KanKinds.Names];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Output_and_every_gradient_agree_with_the_float64_reference(string form, int lanes)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(5);
        foreach ((string sharing, int width) in (IEnumerable<(string, int)>)[("group:3", 21), ("channel", 5), ("group:1", 37), ("group:2", 70)])
        {
            using KanActivation activation = new(width, KanSettings.Parse(form) with { Sharing = KanSharing.Parse(sharing) }) { Engine = EngineSettings.OfThisMachine with { Lanes = lanes } };
            using (no_grad())
            {
                foreach (Parameter parameter in activation.parameters())
                    parameter.add_(randn_like(parameter) * 0.1);
            }

            ElementCheck.Agrees(activation, randn(77, width) * 1.3 + 0.3, 2e-5);
            ElementCheck.Agrees(activation, randn(1, width), 2e-5);
        }
    }

    [Theory]
    [InlineData("bspline:outside=linear,base-activation=none")]
    [InlineData("bspline")]
    [InlineData("rational")]
    [InlineData("rbf:norm=none")]
    public void Knots_and_what_is_far_away_agree_too(string form)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(6);
        using KanActivation activation = new(32, KanSettings.Parse(form) with { Sharing = KanSharing.Group(2) });
        ElementCheck.Agrees(activation, linspace(-2.2, 2.2, 12 * 32).view(12, 32), 2e-5);
        ElementCheck.Agrees(activation, (randn(40, 32) * 0.5 + 0.1).masked_fill(rand(40, 32) > 0.97, 300), 2e-5);
        ElementCheck.Agrees(activation, full(3, 32, -1e4), 2e-5);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_broken_input_breaks_its_own_output_and_no_other(string kind)
    {
        using var scope = NewDisposeScope();
        KanOptions options = KanKinds.Named(kind) with { Sharing = KanSharing.Group(2), Norm = InputNorm.None };
        using KanActivation activation = new(48, options);
        Tensor x = randn(9, 48), broken = x.clone();
        broken[4, 7] = float.NaN;
        Tensor leaf = broken.clone().requires_grad_(), y = activation.forward(leaf), clean = activation.forward(x);
        Assert.True(y[4, 7].isnan().item<bool>());
        Assert.Equal(1, y.isnan().sum().item<long>());
        Assert.True(where(y.isnan(), clean, y).equal(clean).all().item<bool>());
        y.sum().backward();
        Assert.Equal(1, leaf.grad!.isnan().sum().item<long>());
        Assert.Contains(activation.parameters(), parameter => parameter.grad!.isnan().any().item<bool>());
        broken[4, 7] = float.PositiveInfinity;

        // Sine and cosine of a vector with so large an angle take another way, which rounds otherwise.
        Tensor far = activation.forward(broken);
        EngineCheck.Close("beside an infinite input", where(arange(9 * 48).view(9, 48).eq(4 * 48 + 7), clean, far), clean, kind == "fourier" ? 1e-6 : 0);
    }

    [Theory]
    [InlineData("bspline:outside=linear,grid-size=12,grid-low=-3,grid-high=3,base-activation=none", 1e-3, 1e-6)]
    [InlineData("bspline:grid-size=12,grid-low=-3,grid-high=3", 1e-5, 1e-5)]
    [InlineData("rbf:norm=none,grid-low=-3,grid-high=3", 0.02, 0.021)]
    [InlineData("switch:norm=none,grid-low=-3,grid-high=3", 0.02, 0.02)]
    [InlineData("chebyshev:degree=6", 0.13, 0.13)]
    [InlineData("legendre:degree=6", 0.13, 0.13)]
    [InlineData("rational", 2e-4, 1e-5)]
    [InlineData("rational:numerator-degree=3,denominator-degree=2", 0.3, 1e-6)]
    public void They_start_as_the_function_that_is_wanted(string form, double silu, double identity)
    {
        using var scope = NewDisposeScope();
        KanOptions options = KanSettings.Parse(form) with { Sharing = KanSharing.Group(2) };
        Tensor x = linspace(-2, 2, 201).unsqueeze(-1).expand(-1, 4).contiguous();
        using KanActivation first = new(4, options, ActivationStart.Silu), second = new(4, options, ActivationStart.Identity), again = new(4, options, ActivationStart.Silu);
        double ofSilu = (first.forward(x) - nn.functional.silu(x)).abs().max().item<float>(), ofIdentity = (second.forward(x) - x).abs().max().item<float>();
        Assert.True(ofSilu <= silu, $"SiLU: {ofSilu:g3}");
        Assert.True(ofIdentity <= identity, $"identity: {ofIdentity:g3}");
        Assert.True(again.forward(x).equal(first.forward(x)).all().item<bool>());
    }

    [Fact]
    public void Gradients_agree_with_finite_differences()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(3);
        using KanActivation activation = new(20, KanSettings.Parse("bspline:outside=linear,base-activation=silu") with { Sharing = KanSharing.Group(1) }, ActivationStart.Silu);
        Tensor x = (randn(6, 20) * 0.8).requires_grad_(), along = randn(6, 20), upstream = randn(6, 20);
        activation.forward(x).mul(upstream).sum().backward();
        using var guard = no_grad();
        const double step = 1e-2;
        double At(double far) => activation.forward(x + along * far).mul(upstream).to_type(ScalarType.Float64).sum().item<double>();
        double expected = x.grad!.mul(along).sum().item<float>(), measured = (At(step) - At(-step)) / (2 * step);
        Assert.Equal(expected, measured, 2e-2 * Math.Abs(expected) + 2e-2);
        Parameter coefficients = activation.get_parameter("function_weight")!;
        Tensor direction = randn_like(coefficients);
        double slope = coefficients.grad!.mul(direction).sum().item<float>();
        coefficients.add_(direction);
        double up = At(0);
        coefficients.sub_(direction);
        Assert.Equal(slope, up - At(0), 1e-3 * Math.Abs(slope) + 1e-3);
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(9);
        Tensor x = randn(700, 64), upstream = randn(700, 64);
        int before = get_num_threads();
        List<Tensor[]> runs = [];
        using KanActivation activation = new(64, KanSettings.Parse("bspline:outside=linear") with { Sharing = KanSharing.Group(4) });
        try
        {
            foreach (int threads in (int[])[1, 2, 3])
            {
                set_num_threads(threads);
                Tensor leaf = x.clone().requires_grad_(), y = activation.forward(leaf);
                runs.Add([y.detach(), .. autograd.grad([y], [leaf, .. activation.parameters()], [upstream])]);
            }
        }
        finally
        {
            set_num_threads(before);
        }

        foreach (Tensor[] run in runs)
            Assert.All(run.Zip(runs[0]), pair => Assert.True(pair.First.equal(pair.Second).all().item<bool>()));
    }

    [Fact]
    public void Any_shape_and_no_token_at_all_will_do()
    {
        using var scope = NewDisposeScope();
        using KanActivation activation = new(12, KanSettings.Parse("rational") with { Sharing = KanSharing.Group(2) });
        Tensor x = randn(12, 5, 3).permute(2, 1, 0).requires_grad_(), y = activation.forward(x);
        Assert.Equal([3, 5, 12], y.shape);
        Assert.True(y.equal(activation.forward(x.contiguous())).all().item<bool>());
        Tensor none = randn(0, 12).requires_grad_(), empty = activation.forward(none);
        empty.sum().backward();
        Assert.Equal([0, 12], empty.shape);
        Assert.Equal([0, 12], none.grad!.shape);
        Assert.Equal([12], activation.forward(randn(12)).shape);
        Assert.Throws<ArgumentException>(() => activation.forward(randn(3, 11)));
    }

    [Fact]
    public void Gradients_can_be_differentiated_again()
    {
        using var scope = NewDisposeScope();
        using KanActivation activation = new(12, KanSettings.Parse("rational") with { Sharing = KanSharing.Group(2) });
        Tensor x = randn(4, 12).requires_grad_();
        Tensor first = autograd.grad([activation.forward(x).sum()], [x], retain_graph: true, create_graph: true)[0];
        activation.UseReference = true;
        Tensor expected = autograd.grad([activation.forward(x).sum()], [x], retain_graph: true, create_graph: true)[0];
        EngineCheck.Close("second derivative", autograd.grad([first.sum()], [x])[0], autograd.grad([expected.sum()], [x])[0], 1e-5);
    }

    [Fact]
    public void What_is_frozen_gets_no_gradient()
    {
        using var scope = NewDisposeScope();
        using KanActivation activation = new(16, KanSettings.Parse("bspline") with { Sharing = KanSharing.Group(2) });
        Parameter frozen = activation.get_parameter("function_weight")!, factor = activation.get_parameter("function_base")!;
        frozen.requires_grad = false;
        activation.forward(randn(5, 16)).sum().backward();
        Assert.Null(frozen.grad);
        Assert.NotNull(factor.grad);
        factor.requires_grad = false;
        Assert.False(activation.forward(randn(5, 16)).requires_grad);
    }

    [Fact]
    public void A_trainers_buffers_collect_the_gradients()
    {
        using var scope = NewDisposeScope();
        using KanActivation activation = new(16, KanSettings.Parse("rbf:norm=none") with { Sharing = KanSharing.Group(2) });
        Tensor x = randn(5, 16);
        activation.forward(x).sum().backward();
        Tensor[] expected = [.. activation.parameters().Select(parameter => parameter.grad!.clone())];
        activation.zero_grad();
        using GradientBuffers buffers = new(activation.parameters());
        buffers.Collect(() => activation.forward(x).sum().backward());
        buffers.Collect(() => activation.forward(x).sum().backward());
        buffers.Publish();
        foreach ((Parameter parameter, Tensor once) in activation.parameters().Zip(expected))
            EngineCheck.Close("collected", parameter.grad!, 2 * once, 1e-6);
    }

    [Fact]
    public void Wrong_options_are_refused_in_a_line()
    {
        Assert.Contains("sharing is edge", Assert.Throws<KansformersException>(() => new KanActivation(8, new BSplineOptions())).Message);
        Assert.Contains("8 inputs cannot be divided into 3", Assert.Throws<KansformersException>(() => new KanActivation(8, new RationalOptions { Sharing = KanSharing.Group(3) })).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new KanActivation(0, new RationalOptions()));
    }
}
