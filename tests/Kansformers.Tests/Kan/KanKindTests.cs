using System.Text.Json;
using Kansformers.Kan;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Kan;

/// <summary>The trials that every listed kind of KAN layer goes through, with every sharing that it knows.</summary>
public class KanKindTests
{
    private const double Tolerance = 2e-5;

    public static TheoryData<string, string> KindsAndSharings()
    {
        TheoryData<string, string> all = [];
        foreach (KanOptions kind in KanKinds.All)
        {
            foreach (string sharing in (string[])["edge", "channel", "group:4"])
            {
                if (!(sharing == "edge" && kind.IsFunction))
                    all.Add(kind.Kind, sharing);
            }
        }

        return all;
    }

    [Theory]
    [MemberData(nameof(KindsAndSharings))]
    public void Output_and_every_gradient_agree_with_the_float64_reference(string kind, string sharing)
    {
        using var scope = NewDisposeScope();
        foreach ((int tokens, int outputs) in ((int, int)[])[(0, 3), (1, 5), (37, 7), (600, 20)])
        {
            using KanLinear layer = Layer(kind, sharing, outputs);
            EngineCheck.Agrees(layer, randn(tokens, 12), Tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(KindsAndSharings))]
    public void A_few_tokens_without_a_graph_agree_with_the_reference(string kind, string sharing)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using KanLinear layer = Layer(kind, sharing, 9);
        foreach (int tokens in (int[])[1, 3, 4, 5])
            EngineCheck.Agrees(layer, randn(tokens, 12), Tolerance, gradients: false);
    }

