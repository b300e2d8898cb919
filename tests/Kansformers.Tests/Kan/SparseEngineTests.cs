using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Tests.Kan;

/// <summary>All that holds for the engine, and more, on the path that multiplies live coefficients only.</summary>
public sealed class SparseEngineTests : EngineTests
{
    private const double Tolerance = 1e-5;

    public SparseEngineTests() => Settings = Settings with { Path = EnginePath.LiveCoefficients };

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    public void EveryVectorWidthAndBlockOfOutputsAgreesWithTheFloat64Reference(int lanes)
    {
        using var scope = NewDisposeScope();
        Settings = Settings with { Lanes = lanes };
        foreach (int order in (int[])[1, 2, 3, 4, 5])
        {
            foreach ((int outputs, int size) in ((int, int)[])[(1, 50), (31, 7), (64, 50), (130, 20), (200, 90)])
            {
                using KanLinear layer = Layer(9, outputs, new BSplineOptions { SplineOrder = order, GridSize = size });
                EngineCheck.Agrees(layer, Inputs(23, 9), Tolerance);
            }
        }
    }

    [Theory]
    [InlineData(2600, 41, 130, false)]
    [InlineData(2600, 41, 130, true)]
    [InlineData(1025, 3, 17, true)]
    public void ManyTilesAndChunksOfTokensAgreeWithTheFloat64Reference(int tokens, int inputs, int outputs, bool updated)
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = Layer(inputs, outputs, new BSplineOptions { GridSize = 50, GridTolerance = double.PositiveInfinity });
        if (updated)
            MoveGrid(layer, randn(300, inputs));
        EngineCheck.Agrees(layer, randn(tokens, inputs), Tolerance);
    }

    [Fact]
    public void KnotsThatLieAnyhowAgreeWithTheFloat64Reference()
    {
        using var scope = NewDisposeScope();
        foreach (int order in (int[])[1, 2, 3, 4, 5])
        {
            using KanLinear layer = Layer(12, 5, new BSplineOptions { SplineOrder = order, GridSize = 30 });
            using (no_grad())
            {
                // From far apart to a thousandth of the range; one input has a grid of its own far from zero.
                Tensor widths = pow(10, 3 * rand(layer.Grid!.shape) - 3);
                layer.Grid!.copy_(widths.cumsum(1) - 1);
                layer.Grid![4].add_(100);
            }

            Tensor knots = layer.Grid!.transpose(0, 1);
            EngineCheck.Agrees(layer, cat([knots, knots[..^1] * 0.3 + knots[1..] * 0.7], 0), 4 * Tolerance, gradients: false);
            EngineCheck.Agrees(layer, knots[..^1] * 0.3 + knots[1..] * 0.7, 4 * Tolerance);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void BrokenInputsBreakTheSameGradientsAsOnTheDensePath(int order)
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = Layer(9, 4, new BSplineOptions { SplineOrder = order, GridSize = 20 });
        Tensor x = Inputs(30, 9);
        x[3, 2] = float.NaN;
        x[5, 8] = float.PositiveInfinity;
        x[7, 0] = float.NegativeInfinity;
        Tensor upstream = randn(30, 4);
        foreach ((Tensor sparse, Tensor dense) in Gradients(layer, x, upstream, sparse: true).Zip(Gradients(layer, x, upstream, sparse: false)))
        {
            Assert.True(sparse.isnan().any().item<bool>());
            EngineCheck.Close("gradient", sparse, dense, Tolerance);
        }
    }

    [Fact]
    public void TheNumberOfThreadsDoesNotMatter()
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = Layer(70, 48, new BSplineOptions { GridSize = 40 });
        Tensor x = Inputs(2500, 70), upstream = randn(2500, 48);
        using (no_grad())
            layer.BaseWeight!.zero_(); // its product is libtorch's
        int threads = get_num_threads();
        try
        {
            set_num_threads(1);
            Tensor[] alone = Gradients(layer, x, upstream, sparse: true);
            foreach (int many in (int[])[2, 3, 7])
            {
                set_num_threads(many);
                Tensor[] together = Gradients(layer, x, upstream, sparse: true);
                foreach (int at in (int[])[0, 1, 3, 4])
                    Assert.True(alone[at].equal(together[at]).all().item<bool>());
            }
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    [Fact]
    public void GradientsThatATrainerCollectsAddUp()
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = Layer(13, 21, new BSplineOptions { GridSize = 30 });
        Tensor x = Inputs(40, 13), upstream = randn(40, 21);
        using GradientBuffers buffers = new(layer.parameters());
        buffers.Collect(() =>
        {
            layer.forward(x).backward([upstream]);
            layer.forward(x * 0.5).backward([upstream]);
        });
        buffers.Publish();
        Tensor[] once = Gradients(layer, x, upstream, sparse: false), again = Gradients(layer, x * 0.5, upstream, sparse: false);
        Parameter[] parameters = [layer.BaseWeight!, layer.Coefficients, layer.Scaler!];
        for (int at = 0; at < parameters.Length; at++)
            EngineCheck.Close($"gradient {at}", parameters[at].grad!, once[at + 2] + again[at + 2], Tolerance);
    }

    [Fact]
    public void ItIsTakenForLargeGridsAndManyTokensOnly()
    {
        using var scope = NewDisposeScope();
        Assert.True(IsFaster(50, 8192, 512));
        Assert.True(IsFaster(50, 1024, 48));
        Assert.True(IsFaster(12, 8192, 128));
        Assert.False(IsFaster(5, 8192, 512));
        Assert.False(IsFaster(12, 16, 512));
        Assert.False(IsFaster(50, 0, 512));

        bool IsFaster(int size, long tokens, int outputs) =>
            IsSparse(new BSplineOptions { GridSize = size }, outputs, tokens);
    }

    [Fact]
    public void KnotsThatAreOutOfOrderAreLeftToTheDensePath()
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = new(3, 100, new BSplineOptions { GridSize = 50 });
        Assert.Equal(EnginePath.LiveCoefficients, layer.PathOf(1000, gradients: true));
        layer.Grid![1, 4] = 5;
        Assert.NotEqual(EnginePath.LiveCoefficients, layer.PathOf(1000, gradients: true));
        layer.Grid![1, 4] = float.NaN;
        Assert.NotEqual(EnginePath.LiveCoefficients, layer.PathOf(1000, gradients: true));
    }

    private static bool IsSparse(BSplineOptions options, int outputs, long tokens)
    {
        using KanLinear layer = new(6, outputs, options);
        return layer.PathOf(tokens, gradients: true) == EnginePath.LiveCoefficients;
    }

    // The output and all gradients: of the input, the base weight, the spline weight and the scaler.
    private static Tensor[] Gradients(KanLinear layer, Tensor x, Tensor upstream, bool sparse)
    {
        layer.Engine = EngineSettings.OfThisMachine with { Path = sparse ? EnginePath.LiveCoefficients : EnginePath.Panels };
        Tensor leaf = x.detach().clone().requires_grad_();
        Tensor y = layer.forward(leaf);
        return [y.detach(), .. autograd.grad([y], [leaf, layer.BaseWeight!, layer.Coefficients, layer.Scaler!], [upstream])];
    }
}
