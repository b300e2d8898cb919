using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Tests.Kan;

/// <summary>All that holds for the engine, and more, with products of our own.</summary>
public sealed class PanelEngineTests : EngineTests, IDisposable
{
    private const double Tolerance = 1e-5;
    private readonly int _threads = get_num_threads();

    public PanelEngineTests() => Settings = Settings with { Path = EnginePath.Panels };

    public void Dispose() => set_num_threads(_threads);

    // Fewer and more tokens than a panel, a group and a tile; inputs in one block and in many; outputs within a panel, and beyond every limit at which the
    // products are cut up.
    public static TheoryData<int, int, int, int> Sizes()
    {
        TheoryData<int, int, int, int> sizes = [];
        foreach (int lanes in (int[])[4, 8, 16])
        {
            foreach ((int tokens, int inputs, int outputs) in ((int, int, int)[])[(1, 1, 1), (5, 70, 6), (33, 9, 50), (300, 40, 13), (2500, 5, 7), (40, 6, 1100), (512, 21, 70), (513, 3, 40), (600, 2, 2300), (700, 3, 400)])
                sizes.Add(lanes, tokens, inputs, outputs);
        }

        return sizes;
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void EveryCutAgreesWithTheFloat64Reference(int lanes, int tokens, int inputs, int outputs)
    {
        using var scope = NewDisposeScope();
        Settings = Settings with { Lanes = lanes };
        using KanLinear layer = Layer(inputs, outputs, new BSplineOptions { StandaloneScaler = inputs != 6 });
        EngineCheck.Agrees(layer, Inputs(tokens, inputs), Tolerance);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    public void EveryOrderAgreesWithTheFloat64ReferenceOnUpdatedGrids(int lanes)
    {
        using var scope = NewDisposeScope();
        Settings = Settings with { Lanes = lanes };
        for (int order = 1; order <= 5; order++)
        {
            using KanLinear layer = Layer(31, 20, new BSplineOptions { SplineOrder = order, GridSize = 9, GridTolerance = double.PositiveInfinity });
            MoveGrid(layer, randn(200, 31));
            EngineCheck.Agrees(layer, randn(50, 31), Tolerance);
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    public void ProductsOfBFloat16AgreeToAHundredth(int lanes)
    {
        using var scope = NewDisposeScope();
        Settings = Settings with { Lanes = lanes, HasBFloat16Products = false };
        using KanLinear layer = Layer(33, 21);
        layer.Precision = Precision.BFloat16;
        EngineCheck.Agrees(layer, Inputs(150, 33), 1e-2);
    }

    [Theory]
    [InlineData(8192, 24, 12)]
    [InlineData(2, 200, 90)]
    public void TheNumberOfThreadsChangesOnlyRounding(int tokens, int inputs, int outputs)
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = Layer(inputs, outputs);
        foreach (int threads in (int[])[1, 2, 3, 7])
        {
            set_num_threads(threads);
            EngineCheck.Agrees(layer, Inputs(tokens, inputs), Tolerance);
        }
    }

    [Fact]
    public void AnEdgesBrokenWeightBreaksItsOutputOnly()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using KanLinear layer = Layer(7, 20);
        layer.BaseWeight![3, 2] = float.NaN;
        Tensor broken = layer.forward(Inputs(40, 7)).isnan().any(0);
        Assert.Equal(arange(20).eq(3).data<bool>().ToArray(), broken.data<bool>().ToArray());
    }

    [Fact]
    public void GradientsThatATrainerCollectsAddUp()
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = Layer(13, 21);
        Tensor x = Inputs(40, 13), upstream = randn(40, 21);
        using GradientBuffers buffers = new(layer.parameters());
        buffers.Collect(() =>
        {
            layer.forward(x).backward([upstream]);
            layer.forward(x * 0.5).backward([upstream]);
        });
        buffers.Publish();
        layer.Engine = Settings with { Path = EnginePath.Library };
        Parameter[] parameters = [layer.BaseWeight!, layer.Coefficients, layer.Scaler!];
        IList<Tensor> once = autograd.grad([layer.forward(x)], parameters, [upstream]), again = autograd.grad([layer.forward(x * 0.5)], parameters, [upstream]);
        for (int at = 0; at < parameters.Length; at++)
            EngineCheck.Close($"gradient {at}", parameters[at].grad!, once[at] + again[at], Tolerance);
    }
}

/// <summary>All that holds for the engine, with libtorch's products.</summary>
public sealed class LibraryEngineTests : EngineTests
{
    public LibraryEngineTests() => Settings = Settings with { Path = EnginePath.Library };

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    public void EveryVectorWidthAgreesWithTheFloat64Reference(int lanes)
    {
        using var scope = NewDisposeScope();
        Settings = Settings with { Lanes = lanes };
        foreach ((int tokens, int inputs, int outputs) in ((int, int, int)[])[(1, 1, 1), (33, 9, 50), (2500, 70, 7), (4100, 3, 40)])
        {
            using KanLinear layer = Layer(inputs, outputs);
            EngineCheck.Agrees(layer, Inputs(tokens, inputs), 1e-5);
        }
    }
}
