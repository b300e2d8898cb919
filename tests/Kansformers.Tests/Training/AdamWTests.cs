using Kansformers.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Tests.Training;

public class AdamWTests
{
    // Tails of every vector width, one chunk, a chunk's edge, and three chunks, which go to several threads.
    private static readonly int[] Sizes = [1, 3, 7, 8, 9, 17, 1000, 65_536, 131_072 + 5];

    [Theory]
    [InlineData(0, 0.1)]
    [InlineData(0.5, 0.1)]
    [InlineData(1e6, 0)]
    public void Steps_follow_the_published_formula_with_clipping_and_decay_groups(double clip, double weightDecay)
    {
        using var scope = NewDisposeScope();
        Parameter[] parameters = [.. Sizes.Select(size => new Parameter(Values(size, size)))];
        AdamWOptions options = new(WeightDecay: weightDecay);
        using ClippedSteps optimizer = new(Groups(parameters, index => index % 2 == 0), options);
        Reference[] expected = [.. parameters.Select((parameter, index) => new Reference(Doubles(parameter), index % 2 == 0 ? weightDecay : 0))];
        for (int step = 1; step <= 5; step++)
        {
            double rate = 1e-2 / step;
            double[][] gradients = [.. Sizes.Select(size => Doubles(Values(size, size + 100 * step)))];
            foreach ((Parameter parameter, double[] gradient) in parameters.Zip(gradients))
                parameter.grad = tensor(gradient, ScalarType.Float32);
            double norm = Math.Sqrt(gradients.Sum(gradient => gradient.Sum(value => value * value)));
            double scale = clip > 0 ? Math.Min(1, clip / (norm + 1e-6)) : 1;
            Assert.Equal(norm, optimizer.Step(rate, clip), norm * 1e-6);
            foreach ((Reference reference, double[] gradient) in expected.Zip(gradients))
                reference.Step(gradient, scale, rate, step, options);
            Assert.All(parameters, parameter => Assert.Null(parameter.grad));
        }

        Assert.Equal(5, optimizer.Steps);
        foreach ((Parameter parameter, Reference reference) in parameters.Zip(expected))
            AssertClose(reference.Values, Doubles(parameter), 2e-6);
    }

    [Fact]
    public void The_pass_over_memory_and_torch_operations_give_the_same_numbers()
    {
        using var scope = NewDisposeScope();
        Parameter plain = new(Values(35, 1).reshape(5, 7));
        Parameter strided = new(Values(35, 1).reshape(5, 7).t().contiguous().t());
        Assert.False(strided.is_contiguous());
        using ClippedSteps fused = new(Groups([plain], _ => true), new AdamWOptions()), general = new(Groups([strided], _ => true), new AdamWOptions());
        for (int step = 0; step < 4; step++)
        {
            plain.grad = Values(35, 50 + step).reshape(5, 7);
            strided.grad = Values(35, 50 + step).reshape(5, 7);
            Assert.Equal(fused.Step(1e-2, 0.7), general.Step(1e-2, 0.7), 1e-5);
        }

        AssertClose(Doubles(plain), Doubles(strided), 1e-6);
    }

    [Fact]
    public void A_gradient_with_strides_of_its_own_updates_the_right_values()
    {
        using var scope = NewDisposeScope();
        Parameter plain = new(Values(35, 1).reshape(5, 7)), other = new(Values(35, 1).reshape(5, 7));
        using ClippedSteps one = new(Groups([plain], _ => true), new AdamWOptions()), two = new(Groups([other], _ => true), new AdamWOptions());
        plain.grad = Values(35, 9).reshape(5, 7);
        other.grad = Values(35, 9).reshape(5, 7).t().contiguous().t();
        one.Step(1e-2, 1);
        two.Step(1e-2, 1);
        Assert.Equal(Doubles(plain), Doubles(other));
    }

    [Fact]
    public void Double_precision_parameters_follow_the_formula_in_double_precision()
    {
        using var scope = NewDisposeScope();
        Parameter parameter = new(Values(11, 1).to(ScalarType.Float64));
        AdamWOptions options = new();
        Reference reference = new(Doubles(parameter), options.WeightDecay);
        using ClippedSteps optimizer = new(Groups([parameter], _ => true), options);
        for (int step = 1; step <= 3; step++)
        {
            parameter.grad = Values(11, 70 + step).to(ScalarType.Float64);
            double[] gradient = Doubles(parameter.grad);
            reference.Step(gradient, 1, 1e-2, step, options);
            optimizer.Step(1e-2, 0);
        }

        AssertClose(reference.Values, Doubles(parameter), 1e-6);
    }

