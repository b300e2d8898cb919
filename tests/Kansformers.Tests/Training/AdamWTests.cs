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
        IReadOnlyList<ParameterGroup> groups = Groups(parameters, index => index % 2 == 0 ? weightDecay : 0);
        GradientClipping clipping = new(groups, clip);
        using Optimizer optimizer = new(options, groups);
        Reference[] expected = [.. parameters.Select((parameter, index) => new Reference(Doubles(parameter), index % 2 == 0 ? weightDecay : 0))];
        for (int step = 1; step <= 5; step++)
        {
            double rate = 1e-2 / step;
            double[][] gradients = [.. Sizes.Select(size => Doubles(Values(size, size + 100 * step)))];
            foreach ((Parameter parameter, double[] gradient) in parameters.Zip(gradients))
                parameter.grad = tensor(gradient, ScalarType.Float32);
            double norm = Math.Sqrt(gradients.Sum(gradient => gradient.Sum(value => value * value)));
            double scale = clip > 0 ? Math.Min(1, clip / (norm + 1e-6)) : 1;
            (double measured, double factor) = clipping.Measure();
            Assert.Equal(norm, measured, norm * 1e-6);
            optimizer.Step(rate, factor);
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
        using Optimizer fused = new(new AdamWOptions(), Groups([plain])), general = new(new AdamWOptions(), Groups([strided]));
        for (int step = 0; step < 4; step++)
        {
            plain.grad = Values(35, 50 + step).reshape(5, 7);
            strided.grad = Values(35, 50 + step).reshape(5, 7);
            fused.Step(1e-2, 0.7);
            general.Step(1e-2, 0.7);
        }

        AssertClose(Doubles(plain), Doubles(strided), 1e-6);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    public void What_has_no_gradient_yet_or_no_more_follows_the_formula(double weightDecay)
    {
        using var scope = NewDisposeScope();
        const int size = 70_000;
        Parameter parameter = new(Values(size, 3));
        AdamWOptions options = new(WeightDecay: weightDecay);
        using Optimizer optimizer = new(options, Groups([parameter], _ => weightDecay));
        Reference expected = new(Doubles(parameter), weightDecay);
        for (int step = 1; step <= 4; step++)
        {
            // Of the blocks that are passed over some come in step 2, some go in step 3, and most never have a gradient.
            Tensor gradient = zeros(size);
            if (step != 3)
                gradient[5..40] = Values(35, step);
            if (step == 2)
                gradient[66_000..66_010] = Values(10, step);
            parameter.grad = gradient.clone();
            optimizer.Step(1e-2, 0.5);
            expected.Step(Doubles(gradient), 0.5, 1e-2, step, options);
        }

        AssertClose(expected.Values, Doubles(parameter), 2e-6);
    }

    [Fact]
    public void A_gradient_with_strides_of_its_own_updates_the_right_values()
    {
        using var scope = NewDisposeScope();
        Parameter plain = new(Values(35, 1).reshape(5, 7)), other = new(Values(35, 1).reshape(5, 7));
        using Optimizer one = new(new AdamWOptions(), Groups([plain])), two = new(new AdamWOptions(), Groups([other]));
        plain.grad = Values(35, 9).reshape(5, 7);
        other.grad = Values(35, 9).reshape(5, 7).t().contiguous().t();
        one.Step(1e-2);
        two.Step(1e-2);
        Assert.Equal(Doubles(plain), Doubles(other));
    }

    [Fact]
    public void Double_precision_parameters_follow_the_formula_in_double_precision()
    {
        using var scope = NewDisposeScope();
        Parameter parameter = new(Values(11, 1).to(ScalarType.Float64));
        AdamWOptions options = new();
        Reference reference = new(Doubles(parameter), options.WeightDecay);
        using Optimizer optimizer = new(options, Groups([parameter]));
        for (int step = 1; step <= 3; step++)
        {
            parameter.grad = Values(11, 70 + step).to(ScalarType.Float64);
            double[] gradient = Doubles(parameter.grad);
            reference.Step(gradient, 1, 1e-2, step, options);
            optimizer.Step(1e-2);
        }

        AssertClose(reference.Values, Doubles(parameter), 1e-6);
    }

    [Fact]
    public void A_parameter_without_a_gradient_stays_as_it_is()
    {
        using var scope = NewDisposeScope();
        Parameter with = new(Values(10, 1)), without = new(Values(10, 2));
        double[] before = Doubles(without);
        using Optimizer optimizer = new(new AdamWOptions(), Groups([with, without]));
        with.grad = Values(10, 3);
        optimizer.Step(1e-2);
        Assert.Equal(before, Doubles(without));
        Assert.NotEqual(Doubles(Values(10, 1)), Doubles(with));
        Assert.All(optimizer.State.Where(state => state.Name.EndsWith(".1", StringComparison.Ordinal)), state => Assert.Equal(0f, state.Tensor.abs().sum().item<float>()));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_gradient_that_is_not_finite_is_measured_as_such_wherever_it_is(float poison)
    {
        using var scope = NewDisposeScope();
        Parameter good = new(Values(20, 1)), bad = new(Values(20, 2)), without = new(Values(20, 5));
        GradientClipping clipping = new(Groups([good, bad, without]), 1);
        Assert.Equal(0, clipping.Measure().Norm);
        good.grad = Values(20, 3);
        Assert.Equal(Math.Sqrt(Doubles(Values(20, 3)).Sum(value => value * value)), clipping.Measure().Norm, 1e-6);
        foreach (int place in (int[])[0, 19])
        {
            Tensor gradient = Values(20, 4);
            gradient[place] = poison;
            bad.grad = gradient;
            Assert.False(double.IsFinite(clipping.Measure().Norm));
        }
    }

    [Fact]
    public void A_setting_out_of_range_is_named()
    {
        AdamWOptions[] wrong = [new(Beta1: 1), new(Beta2: -0.1), new(Epsilon: 0), new(WeightDecay: double.NaN)];
        string[] names = ["beta1", "beta2", "epsilon", "weight decay"];
        foreach ((AdamWOptions options, string name) in wrong.Zip(names))
            Assert.StartsWith(name + " is ", Assert.Throws<KansformersException>(() => new Optimizer(options, [])).Message, StringComparison.Ordinal);
    }

    private static IReadOnlyList<ParameterGroup> Groups(Parameter[] parameters, Func<int, double>? decay = null) =>
        [.. parameters.Select((parameter, index) => new ParameterGroup(
            ParameterRole.HiddenMatrix,
            [(index.ToString(System.Globalization.CultureInfo.InvariantCulture), parameter)],
            WeightDecay: decay?.Invoke(index) ?? new AdamWOptions().WeightDecay))];

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