    [Theory]
    [MemberData(nameof(KindsAndSharings))]
    public void Large_inputs_give_finite_outputs_and_gradients(string kind, string sharing)
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = Layer(kind, sharing, 4);
        foreach (float size in (float[])[0, 1e-30f, 1, 30, 1e4f, -1e4f])
        {
            Tensor x = (full(9, 12, size) + randn(9, 12) * 0.01).requires_grad_();
            Tensor y = layer.forward(x);
            y.sum().backward();
            Assert.True(y.isfinite().all().item<bool>(), $"outputs at {size}");
            Assert.True(x.grad!.isfinite().all().item<bool>(), $"the input's gradient at {size}");
            Assert.All(layer.named_parameters().Where(entry => entry.parameter.grad is not null), entry => Assert.True(entry.parameter.grad!.isfinite().all().item<bool>(), $"{entry.name} at {size}"));
        }
    }

    [Theory]
    [MemberData(nameof(KindsAndSharings))]
    public void A_broken_token_spoils_no_other(string kind, string sharing)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using KanLinear layer = Layer(kind, sharing, 4);
        Tensor x = randn(40, 12), broken = x.clone();
        broken[7, 3] = float.NaN;
        Tensor before = layer.forward(x), after = layer.forward(broken);
        Assert.True(after[7].isnan().all().item<bool>());
        before[7] = 0f;
        after[7] = 0f;
        Assert.True(before.eq(after).all().item<bool>());
    }

    [Theory]
    [MemberData(nameof(KindsAndSharings))]
    public void What_is_saved_is_the_layer(string kind, string sharing)
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = Layer(kind, sharing, 5);
        KanOptions read = JsonSerializer.Deserialize<KanOptions>(JsonSerializer.Serialize(layer.Options))!;
        Assert.Equal(layer.Options, read);
        using KanLinear copy = new(12, 5, read);
        copy.load_state_dict(layer.state_dict());
        Tensor x = randn(2, 3, 12);
        Assert.True(layer.forward(x).eq(copy.forward(x)).all().item<bool>());
        Assert.Equal([2L, 3, 5], copy.forward(x).shape);
        Assert.Equal(layer.Options.ParameterCount(12, 5), layer.parameters().Sum(parameter => parameter.numel()));
    }

    [Theory]
    [MemberData(nameof(KindsAndSharings))]
    public void Normal_inputs_keep_their_variance_where_that_is_asked_for(string kind, string sharing)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using KanLinear layer = new(64, 256, KanKinds.Named(kind) with { Sharing = KanSharing.Parse(sharing), Initialization = KanInitialization.VariancePreserving });
        double variance = layer.forward(randn(512, 64)).var().item<float>();
        Assert.InRange(variance, 0.5, 2);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void Splines_that_go_on_as_straight_lines_agree_with_the_reference(int order)
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = new(9, 6, new BSplineOptions { SplineOrder = order, Outside = OutsideRule.Linear });
        EngineCheck.Agrees(layer, randn(50, 9) * 3, Tolerance);
        using var guard = no_grad();
        Tensor far = layer.forward(full(1, 9, 100f)) + layer.forward(full(1, 9, 300f)) - 2 * layer.forward(full(1, 9, 200f));
        Assert.InRange(far.abs().max().item<float>(), 0, 1e-2);
    }

    [Fact]
    public void Settings_are_named_by_the_kind_and_wrong_ones_are_refused()
    {
        ChebyshevOptions six = Assert.IsType<ChebyshevOptions>(KanSettings.Parse("chebyshev:degree=6,norm=none,sharing=group:4"));
        Assert.Equal((6, InputNorm.None, KanSharing.Group(4)), (six.Degree, six.Norm, six.Sharing));
        Assert.Null(KanSettings.Parse("bspline:base-activation=none").BaseActivation);
        foreach (string wrong in (string[])["cubic", "chebyshev:grid-size=3", "chebyshev:degree=x", "chebyshev:degree", "bspline:sharing=group:0"])
            Assert.Throws<KansformersException>(() => KanSettings.Parse(wrong));
        Assert.Throws<KansformersException>(() => new KanLinear(12, 3, KanSettings.Parse("rbf:sharing=group:5")));
        Assert.Throws<KansformersException>(() => new RationalOptions { Sharing = KanSharing.Edge }.Validate());
        Assert.DoesNotContain("kind", KanSettings.Names(new FourierOptions()));
    }

    [Theory]
    [InlineData("rational:start=relu", "'relu' is no start of layers of the kind rational: use identity, silu, gelu")]
    [InlineData("rbf:norm=batch", "'batch' is no norm of layers of the kind rbf: use none, layer-norm, tanh")]
    [InlineData("bspline:base-activation=swish", "'swish' is no base-activation of layers of the kind bspline: use silu, gelu, gelu-tanh, relu, identity, tanh, sigmoid, elu, leaky-relu, softplus, mish, relu-squared, or none")]
    [InlineData("switch:train-grid=yes", "'yes' is no train-grid of layers of the kind switch: use true or false")]
    [InlineData("chebyshev:degree=4.5", "'4.5' is no degree of layers of the kind chebyshev: use a whole number")]
    [InlineData("rbf:denominator=wide", "'wide' is no denominator of layers of the kind rbf: use a number, or none")]
    [InlineData("fourier:sharing=group:0", "'group:0' is no sharing of layers of the kind fourier: use edge, channel or group:N with N at least 1")]
    [InlineData("bspline:grid-size=3,grid-size=4", "'grid-size' stands twice in 'bspline:grid-size=3,grid-size=4'; leave one of them out")]
    public void A_wrong_setting_is_told_with_what_can_stand_there(string text, string message) =>
        Assert.Equal(message, Assert.Throws<KansformersException>(() => KanSettings.Parse(text)).Message);

    [Theory]
    [InlineData("switch:rule=7", "rule is 7")]
    [InlineData("switch:inv-denominator=1e-50", "inv denominator is 1E-50")]
    [InlineData("rbf:denominator=1e-300", "denominator is 0")]
    [InlineData("rbf:denominator=1e-45", "denominator is 1")]
    [InlineData("rbf:denominator=1e39", "denominator is Infinity")]
    [InlineData("rbf:denominator=-1", "denominator is -1")]
    [InlineData("rbf:denominator=NaN", "denominator is NaN")]
    [InlineData("rbf:grid-size=2000000000", "grid range is -2,2; it must be wide enough that float32 tells 2000000000 centres apart")]
    [InlineData("switch:grid-size=100,grid-low=10000,grid-high=10000.01", "grid range is 10000,10000.01")]
    public void Options_that_float32_or_the_kind_does_not_know_are_refused(string text, string begins) =>
        Assert.StartsWith(begins, Assert.Throws<KansformersException>(() => new KanLinear(12, 3, KanSettings.Parse(text))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("rational:sharing=group:4", 1e20f)]
    [InlineData("rational:sharing=channel,denominator=absolute-of-sum", -1e12f)]
    [InlineData("rational:sharing=group:4,numerator-degree=16,denominator-degree=2", 1e4f)]
    [InlineData("rational:sharing=group:4,numerator-degree=3,denominator-degree=16", -1e4f)]
    [InlineData("rational:sharing=group:3,numerator-degree=9,denominator-degree=9,denominator=absolute-of-sum", 1e4f)]
    public void Rational_functions_go_on_linearly_far_out_on_the_engine_and_in_plain_operations(string kan, float far)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(3);
        using KanLinear layer = new(12, 5, KanSettings.Parse(kan));
        Tensor inputs = randn(9, 12);
        inputs[.., 2] = far;
        inputs[4] = far;
        Tensor[] fast = Run(reference: false), plain = Run(reference: true);
        Assert.All(fast.Concat(plain), one => Assert.True(one.isfinite().all().item<bool>()));
        Assert.All(fast.Zip(plain), pair => Assert.InRange((pair.First - pair.Second).abs().max().item<float>(), 0, 1e-4f * pair.Second.abs().max().item<float>()));

        // The output, the input's gradient and those of all parameters.
        Tensor[] Run(bool reference)
        {
            layer.UseReference = reference;
            layer.zero_grad();
            Tensor x = inputs.clone().requires_grad_(), y = layer.forward(x);
            (y * linspace(0.5, 1.5, 5)).sum().backward();
            return [y.detach(), x.grad!, .. layer.parameters().Select(parameter => parameter.grad!.clone())];
        }
    }

    [Theory]
    [InlineData(RationalStart.Identity, 1e-5)]
    [InlineData(RationalStart.Silu, 1e-4)]
    [InlineData(RationalStart.Gelu, 3.2e-3)]
    public void Rational_functions_begin_as_what_they_are_said_to(RationalStart start, double allowed)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        foreach (RationalDenominator form in Enum.GetValues<RationalDenominator>())
        {
            using KanLinear layer = new(1, 1, new RationalOptions { Sharing = KanSharing.Channel, Start = start, Denominator = form, Bias = false });
            layer.Coefficients.fill_(1);
            Tensor x = linspace(-6, 6, 501).unsqueeze(1);
            Tensor wanted = start switch { RationalStart.Silu => nn.functional.silu(x), RationalStart.Gelu => nn.functional.gelu(x), _ => x };
            Assert.InRange((layer.forward(x) - wanted).abs().max().item<float>(), 0, allowed);
        }
    }

    private static KanLinear Layer(string kind, string sharing, int outputs)
    {
        random.manual_seed(3);
        return new KanLinear(12, outputs, KanKinds.Named(kind) with { Sharing = KanSharing.Parse(sharing) });
    }
}
