using Kansformers.Kan;
using static TorchSharp.torch;

namespace Kansformers.Tests.Kan;

/// <summary>Functions that edges share, in the forms and sizes that take another way through their kernels, at every vector width.</summary>
public sealed class SharedFunctionTests
{
    private static readonly string[] Forms =
    [
        "bspline:spline-order=1", "bspline:spline-order=2", "bspline:spline-order=4,base-activation=gelu", "bspline:spline-order=5,grid-size=9",
        "bspline:grid-size=2,base-activation=none", "bspline:grid-size=30", "bspline:outside=linear",
        "rbf:grid-size=2", "rbf:grid-size=5,denominator=0.3", "rbf:grid-size=13,base-activation=none", "rbf:grid-size=20,norm=none", "rbf:denominator=9,norm=tanh",
        "switch:grid-size=5,inv-denominator=-3", "switch:grid-size=2", "switch:inv-denominator=12", "switch:inv-denominator=16", "switch:rule=program,base-activation=mish",
        "chebyshev:degree=1", "chebyshev:degree=7,norm=none", "chebyshev:base-activation=silu", "legendre:degree=1", "legendre:degree=6,norm=none", "legendre:base-activation=silu", "fourier:frequencies=1", "fourier:norm=layernorm",
        "rational:base-activation=tanh", "rational:numerator-degree=2,denominator-degree=7", "rational:denominator=absoluteofsum,norm=layernorm",
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

    [Theory]
    [MemberData(nameof(Cases))]
    public void Output_and_every_gradient_agree_with_the_float64_reference(string form, int lanes)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(5);
        foreach (string sharing in (string[])["group:3", "channel"])
        {
            using KanLinear layer = new(21, 10, KanSettings.Parse(form) with { Sharing = KanSharing.Parse(sharing) }) { Engine = EngineSettings.OfThisMachine with { Lanes = lanes } };
            EngineCheck.Agrees(layer, randn(77, 21) * 0.8 + 0.3, 2e-5);
            EngineCheck.Agrees(layer, randn(530, 21), 2e-5);
        }
    }

    [Theory]
    [InlineData("rbf")]
    [InlineData("switch")]
    [InlineData("bspline")]
    [InlineData("rbf:norm=none")]
    public void What_is_far_outside_gives_nothing(string form)
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = new(8, 4, KanSettings.Parse(form) with { Sharing = KanSharing.Channel, Norm = InputNorm.None, BaseActivation = null });
        foreach (float far in (float[])[300, -300, 1e6f, float.PositiveInfinity, float.NegativeInfinity])
        {
            Tensor x = full(3, 8, far).requires_grad_(), y = layer.forward(x);
            y.sum().backward();
            Assert.Equal(0, y.abs().max().item<float>());
            Assert.Equal(0, x.grad!.abs().max().item<float>());
        }
    }
}
