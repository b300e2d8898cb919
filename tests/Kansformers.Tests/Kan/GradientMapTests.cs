using Kansformers.Kan;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Kan;

/// <summary>What becomes of gradients, and of means of them and of their squares, when a grid is refined.</summary>
public class GradientMapTests
{
    public static TheoryData<string, int> Kinds => new()
    {
        { "bspline", 10 }, { "bspline", 8 }, { "bspline", 40 }, { "bspline:sharing=channel", 10 }, { "bspline:sharing=group:2,norm=tanh", 15 },
        { "rbf", 15 }, { "rbf:sharing=group:2", 15 }, { "switch", 15 }, { "switch:sharing=channel", 15 },
    };

    // For every change of the old coefficients the loss changes as much through the new ones: T' g' = g.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void New_gradients_say_the_same_of_old_directions(string kan, int size)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        random.manual_seed(3);
        using KanLinear layer = new(4, 3, KanSettings.Parse(kan));
        Tensor old = Coefficients(layer);
        using GridRefinement refined = Refined(layer, size);
        Tensor gradient = randn(old.shape), mapped = refined.Gradients!.OfMeans(gradient);
        Assert.Equal(Coefficients(refined.Finer).shape, mapped.shape);
        for (int i = 0; i < 5; i++)
        {
            old.copy_(randn(old.shape));
            using KanLinear moved = layer.Refine(size);
            double through = (mapped * Coefficients(moved)).sum().item<float>(), direct = (gradient * old).sum().item<float>();
            double scale = (mapped * Coefficients(moved)).abs().sum().item<float>();
            // Curves of kinds that refine by least squares are kept nearly, B-splines on a multiple of their intervals exactly.
            Assert.InRange(Math.Abs(through - direct), 0, (size == 8 ? 0.15 : kan.StartsWith("switch", StringComparison.Ordinal) ? 2e-2 : 2e-3) * scale);
        }
    }

    // Tokens all over the grid, with a sensitivity of the loss that varies slowly and a noise that does not.
    [Theory]
    [InlineData("bspline", 10, 0.05, 1.6)]
    [InlineData("bspline", 20, 0.15, 1.6)]
    [InlineData("bspline:sharing=group:2", 10, 0.05, 1.6)]
    [InlineData("rbf:norm=none", 15, 0.1, 1.3)]
    [InlineData("switch:norm=none", 15, 0.1, 1.3)]
    public void They_come_near_to_what_the_finer_layer_sees(string kan, int size, double error, double factor)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(5);
        using KanLinear layer = new(4, 3, KanSettings.Parse(kan));
        using GridRefinement refined = Refined(layer, size);
        Tensor x = 3 * rand(20000, 4) - 1.5, slow = cos(1.5 * x.sum([1L], keepdim: true) / 4) + 1;
        Tensor expected = Gradient(refined.Finer, x, slow), mapped = refined.Gradients!.OfMeans(Gradient(layer, x, slow));
        Assert.InRange((expected - mapped).norm().item<float>(), 0, error * expected.norm().item<float>());
        Tensor squares = zeros_like(expected), oldSquares = zeros_like(Coefficients(layer));
        for (int batch = 0; batch < 40; batch++)
        {
            Tensor some = x[(batch * 500)..((batch + 1) * 500)], noise = randn(500, 1);
            squares += Gradient(refined.Finer, some, noise).square();
            oldSquares += Gradient(layer, some, noise).square();
        }

        double ratio = (refined.Gradients.OfSquares(oldSquares).mean() / squares.mean()).item<float>();
        Assert.InRange(ratio, 1 / factor, factor);
    }

    [Fact]
    public void Squares_stay_at_zero_or_above_and_zeros_stay()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        random.manual_seed(7);
        using KanLinear layer = new(4, 3);
        using GridRefinement refined = Refined(layer, 10);
        Tensor square = randn(Coefficients(layer).shape).square();
        square[0, 1].zero_();
        Tensor mapped = refined.Gradients!.OfSquares(square);
        Assert.True(mapped.min().item<float>() >= 0);
        Assert.Equal(0, mapped[0, 1].abs().max().item<float>());
        Assert.True(mapped[0, 0].min().item<float>() > 0);
        Assert.Equal(0, refined.Gradients.OfMeans(zeros_like(square)).abs().max().item<float>());
    }

    private static GridRefinement Refined(KanLinear layer, int size)
    {
        using var guard = no_grad();
        return GridRefinement.Of(layer, size);
    }

    private static Tensor Coefficients(KanLinear layer) => layer.Tensors.IsEdge ? layer.Coefficients : layer.Tensors[KanRole.FunctionCoefficients];

    private static Tensor Gradient(KanLinear layer, Tensor x, Tensor sensitivity)
    {
        layer.zero_grad();
        (layer.forward(x) * sensitivity).sum().backward();
        return Coefficients(layer).grad!.clone();
    }
}
