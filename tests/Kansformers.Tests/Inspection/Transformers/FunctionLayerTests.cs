using Kansformers.Inspection;
using Kansformers.Kan;
using Kansformers.Tests.Kan;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Inspection;

/// <summary>The curves of a layer are what the layer adds up.</summary>
public class FunctionLayerTests
{
    public static TheoryData<string, string> KindsAndSharings() => KanKindTests.KindsAndSharings();

    [Theory]
    [MemberData(nameof(KindsAndSharings))]
    public void Curves_add_up_to_the_layers_output(string kind, string sharing)
    {
        foreach (string norm in (string[])["none", "tanh"])
        {
            using var scope = NewDisposeScope();
            using var guard = no_grad();
            random.manual_seed(3);
            KanOptions options = KanSettings.Parse($"{kind}:sharing={sharing},norm={norm},bias=false");
            using KanLinear linear = new(8, 3, options);
            linear.Tensors.Find(KanRole.BaseBias)?.zero_();
            linear.to(ScalarType.Float64);
            FunctionLayer layer = Assert.Single(FunctionLayer.Of(linear));
            double[] x = [-0.83, -0.4, -0.1, 0.05, 0.3, 0.51, 0.7, 0.93];
            double[] y = linear.forward(tensor(x).unsqueeze(0)).squeeze(0).data<double>().ToArray();
            double[] sums = new double[3];
            for (int output = 0; output < 3; output++)
            {
                for (int input = 0; input < 8; input++)
                {
                    FunctionPlace place = layer.IsEdge ? new(input, output) : new((int)(input / (8 / layer.Functions)));
                    double value = layer.Values(place, [x[input]])[0];
                    Assert.Equal(value, layer.Values(place, [x[input]], CurvePart.Spline)[0] + layer.Values(place, [x[input]], CurvePart.Base)[0], 12);
                    sums[output] += value * (layer.IsEdge ? 1 : linear.Coefficients[output, input].item<double>());
                }
            }

            Assert.Equal(y[0], sums[0], 9);
            Assert.Equal(y[1], sums[1], 9);
            Assert.Equal(y[2], sums[2], 9);
        }
    }

    [Fact]
    public void A_function_that_is_not_there_is_refused()
    {
        using KanLinear edges = new(3, 2);
        FunctionLayer layer = FunctionLayer.Of(edges)[0];
        Assert.Equal(6, layer.Functions);
        Assert.Equal("input 2 to output 1", layer.Describe(new FunctionPlace(2, 1)));
        foreach (FunctionPlace wrong in (FunctionPlace[])[new(3, 0), new(0, 2), new(-1, 0), new(0)])
            Assert.Contains("edges from 3 inputs to 2 outputs", Assert.Throws<ArgumentOutOfRangeException>(() => layer.Values(wrong, [0.5])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_activation_and_a_group_are_named_by_their_channels()
    {
        using KanActivation activation = new(8, KanSettings.Parse("bspline:sharing=group:2"), ActivationStart.Silu);
        FunctionLayer layer = Assert.Single(FunctionLayer.Of(activation));
        Assert.Equal("group 1, channels 4 to 7", layer.Describe(new FunctionPlace(1)));
        Assert.Equal((4, 4), layer.InputsOf(new FunctionPlace(1)));
        Assert.False(layer.HasMatrix);
        Assert.Equal((-1.0, 1.0), (Math.Round(layer.GridOf(new FunctionPlace(0))!.Value.Low, 6), Math.Round(layer.GridOf(new FunctionPlace(0))!.Value.High, 6)));
    }

    [Theory]
    [MemberData(nameof(KindsAndSharings))]
    public void A_function_is_taken_out_and_put_back_to_the_bit(string kind, string sharing)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        random.manual_seed(4);
        using KanLinear linear = new(8, 3, KanSettings.Parse($"{kind}:sharing={sharing},norm=none"));
        FunctionLayer layer = FunctionLayer.Of(linear)[0];
        FunctionPlace place = layer.Places(2).Last();
        Tensor x = randn(5, 8) * 0.4, before = linear.forward(x);
        using (layer.Without(place))
        {
            Assert.Equal([0.0, 0.0], layer.Values(place, [-0.3, 0.4]));
            Assert.False(linear.forward(x).Equals(before));
            Assert.Equal(layer.IsEdge, layer.IsPruned(place));
        }

        Assert.True(linear.forward(x).Equals(before));
    }
}
