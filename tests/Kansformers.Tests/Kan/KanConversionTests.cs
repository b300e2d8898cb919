using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Tests.Kan;

/// <summary>Linear layers as KAN layers that compute the same.</summary>
public class KanConversionTests
{
    public static TheoryData<string, string> KindsAndActivations()
    {
        TheoryData<string, string> all = [];
        foreach (KanOptions kind in KanKinds.All)
        {
            foreach (BaseActivation activation in Enum.GetValues<BaseActivation>())
                all.Add(kind.Kind, activation.ToString());
        }

        return all;
    }

    [Theory]
    [MemberData(nameof(KindsAndActivations))]
    public void An_activation_before_the_layer_moves_into_its_functions_exactly(string kind, string activation)
    {
        random.manual_seed(1);
        using var scope = NewDisposeScope();
        BaseActivation before = BaseActivations.Parse(activation);
        Tensor x = randn(60, 12) * 2;
        Linear linear = nn.Linear(12, 7);
        (KanLinear layer, LayerMatch match) = KanConversion.FromLinear(new LinearMap(linear.weight, linear.bias) { Before = before }, KanConversion.Suited(Options(kind), before), x);
        Tensor wanted = linear.forward(BaseActivations.Apply(before, x));
        Assert.True((wanted - layer.forward(x)).abs().max().item<float>() < 1e-5 * Math.Max(1, wanted.abs().max().item<float>()), match.ToString());
        Assert.Equal(KanAgreement.Exact, match.How);
        Assert.Equal((60L, 12L, 7L), (match.Samples, layer.InFeatures, layer.OutFeatures));
    }

    // What each kind comes to with its program's configuration, of which the base branch, if any, is SiLU.
    [Theory]
    [InlineData("bspline", "edge", 1e-6)]
    [InlineData("bspline", "channel", 1e-6)]
    [InlineData("bspline", "group:4", 1e-6)]
    [InlineData("rbf:norm=none", "edge", 0.025)]
    [InlineData("rbf:norm=none", "channel", 0.025)]
    [InlineData("rbf", "edge", 0.4)]
    [InlineData("rbf", "channel", 0.48)]
    [InlineData("switch:norm=none", "edge", 0.01)]
    [InlineData("switch", "group:4", 0.48)]
    [InlineData("chebyshev:degree=8", "edge", 0.27)]
    [InlineData("legendre:degree=8", "edge", 0.27)]
    [InlineData("fourier:frequencies=8,base-activation=silu", "edge", 0.45)]
    [InlineData("rational", "group:4", 1e-6)]
    [InlineData("rational", "channel", 1e-6)]
    public void A_configuration_that_stays_is_fitted_on_the_samples(string kind, string sharing, double relative)
    {
        random.manual_seed(2);
        using var scope = NewDisposeScope();
        Tensor x = randn(800, 12) * 1.5 + 0.5;
        Linear linear = nn.Linear(12, 7);
        KanOptions options = KanSettings.Parse(kind) with { Sharing = KanSharing.Parse(sharing) };
        (KanLinear layer, LayerMatch match) = KanConversion.FromLinear(linear, options, x);
        double error = (linear.forward(x) - layer.forward(x)).abs().max().item<float>();
        Assert.True(match.RelativeError < relative, $"{match.RelativeError} {match}");
        Assert.Equal(match.LargestError, error, 1e-4);
        Assert.Equal(options with { Bias = true }, layer.Options with { Bias = true });
    }

    [Theory]
    [InlineData("vanish", KanAgreement.ExactInRange)]
    [InlineData("linear", KanAgreement.Exact)]
    public void Splines_are_straight_lines_in_their_range_and_beyond_it_where_they_go_on(string outside, KanAgreement how)
    {
        random.manual_seed(3);
        using var scope = NewDisposeScope();
        Linear linear = nn.Linear(5, 4);
        (KanLinear layer, LayerMatch match) = KanConversion.FromLinear(linear, KanSettings.Parse($"bspline:outside={outside},grid-low=-2,grid-high=3"));
        Assert.Equal(how, match.How);
        Tensor inside = rand(50, 5) * 4.99 - 2, far = inside + 20;
        Assert.True((linear.forward(inside) - layer.forward(inside)).abs().max().item<float>() < 1e-5);
        Assert.Equal(how == KanAgreement.Exact, (linear.forward(far) - layer.forward(far)).abs().max().item<float>() < 1e-4);
    }

    [Fact]
    public void Gelu_is_fitted_by_functions_without_a_base_branch()
    {
        random.manual_seed(4);
        using var scope = NewDisposeScope();
        Tensor x = randn(800, 12) * 2;
        Linear linear = nn.Linear(12, 7);
        LinearMap map = new(linear.weight, linear.bias) { Before = BaseActivation.Gelu };
        foreach ((string kind, double relative) in ((string, double)[])[
            ("bspline:grid-size=20,base-activation=none,outside=linear", 2e-3), ("bspline:grid-size=20,base-activation=none,outside=linear,sharing=channel", 2e-3), ("rational:sharing=group:4", 5e-3)])
        {
            LayerMatch match = KanConversion.FromLinear(map, KanSettings.Parse(kind) with { Bias = true }, x).Match;
            Assert.Equal(KanAgreement.Fitted, match.How);
            Assert.True(match.RelativeError < relative, $"{kind}: {match.RelativeError}");
        }
    }

    [Fact]
    public void Inputs_that_never_change_and_inputs_far_out_are_no_trouble()
    {
        using var scope = NewDisposeScope();
        Tensor x = randn(300, 12);
        x[.., 3] = 0;
        x[.., 4] = 7;
        x[.., 5] *= 3000;
        Linear linear = nn.Linear(12, 7);
        foreach (KanOptions kind in KanKinds.Names.Select(Options))
        {
            (KanLinear layer, LayerMatch match) = KanConversion.FromLinear(linear, KanConversion.Suited(kind), x);
            Assert.True(match.RelativeError < 1e-5, $"{kind.Kind}: {match}");
            Assert.True(layer.forward(x).isfinite().all().item<bool>());
        }
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        using var scope = NewDisposeScope();
        Linear linear = nn.Linear(12, 7);
        Assert.Contains("no samples", Assert.Throws<KansformersException>(() => KanConversion.FromLinear(linear, new BSplineOptions(), zeros(0, 12))).Message, StringComparison.Ordinal);
        Assert.Contains("NaN", Assert.Throws<KansformersException>(() => KanConversion.FromLinear(linear, new BSplineOptions(), full(3, 12, double.NaN))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => KanConversion.FromLinear(linear, new BSplineOptions(), zeros(3, 5)));
        Assert.Throws<ArgumentException>(() => KanConversion.FromLinear(new LinearMap(zeros(3), null), new BSplineOptions()));
        Assert.Contains("samples only", Assert.Throws<KansformersException>(() => KanConversion.FromLinear(linear, new SwitchOptions())).Message, StringComparison.Ordinal);
        Assert.Throws<KansformersException>(() => KanConversion.FromLinear(linear, new ChebyshevOptions { Degree = 0 }));
    }

    // Groups that divide the inputs of these tests.
    private static KanOptions Options(string kind) => KanKinds.Named(kind) is { IsFunction: true } function ? function with { Sharing = KanSharing.Group(4) } : KanKinds.Named(kind);
}