    [Fact]
    public void A_parameter_without_a_gradient_stays_as_it_is()
    {
        using var scope = NewDisposeScope();
        Parameter with = new(Values(10, 1)), without = new(Values(10, 2));
        double[] before = Doubles(without);
        using ClippedSteps optimizer = new(Groups([with, without], _ => true), new AdamWOptions());
        with.grad = Values(10, 3);
        optimizer.Step(1e-2, 1);
        Assert.Equal(before, Doubles(without));
        Assert.NotEqual(Doubles(Values(10, 1)), Doubles(with));
        Assert.All(optimizer.State.Where(state => state.Name.EndsWith(".1", StringComparison.Ordinal)), state => Assert.Equal(0f, state.Tensor.abs().sum().item<float>()));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_gradient_that_is_not_finite_updates_nothing(float poison)
    {
        using var scope = NewDisposeScope();
        Parameter good = new(Values(20, 1)), bad = new(Values(20, 2));
        using ClippedSteps optimizer = new(Groups([good, bad], _ => true), new AdamWOptions());
        double[][] before = [Doubles(good), Doubles(bad)];
        good.grad = Values(20, 3);
        Tensor gradient = Values(20, 4);
        gradient[19] = poison;
        bad.grad = gradient;
        Assert.False(double.IsFinite(optimizer.Step(1e-2, 1)));
        Assert.Equal(before, [Doubles(good), Doubles(bad)]);
        Assert.Equal(0, optimizer.Steps);
        Assert.All(optimizer.State, state => Assert.Equal(0f, state.Tensor.abs().sum().item<float>()));
        Assert.Null(good.grad);
    }

    [Fact]
    public void A_setting_out_of_range_is_named()
    {
        AdamWOptions[] wrong = [new(Beta1: 1), new(Beta2: -0.1), new(Epsilon: 0), new(WeightDecay: double.NaN)];
        string[] names = ["beta1", "beta2", "epsilon", "weight decay"];
        foreach ((AdamWOptions options, string name) in wrong.Zip(names))
            Assert.StartsWith(name + " is ", Assert.Throws<KansformersException>(() => new Optimizer(options, [])).Message, StringComparison.Ordinal);
    }

    private static (string Name, Parameter Parameter, bool Decays)[] Groups(Parameter[] parameters, Func<int, bool> decays) =>
        [.. parameters.Select((parameter, index) => (index.ToString(System.Globalization.CultureInfo.InvariantCulture), parameter, decays(index)))];

    /// <summary>AdamW with clipping in front of it, as a trainer runs them.</summary>
    private sealed class ClippedSteps : IDisposable
    {
        private readonly ParameterGroup[] _groups;
        private readonly Optimizer _optimizer;

        public ClippedSteps((string Name, Parameter Parameter, bool Decays)[] parameters, AdamWOptions options)
        {
            _groups =
            [
                new(ParameterRole.HiddenMatrix, [.. parameters.Where(entry => entry.Decays).Select(entry => (entry.Name, entry.Parameter))], WeightDecay: options.WeightDecay),
                new(ParameterRole.Vector, [.. parameters.Where(entry => !entry.Decays).Select(entry => (entry.Name, entry.Parameter))]),
            ];
            _optimizer = new Optimizer(options, _groups);
        }

        public long Steps => _optimizer.Steps;

        public IEnumerable<(string Name, Tensor Tensor)> State => _optimizer.State;

        public double Step(double rate, double clip)
        {
            (double norm, double scale) = new GradientClipping(_groups, clip).Measure();
            if (double.IsFinite(norm))
                _optimizer.Step(rate, scale);
            else
                _optimizer.ClearGradients();
            return norm;
        }

        public void Dispose() => _optimizer.Dispose();
    }

    // Numbers between -1 and 1 that need no generator.
    private static Tensor Values(int count, int seed) =>
        tensor(Enumerable.Range(0, count).Select(i => (float)Math.Sin(1.7 * i + 0.3 * seed + 0.01 * i * (seed % 13))).ToArray());

    private static double[] Doubles(Tensor values)
    {
        using var scope = NewDisposeScope();
        return values.detach().to(ScalarType.Float64).contiguous().data<double>().ToArray();
    }

    private static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * (1 + Math.Abs(expected[i])), $"value {i} of {expected.Length}: {actual[i]}, expected {expected[i]}");
    }

    /// <summary>The algorithm on one page of PyTorch's documentation, in double precision.</summary>
    private sealed class Reference(double[] values, double decay)
    {
        private readonly double[] _mean = new double[values.Length], _square = new double[values.Length];

        public double[] Values => values;

        public void Step(double[] gradient, double scale, double rate, int step, AdamWOptions options)
        {
            for (int i = 0; i < values.Length; i++)
            {
                double g = gradient[i] * scale;
                values[i] -= rate * decay * values[i];
                _mean[i] = options.Beta1 * _mean[i] + (1 - options.Beta1) * g;
                _square[i] = options.Beta2 * _square[i] + (1 - options.Beta2) * g * g;
                double mean = _mean[i] / (1 - Math.Pow(options.Beta1, step)), square = _square[i] / (1 - Math.Pow(options.Beta2, step));
                values[i] -= rate * mean / (Math.Sqrt(square) + options.Epsilon);
            }
        }
    }
}
