using Kansformers.Runtime;
using Kansformers.Training;
using Kansformers.Transformers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Tests.Training;

public class MuonTests : OneThread
{
    private static readonly (int Rows, int Columns)[] Shapes = [(1, 1), (1, 7), (5, 1), (3, 4), (16, 16), (17, 31), (40, 33), (128, 128), (128, 300), (300, 40)];

    public static TheoryData<int> Widths => [4, 8, 16];

    [Theory]
    [MemberData(nameof(Widths))]
    public void Steps_follow_the_formula_in_double_precision_at_every_width(int lanes)
    {
        using var scope = NewDisposeScope();
        foreach (((int rows, int columns), double beta) in Shapes.SelectMany(shape => (double[])[0, 0.7], (shape, beta) => (shape, beta)))
        {
            Tensor start = Values(1, rows, columns), parameter = start.clone(), momentum = zeros(rows, columns), squares = zeros(rows);
            (Tensor w, Tensor m, Tensor v) = (start.to(ScalarType.Float64), zeros(rows, columns, ScalarType.Float64), zeros([rows, 1], ScalarType.Float64));
            for (int step = 1; step <= 3; step++)
            {
                Tensor gradient = Conditioned(10 + step, rows, columns);
                MatrixStep.Place place = new(RawMemory.Pointer(parameter), RawMemory.Pointer(gradient), RawMemory.Pointer(momentum), rows, columns) { Squares = beta > 0 ? RawMemory.Pointer(squares) : 0 };
                Run(lanes, place, new MatrixStep.Numbers(0.9, 0.3, Nesterov: step > 1, 0.98, 0.05) { NeuronBeta = beta });
                Tensor fresh = gradient.to(ScalarType.Float64) * (0.1 * 0.3);
                m = m * 0.9 + fresh;
                Tensor update = Straight(step > 1 ? m * 0.9 + fresh : m);
                if (beta > 0)
                {
                    v = v * beta + update.square().mean([1L], keepdim: true) * (1 - beta);
                    Tensor even = update / v.sqrt();
                    update = even * (update.norm() / even.norm());
                }

                w = w * 0.98 - update * 0.05;
            }

            AssertClose(w, parameter, 1e-4 * 0.05 * 3, $"{rows} x {columns}, beta {beta}");
            AssertClose(m, momentum, 1e-6, $"{rows} x {columns}");
        }
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(0.7, false)]
    [InlineData(0, true)]
    [InlineData(0.7, true)]
    public void The_optimizer_follows_schedule_warm_up_decay_parts_rows_and_shape(double beta, bool isDouble)
    {
        using var scope = NewDisposeScope();
        ScalarType type = isDouble ? ScalarType.Float64 : ScalarType.Float32; // torch's operations, or the fused step
        MuonOptions options = new(MatrixRate: 0.05, Momentum: 0.95, MomentumWarmup: 4) { Nesterov = false, NeuronBeta = beta };
        Parameter parameter = new(Values(1, 30, 5).to(type));
        using Optimizer optimizer = new(options, Group(parameter, 3)) { PeakLearningRate = 1e-3 };
        Tensor w = parameter.detach().to(ScalarType.Float64).clone(), m = zeros_like(w), v = zeros([30, 1], ScalarType.Float64);
        for (int step = 1; step <= 6; step++)
        {
            Tensor gradient = Values(40 + step, 30, 5) * linspace(0.2, 5, 30).unsqueeze(1); // parts and rows of unlike sizes
            parameter.grad = gradient.to(type);
            optimizer.Step(1e-3 / step, 0.5);
            double momentum = step >= 5 ? 0.95 : 0.85 + 0.1 * (step - 1) / 4, rate = 0.05 / step * 2; // the group's factor is 2
            m = m * momentum + gradient.to(ScalarType.Float64) * (0.5 * (1 - momentum));
            Tensor[] parts = [.. m.chunk(3).Select(Straight)];
            if (beta > 0)
            {
                v = v * beta + cat(parts).square().mean([1L], keepdim: true) * (1 - beta);
                parts = [.. parts.Zip(v.chunk(3), (part, squares) => (part, even: part / squares.sqrt())).Select(pair => pair.even * (pair.part.norm() / pair.even.norm()))];
            }

            w = w * (1 - rate * 0.1) - cat(parts) * (rate * Math.Sqrt(2)); // 10 rows, 5 columns each
        }

        AssertClose(w, parameter, 1e-4, "parts");
        if (beta > 0)
            AssertClose(v.flatten(), optimizer.State.Single(state => state.Name.Contains("row_squares", StringComparison.Ordinal)).Tensor.flatten(), 1e-5, "squares of rows");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_matrix_whose_momentum_is_zeros_decays_and_what_was_seen_of_its_rows_fades(bool isDouble)
    {
        using var scope = NewDisposeScope();
        ScalarType type = isDouble ? ScalarType.Float64 : ScalarType.Float32;
        Parameter parameter = new(Values(1, 6, 4).to(type));
        using Optimizer optimizer = new(new MuonOptions(Momentum: 0) { NeuronBeta = 0.7 }, Group(parameter, 2)); // without momentum nothing is left of a gradient
        parameter.grad = Values(2, 6, 4).to(type);
        optimizer.Step(1);
        Tensor squares = optimizer.State.Single(state => state.Name.Contains("row_squares", StringComparison.Ordinal)).Tensor;
        double[] before = Doubles(squares), weights = Doubles(parameter);
        Assert.All(before, square => Assert.True(square > 0));
        parameter.grad = Values(2, 6, 4).to(type);
        parameter.grad[..3] = 0; // the first matrix of two
        optimizer.Step(1);
        double[] after = Doubles(squares), now = Doubles(parameter);
        for (int row = 0; row < 6; row++)
        {
            if (row < 3)
                Assert.Equal(0.7 * before[row], after[row], 1e-6);
            else
                Assert.Equal(before[row] * 1.7, after[row], 1e-5); // the same step again: 0.7 · 0.3 x + 0.3 x
        }

        for (int at = 0; at < 12; at++)
            Assert.Equal(weights[at] * (1 - 0.02 * 2 * 0.1), now[at], 1e-6);
        Assert.True(Math.Abs(weights[12] * (1 - 0.02 * 2 * 0.1) - now[12]) > 1e-3);

        static double[] Doubles(Tensor tensor) => tensor.detach().to(ScalarType.Float64).flatten().data<double>().ToArray();
    }

    [Fact]
    public void An_update_is_nearly_orthogonal_and_the_same_at_any_scale_and_transposed()
    {
        using var scope = NewDisposeScope();
        foreach ((int rows, int columns) in Shapes.Where(shape => Math.Min(shape.Rows, shape.Columns) > 1))
        {
            Tensor gradient = Conditioned(3, rows, columns), update = Update(gradient);
            double[] values = linalg.svdvals(update.to(ScalarType.Float64)).data<double>().ToArray();
            Assert.All(values, value => Assert.InRange(value, 0.68, 1.16));
            foreach (float scale in (float[])[1e-12f, 1e-3f, 1e9f])
                AssertClose(update, Update(gradient * scale), 1e-4, $"{rows} x {columns} times {scale}");
            AssertClose(update, Update(gradient.t().contiguous()).t(), 1e-4, $"{rows} x {columns} transposed");
        }
    }

    [Fact]
    public void Torchs_operations_give_the_same_in_double_precision_and_zeros_stay_zeros()
    {
        using var scope = NewDisposeScope();
        foreach (((int rows, int columns), double beta) in Shapes.SelectMany(shape => (double[])[0, 0.7], (shape, beta) => (shape, beta)))
        {
            MuonOptions options = new() { NeuronBeta = beta };
            Parameter parameter = new(Values(1, rows, columns).to(ScalarType.Float64)), fast = new(Values(1, rows, columns));
            using Optimizer general = new(options, Group(parameter)), fused = new(options, Group(fast));
            for (int step = 0; step < 2; step++)
            {
                (parameter.grad, fast.grad) = (Conditioned(step, rows, columns).to(ScalarType.Float64), Conditioned(step, rows, columns));
                general.Step(1e-2);
                fused.Step(1e-2);
            }

            AssertClose(parameter, fast, 2e-5, $"{rows} x {columns}, beta {beta}");
        }

        foreach ((ScalarType type, double beta) in ((ScalarType[])[ScalarType.Float32, ScalarType.Float64]).SelectMany(type => (double[])[0, 0.7], (type, beta) => (type, beta)))
        {
            Parameter still = new(Values(1, 4, 3).to(type));
            using Optimizer optimizer = new(new MuonOptions { NeuronBeta = beta }, Group(still));
            still.grad = zeros_like(still);
            optimizer.Step(1);
            AssertClose(Values(1, 4, 3) * (1 - 0.02 * 2 * 0.1), still, 1e-6, $"{type}, beta {beta}"); // the decay alone
        }
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_bits()
    {
        using var scope = NewDisposeScope();
        List<byte[]> results = [];
        foreach (int threads in (int[])[1, 2, 5])
        {
            set_num_threads(threads);
            Parameter[] parameters = [.. Enumerable.Range(0, 4).Select(index => new Parameter(Values(index, 96, 80 + index)))];
            using Optimizer optimizer = new(new MuonOptions(), [new ParameterGroup(ParameterRole.HiddenMatrix, [.. parameters.Select((one, index) => ($"{index}", one))])]);
            for (int step = 0; step < 2; step++)
            {
                foreach ((Parameter parameter, int index) in parameters.Select((one, index) => (one, index)))
                    parameter.grad = Values(50 + step, 96, 80 + index);
                optimizer.Step(1e-2);
            }

            results.Add([.. parameters.SelectMany(parameter => parameter.bytes.ToArray())]);
        }

        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
    }

    [Fact]
    public void Hidden_matrices_alone_are_made_orthogonal_and_all_else_is_AdamWs()
    {
        using var scope = NewDisposeScope();
        foreach (ParameterRole role in Enum.GetValues<ParameterRole>())
        {
            Parameter muon = new(Values(1, 6, 4)), adam = new(Values(1, 6, 4)), vector = new(Values(1, 1, 4).flatten());
            using Optimizer one = new(new MuonOptions(WeightDecay: 0.1), [new(role, [("w", muon), ("v", vector)], WeightDecay: 0.1)]);
            using Optimizer other = new(new AdamWOptions(), [new(role, [("w", adam)], WeightDecay: 0.1)]);
            Assert.Equal(role == ParameterRole.HiddenMatrix ? ["v", "v", "w"] : ["v", "v", "w", "w"], one.State.Select(state => state.Name[^1..]));
            (muon.grad, adam.grad) = (Values(2, 6, 4), Values(2, 6, 4));
            one.Step(1e-2);
            other.Step(1e-2);
            Assert.Equal(role != ParameterRole.HiddenMatrix, muon.bytes.ToArray().SequenceEqual(adam.bytes.ToArray()));
        }
    }

    [Fact]
    public void A_setting_out_of_range_is_named()
    {
        (MuonOptions, string)[] wrong = [(new(MatrixRate: 0), "matrix rate"), (new(Momentum: 1), "momentum"), (new(MomentumWarmup: -1), "momentum warmup"),
            (new(Beta1: 1), "beta1"), (new(Beta2: -0.1), "beta2"), (new(WeightDecay: double.NaN), "weight decay"), (new() { Epsilon = 0 }, "epsilon"), (new() { NeuronBeta = 1 }, "neuron beta")];
        foreach ((MuonOptions options, string name) in wrong)
            Assert.StartsWith(name + " is ", Assert.Throws<KansformersException>(options.Validate).Message, StringComparison.Ordinal);
    }

    private static void Run(int lanes, MatrixStep.Place place, MatrixStep.Numbers numbers)
    {
        switch (lanes)
        {
            case 16:
                MatrixStep<Simd512>.Run(place, numbers);
                break;
            case 8:
                MatrixStep<Simd256>.Run(place, numbers);
                break;
            default:
                MatrixStep<Simd128>.Run(place, numbers);
                break;
        }
    }

    // The iteration as it is published, with the whole matrix.
    private static Tensor Straight(Tensor u)
    {
        bool isTall = u.shape[0] > u.shape[1];
        Tensor x = (isTall ? u.t() : u) / u.square().sum().sqrt();
        for (int step = 0; step < 5; step++)
        {
            Tensor a = x.mm(x.t());
            x = 3.4445 * x + (-4.7750 * a + 2.0315 * a.mm(a)).mm(x);
        }

        return isTall ? x.t() : x;
    }

    // What a first step of rate 1 without momentum takes away.
    private static Tensor Update(Tensor gradient)
    {
        Parameter parameter = new(zeros_like(gradient));
        using Optimizer optimizer = new(new MuonOptions(MatrixRate: 1, Momentum: 0), Group(parameter));
        parameter.grad = gradient;
        optimizer.Step(1);
        double factor = Math.Sqrt(Math.Max(1, (double)gradient.shape[0] / gradient.shape[1]));
        return -parameter.detach() / (2 * factor); // the group's factor is 2
    }

    private static ParameterGroup[] Group(Parameter parameter, int parts = 1) =>
        [new(ParameterRole.HiddenMatrix, [("weight", parameter)], RateFactor: 2, WeightDecay: 0.1) { RowParts = new Dictionary<string, int> { ["weight"] = parts } }];

    private static Tensor Values(int seed, long rows, long columns)
    {
        random.manual_seed(seed);
        return randn(rows, columns);
    }

    // Singular values from 0.5 to 2.
    private static Tensor Conditioned(int seed, long rows, long columns)
    {
        (Tensor u, Tensor s, Tensor v) = linalg.svd(Values(seed, rows, columns).to(ScalarType.Float64), fullMatrices: false);
        return u.mul(linspace(0.5, 2, s.shape[0], ScalarType.Float64)).mm(v).to(ScalarType.Float32).contiguous();
    }

    private static void AssertClose(Tensor expected, Tensor actual, double tolerance, string what)
    {
        double difference = (expected.detach().to(ScalarType.Float64) - actual.detach().to(ScalarType.Float64)).abs().max().item<double>();
        Assert.True(difference <= tolerance, $"{what}: differs by {difference}");
    }
}
