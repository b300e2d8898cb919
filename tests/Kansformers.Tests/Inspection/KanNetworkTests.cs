using System.Diagnostics;
using Kansformers.Formulas;
using Kansformers.Inspection;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Inspection;

public class KanNetworkTests(ITestOutputHelper output)
{
    private static readonly KanWidth[] Plain = [2, 5, 1], Deep = [4, 2, 1, 1];

    public static TheoryData<string, int, int> Shapes => new()
    {
        { "plain", 3, 3 }, { "plain", 7, 3 }, { "deep", 2, 2 }, { "deep", 4, 1 }, { "products", 3, 3 }, { "products", 2, 4 }, { "formulas", 3, 3 }, { "formulas", 5, 2 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Outputs_and_gradients_are_those_of_plain_torch_operations(string shape, int gridSize, int order)
    {
        KanNetwork network = Make(shape, gridSize, order);
        Samples x = Tables.Random(50, network.DataColumns, 3, -1.3, 1.5), y = Tables.Random(50, network.Outputs, 4);
        foreach (PenaltyOptions penalty in Enum.GetValues<EdgeMeasure>().SelectMany(measure => (bool[])[false, true], (measure, pykan) =>
            new PenaltyOptions { Measure = measure, Coefficients = 0.2, Smoothness = 0.3, GradientsOfPykan = pykan }))
        {
            using var scope = NewDisposeScope();
            using KanNetworkReference reference = new(network);
            (Tensor outputs, List<LayerDeviations> deviations) = reference.Forward(x.ToTensor());
            Tensor whole = (outputs - y.ToTensor()).square().mean() + 0.1 * reference.Penalty(deviations, penalty);
            whole.backward();
            FitObjective objective = new(network, new FitOptions { Penalty = penalty, PenaltyWeight = 0.1 }, x, y);
            double[] at = new double[objective.Parameters.Count], gradient = new double[at.Length];
            objective.Parameters.Read(at);
            Assert.Equal(whole.item<double>(), objective.Evaluate(at, gradient), 1e-12);
            double[] wanted = [.. reference.Parameters.SelectMany(parameter => (parameter.grad ?? zeros_like(parameter)).contiguous().data<double>().ToArray())];
            Assert.Equal(wanted.Length, gradient.Length);
            Assert.True(wanted.Zip(gradient, (a, b) => Math.Abs(a - b)).Max() < 1e-11 * (1 + wanted.Max(Math.Abs)), $"{penalty}");
            Assert.True(Tables.Distance(Samples.FromTensor(outputs), network.Forward(x)) < 1e-13);
        }
    }

    [Fact]
    public void Gradients_are_the_derivatives_of_the_loss()
    {
        KanNetwork network = Make("products", 3, 3);
        Samples x = Tables.Random(30, 2, 1), y = new(30, 1);
        FitObjective objective = new(network, new FitOptions { Loss = FitLoss.MeanSquare, PenaltyWeight = 0.2, Penalty = new PenaltyOptions { Measure = EdgeMeasure.NodeScore } }, x, y);
        double[] at = new double[objective.Parameters.Count], gradient = new double[at.Length], other = new double[at.Length];
        objective.Parameters.Read(at);
        objective.Evaluate(at, gradient);
        for (int index = 0; index < at.Length; index++)
        {
            double kept = at[index];
            at[index] = kept + 1e-6;
            double above = objective.Evaluate(at, other);
            at[index] = kept - 1e-6;
            double below = objective.Evaluate(at, other);
            at[index] = kept;
            Assert.Equal((above - below) / 2e-6, gradient[index], 1e-7);
        }
    }

    [Fact]
    public void Cross_entropy_is_torchs()
    {
        using var scope = NewDisposeScope();
        Samples outputs = Tables.Random(20, 3, 5, -4, 4), classes = Tables.Map(Tables.Random(20, 1, 6, 0, 2.999), row => Math.Floor(row[0]));
        Tensor x = outputs.ToTensor().requires_grad_(), loss = nn.functional.cross_entropy(x, classes.ToTensor().to_type(ScalarType.Int64).view(-1));
        loss.backward();
        Samples gradient = new(20, 3);
        Assert.Equal(loss.item<double>(), FitLosses.Compute(FitLoss.CrossEntropy, outputs.Values, classes, gradient.Values), 1e-14);
        Assert.True(Tables.Distance(Samples.FromTensor(x.grad!), gradient) < 1e-15);
    }

    [Fact]
    public void Threads_do_not_change_a_bit()
    {
        KanNetwork network = new(new KanNetworkOptions { Widths = [6, 8, 2] });
        Samples many = Tables.Random(10_000, 6, 2), few = many.Take(0, 1, 2, 9_999);
        Samples all = network.Forward(many), some = network.Forward(few);
        Assert.Equal(some[2, 1], all[2, 1]);
        Assert.Equal(some[3, 0], all[9_999, 0]);
    }

    [Fact]
    public void What_is_no_number_outside_the_grid_or_at_its_end_is_defined()
    {
        KanNetwork network = new(new KanNetworkOptions { Widths = [1, 1], Base = EdgeBase.Zero });
        double end = network.Layers[0].KnotsOf(0)[^1];
        Samples outputs = network.Forward(Samples.OfColumns([end, -end - 1, 1e300, double.PositiveInfinity, double.NaN]));
        Assert.Equal([0, 0, 0, 0, double.NaN], outputs.Column(0).ToArray());
    }

    [Fact]
    public void A_seed_makes_the_same_network_and_another_another()
    {
        Samples x = Tables.Random(5, 2, 1);
        KanNetworkOptions options = new() { Seed = 7 };
        Assert.Equal(0, Tables.Distance(new KanNetwork(options).Forward(x), new KanNetwork(options).Forward(x)));
        Assert.NotEqual(0, Tables.Distance(new KanNetwork(options).Forward(x), new KanNetwork(options with { Seed = 8 }).Forward(x)));
    }

    [Theory]
    [InlineData("grid size", 0)]
    [InlineData("spline order", 11)]
    public void An_option_that_cannot_be_is_named(string name, int value)
    {
        KanNetworkOptions options = name == "grid size" ? new() { GridSize = value } : new() { SplineOrder = value };
        Assert.Contains(name, Assert.Throws<KansformersException>(() => new KanNetwork(options)).Message, StringComparison.Ordinal);
        Assert.Throws<KansformersException>(() => new KanNetwork(new() { Widths = [2, new(0, 1), 1] }));
        Assert.Throws<KansformersException>(() => new KanNetwork(new() { Widths = [new(1, 2), 1] }));
        Assert.Throws<ArgumentException>(() => new KanNetwork(new()).Forward(new Samples(3, 5)));
    }

    // Timings depend on the machine: they are measured where KANSFORMERS_TIMINGS is set.
    [Fact]
    public void Ten_times_as_fast_as_plain_torch_operations()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("KANSFORMERS_TIMINGS") is null, "measures where KANSFORMERS_TIMINGS is set");
        foreach ((KanWidth[] widths, int gridSize) in ((KanWidth[], int)[])[(Plain, 3), (Plain, 10), ([2, 1, 1], 20), ([2, 1, 1], 100)])
        {
            KanNetwork network = new(new KanNetworkOptions { Widths = widths, GridSize = gridSize });
            Samples x = Tables.Random(1000, 2, 1), y = Tables.Map(x, row => Math.Exp(Math.Sin(Math.PI * row[0]) + row[1] * row[1]));
            FitObjective objective = new(network, new FitOptions { PenaltyWeight = 0.01 }, x, y);
            double[] at = new double[objective.Parameters.Count], gradient = new double[at.Length];
            objective.Parameters.Read(at);
            using KanNetworkReference reference = new(network);
            using Tensor inputs = x.ToTensor(), targets = y.ToTensor();
            double ours = Best(() => objective.Evaluate(at, gradient)), theirs = Best(() =>
            {
                using var scope = NewDisposeScope();
                (Tensor outputs, List<LayerDeviations> deviations) = reference.Forward(inputs);
                ((outputs - targets).square().mean() + 0.01 * reference.Penalty(deviations, new PenaltyOptions())).backward();
            });
            output.WriteLine(FormattableString.Invariant($"{network}: {ours:0.000} ms, torch operations {theirs:0.00} ms, {theirs / ours:0.0} times"));
            Assert.True(theirs > 10 * ours);
        }

        static double Best(Action work)
        {
            double best = double.PositiveInfinity;
            long begin = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(begin).TotalSeconds < 1.5)
            {
                long start = Stopwatch.GetTimestamp();
                work();
                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            return best;
        }
    }

