using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Kan;

public class EngineTests
{
    private const double Tolerance = 1e-5;

    /// <summary>What layers ask of the engine: derived classes run the same tests on a path of their own.</summary>
    private protected EngineSettings Settings { get; set; } = EngineSettings.OfThisMachine;

    public static TheoryData<int, int> OrdersAndGridSizes()
    {
        TheoryData<int, int> data = [];
        foreach (int order in (int[])[1, 2, 3, 4, 5])
        {
            foreach (int size in (int[])[1, 2, 5, 13, 50])
                data.Add(order, size);
        }

        return data;
    }

    public static TheoryData<BaseActivation> Activations() => [.. Enum.GetValues<BaseActivation>()];

    [Theory]
    [MemberData(nameof(OrdersAndGridSizes))]
    public void EveryOrderAndGridSizeAgreesWithTheFloat64Reference(int order, int size)
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = Layer(11, 7, new BSplineOptions { SplineOrder = order, GridSize = size });
        EngineCheck.Agrees(layer, Inputs(45, 11), Tolerance);
    }

    [Theory]
    [MemberData(nameof(Activations))]
    public void EveryActivationAgreesWithTheFloat64Reference(BaseActivation activation)
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = Layer(13, 6, new BSplineOptions { BaseActivation = activation });
        EngineCheck.Agrees(layer, 3 * Inputs(29, 13), Tolerance);
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 3, 5)]
    [InlineData(2, 1, 9)]
    [InlineData(7, 8, 8)]
    [InlineData(16, 15, 17)]
    [InlineData(129, 9, 33)]
    [InlineData(2051, 17, 5)]
    [InlineData(301, 300, 4)]
    public void OddSizesAgreeWithTheFloat64Reference(int tokens, int inputs, int outputs)
    {
        using var scope = NewDisposeScope();
        foreach (bool scaler in (bool[])[true, false])
        {
            using KanLinear layer = Layer(inputs, outputs, new BSplineOptions { StandaloneScaler = scaler });
            EngineCheck.Agrees(layer, Inputs(tokens, inputs), Tolerance);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void GridsThatWereUpdatedAgreeWithTheFloat64Reference(int order)
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = Layer(10, 6, new BSplineOptions { SplineOrder = order, GridSize = 6, GridTolerance = double.PositiveInfinity });
        MoveGrid(layer, randn(200, 10) * arange(1, 11) / 5);
        EngineCheck.Agrees(layer, randn(70, 10) * arange(1, 11) / 5, Tolerance);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void InputsOnKnotsAtTheEndsAndOutsideAgreeWithTheFloat64Reference(int order)
    {
        using var scope = NewDisposeScope();
        foreach (int size in (int[])[1, 5, 50])
        {
            using KanLinear layer = Layer(3, 4, new BSplineOptions { SplineOrder = order, GridSize = size });
            Tensor knots = layer.Grid!.transpose(0, 1);
            Tensor outside = tensor([-1e30f, -50f, -7f, 7f, 50f, 1e30f]).unsqueeze(1).expand(-1, 3);
            EngineCheck.Agrees(layer, cat([knots, outside, knots * 0.5], 0), Tolerance);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void RepeatedKnotsAgreeWithTheFloat64Reference(int order)
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = Layer(9, 4, new BSplineOptions { SplineOrder = order, GridSize = 4 });
        using (no_grad())
        {
            // Two inner knots coincide, and on one input so do all knots below the range.
            layer.Grid![.., order + 2].copy_(layer.Grid![.., order + 1]);
            layer.Grid![3, ..(order + 1)].fill_(-1);
            layer.Grid![4].fill_(0.5f);
        }

        EngineCheck.Agrees(layer, cat([Inputs(40, 9), layer.Grid!.transpose(0, 1)], 0), Tolerance);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(4, false)]
    [InlineData(5, false)]
    [InlineData(3, true)]
    public void BrokenInputsReachTheSameValuesAsInTheReference(int order, bool updated)
    {
        using var scope = NewDisposeScope();
        foreach (BaseActivation activation in (BaseActivation[])[BaseActivation.Silu, BaseActivation.Relu, BaseActivation.Identity, BaseActivation.Tanh])
        {
            using KanLinear layer = Layer(9, 4, new BSplineOptions { SplineOrder = order, BaseActivation = activation, GridTolerance = double.PositiveInfinity });
            if (updated)
                MoveGrid(layer, randn(100, 9));
            Tensor x = Inputs(30, 9);
            x[3, 2] = float.NaN;
            x[5, 8] = float.PositiveInfinity;
            x[7, 0] = float.NegativeInfinity;
            EngineCheck.Agrees(layer, x, Tolerance, gradients: false);

            Tensor y = layer.forward(x);
            Assert.True(y[3].isnan().all().item<bool>());
            Assert.True(y[..3].isfinite().all().item<bool>());
            Assert.True(y[6].isfinite().all().item<bool>());

            // An infinite input is outside every grid: where the activation is finite there, so is everything.
            if (activation == BaseActivation.Tanh)
                EngineCheck.Agrees(layer, x[4..], Tolerance);
        }
    }

    [Fact]
    public void InputsWithAnyStridesAgreeWithTheFloat64Reference()
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = Layer(12, 5);
        EngineCheck.Agrees(layer, Inputs(12, 30).t(), Tolerance);
        EngineCheck.Agrees(layer, Inputs(60, 24)[.., TensorIndex.Slice(null, null, 2)], Tolerance);
        EngineCheck.Agrees(layer, Inputs(1, 12).expand(20, -1), Tolerance);
        EngineCheck.Agrees(layer, Inputs(33, 12)[3..], Tolerance);
    }

    [Fact]
    public void AnyNumberOfLeadingDimensionsAgreesWithTheFloat64Reference()
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = Layer(10, 5);
        foreach (long[] shape in (long[][])[[10], [4, 10], [3, 4, 10], [2, 3, 4, 10], [0, 10], [3, 0, 10]])
            EngineCheck.Agrees(layer, Inputs(shape), Tolerance);
    }

    [Fact]
    public void RandomLayersAgreeWithTheFloat64Reference()
    {
        // The same layers in every run: a bound on rounding is met by these, and by others with a probability only.
        Random chance = new(1);
        for (int i = 0; i < 200; i++)
        {
            using var scope = NewDisposeScope();
            double low = -3 + 4 * chance.NextDouble(), width = 0.1 + 4.9 * chance.NextDouble();
            BSplineOptions options = new()
            {
                SplineOrder = chance.Next(1, 6), GridSize = chance.Next(1, 13), StandaloneScaler = chance.Next(2) == 0, GridLow = low, GridHigh = low + width,
            };
            using KanLinear layer = Layer(chance.Next(1, 41), chance.Next(1, 21), options);
            Tensor x = low + width * (1.4 * rand(chance.Next(0, 71), layer.InFeatures, generator: new Generator((ulong)i)) - 0.2);
            EngineCheck.Agrees(layer, x, Tolerance);
        }
    }

    [Fact]
    public void OnlyTheGradientsThatAreWantedAreComputed()
    {
        using var scope = NewDisposeScope();
        for (int frozen = 0; frozen < 16; frozen++)
        {
            using KanLinear layer = Layer(9, 4);
            layer.BaseWeight!.requires_grad_((frozen & 1) == 0);
            layer.Coefficients.requires_grad_((frozen & 2) == 0);
            layer.Scaler!.requires_grad_((frozen & 4) == 0);
            EngineCheck.Agrees(layer, Inputs(21, 9), Tolerance, inputGradient: (frozen & 8) == 0);
        }
    }

    [Theory]
    [MemberData(nameof(OrdersAndGridSizes))]
    public void WithoutGradientsAFewTokensAgreeWithTheFloat64Reference(int order, int size)
    {
        using var scope = NewDisposeScope();
        foreach ((int inputs, bool scaler) in ((int, bool)[])[(7, false), (24, true)])
        {
            using KanLinear layer = Layer(inputs, 10, new BSplineOptions { SplineOrder = order, GridSize = size, StandaloneScaler = scaler, GridTolerance = double.PositiveInfinity });
            using var guard = no_grad();
            foreach (bool updated in (bool[])[false, true])
            {
                if (updated)
                    MoveGrid(layer, randn(60, inputs));
                foreach (int tokens in (int[])[0, 1, 2, 4, 5, 9])
                    EngineCheck.Agrees(layer, Inputs(tokens, inputs), Tolerance, gradients: false);
                Tensor knots = layer.Grid!.transpose(0, 1);
                for (int knot = 0; knot < knots.shape[0]; knot += 4)
                    EngineCheck.Agrees(layer, knots[knot..Math.Min(knot + 4, (int)knots.shape[0])], Tolerance, gradients: false);
                EngineCheck.Agrees(layer, full(2, inputs, float.NaN), Tolerance, gradients: false);
                EngineCheck.Agrees(layer, full(2, inputs, float.PositiveInfinity), Tolerance, gradients: false);
            }
        }
    }

    [Fact]
    public void ALayerUsedTwiceInOneGraphAgreesWithTheFloat64Reference()
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = Layer(8, 8);
        EngineCheck.Agrees([layer, layer], Inputs(50, 8), Tolerance);
    }

    [Fact]
    public void StackedLayersAgreeWithTheFloat64Reference()
    {
        using var scope = NewDisposeScope();
        using KanLinear first = Layer(8, 19), second = Layer(19, 3, new BSplineOptions { SplineOrder = 2, GridSize = 9 });
        EngineCheck.Agrees([first, second], Inputs(50, 8), Tolerance);
    }

    [Fact]
    public void ParametersChangedInPlaceAreSeenAtOnce()
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = Layer(10, 6);
        Tensor x = Inputs(20, 10);
        using (no_grad())
        {
            layer.forward(x);
            layer.Coefficients.mul_(3);
            layer.Scaler!.add_(0.5);
            layer.BaseWeight!.neg_();
            layer.Grid!.mul_(1.5);
        }

        EngineCheck.Agrees(layer, x, Tolerance);
    }

    [Fact]
    public void TheSameInputGivesTheSameBits()
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = Layer(64, 48);
        Tensor x = Inputs(2000, 64).requires_grad_();
        Tensor upstream = randn(2000, 48);
        Tensor[] first = Run(), second = Run();
        Assert.All(first.Zip(second), pair => Assert.True(pair.First.equal(pair.Second).all().item<bool>()));

        Tensor[] Run()
        {
            Tensor y = layer.forward(x);
            return [y, .. autograd.grad([y], [x, layer.BaseWeight!, layer.Coefficients, layer.Scaler!], [upstream])];
        }
    }

    [Fact]
    public void GradientsOfGradientsAgreeWithTheReference()
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = Layer(6, 4);
        Tensor x = Inputs(15, 6).requires_grad_();
        Tensor fast = Penalty();
        layer.UseReference = true;
        EngineCheck.Close("second derivative", fast, Penalty().to_type(ScalarType.Float64), 1e-4);

        Tensor Penalty()
        {
            Tensor slope = autograd.grad([layer.forward(x).pow(2).sum()], [x], retain_graph: true, create_graph: true)[0];
            return autograd.grad([slope.pow(2).sum()], [layer.Coefficients])[0];
        }
    }

    [Fact]
    public void AnInputChangedBetweenForwardAndBackwardIsAnErrorAndNotAWrongGradient()
    {
        using var scope = NewDisposeScope();
        using KanLinear layer = Layer(6, 4);
        Tensor x = Inputs(15, 6);
        Tensor y = layer.forward(x);
        x.add_(1);
        Exception failure = Assert.ThrowsAny<Exception>(() => BackwardPass.Run(() => y.sum().backward()));
        Assert.Contains("modified by an inplace operation", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ThousandsOfStepsLeaveNoTensorBehind()
    {
        using var scope = NewDisposeScope();
        using KanLinear first = Layer(6, 9), second = Layer(9, 3);
        Tensor x = Inputs(17, 6).requires_grad_();
        for (int step = 0; step < 20; step++)
            Step();
        GC.Collect(); // what other tests have left must not be finalized while this one counts
        GC.WaitForPendingFinalizers();
        long before = Tensor.TotalCount;
        for (int step = 0; step < 2000; step++)
            Step();
        Assert.Equal(before, Tensor.TotalCount);

        void Step()
        {
            using var inner = NewDisposeScope();
            second.forward(first.forward(x)).sum().backward();
            using var guard = no_grad();
            first.forward(x[..1]);
        }
    }

    protected KanLinear Layer(int inputs, int outputs, KanOptions? options = null)
    {
        manual_seed(7);
        KanLinear layer = new(inputs, outputs, options) { Engine = Settings };
        using var guard = no_grad();
        using var scope = NewDisposeScope();

        // Splines of the size of the base branch: at their initial size a wrong basis would hide behind it.
        layer.Coefficients.copy_(randn_like(layer.Coefficients));
        return layer;
    }

    // The refit may need coefficients of many thousands, in whose shadow no float32 result is exact: the splines get new ones.
    protected static void MoveGrid(KanLinear layer, Tensor samples)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        layer.UpdateGrid(samples);
        layer.Coefficients.copy_(randn_like(layer.Coefficients));
    }

    protected static Tensor Inputs(params long[] shape)
    {
        manual_seed(11);
        return 2.6 * rand(shape) - 1.3;
    }
}