    internal static KanNetwork Make(string shape, int gridSize, int order)
    {
        KanWidth[] widths = shape switch { "plain" => Plain, "deep" => Deep, "products" => [2, new(1, 2, 3), new(0, 2)], _ => [2, new(2, 2), 2] };
        KanNetwork network = new(new KanNetworkOptions { Widths = widths, GridSize = gridSize, SplineOrder = order, NoiseScale = 2, TrainAffine = true, Seed = 11, Base = shape == "deep" ? EdgeBase.Identity : EdgeBase.Silu });
        Random random = new(5);
        foreach (KanNetworkLayer layer in network.Layers)
        {
            foreach (ref double value in layer.SubnodeBias.AsSpan())
                value = random.NextDouble() - 0.5;
            foreach (ref double value in layer.NodeScale.AsSpan())
                value = 0.5 + random.NextDouble();
        }

        network.Layers[0].RemoveEdge(0, 1);
        if (shape == "formulas")
        {
            network.Layers[0].SetFormula(1, 0, new EdgeFormula(EdgeFunction.Of("sin"), 2, 0.3, 0.7, -0.2));
            network.Layers[0].SetFormula(2, 1, new EdgeFormula(EdgeFunction.Of("x^2"), -1, 0.1, 1.5, 0.4));
            network.Layers[1].SetFormula(1, 2, new EdgeFormula(EdgeFunction.Of("exp"), 0.5, -0.1, 0.3, 0));
        }

        return network;
    }
}
