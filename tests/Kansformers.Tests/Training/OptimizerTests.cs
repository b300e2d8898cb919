using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace Kansformers.Tests.Training;

/// <summary>The trials that every listed optimizer goes through, and one that no list knows, which shows what it takes to add one.</summary>
public class OptimizerTests : OneThread
{
    public static TheoryData<OptimizerOptions> Listed => [.. Optimizers.All];

    public static TheoryData<OptimizerOptions> All => [.. Optimizers.All, new MomentumOptions()];

    [Theory]
    [MemberData(nameof(All))]
    public void A_step_on_a_quadratic_lowers_it_in_every_role(OptimizerOptions options)
    {
        foreach (ParameterRole role in Enum.GetValues<ParameterRole>())
        {
            using var scope = NewDisposeScope();
            Parameter parameter = Matrix(1);
            using Optimizer optimizer = new(options, Group(role, parameter));
            double last = Quadratic(parameter);
            for (int step = 0; step < 5; step++)
            {
                optimizer.Step(1e-2);
                double now = Quadratic(parameter);
                Assert.True(now < last, $"{role}, step {step + 1}: {last} -> {now}");
                last = now;
            }

            Assert.Equal(5, optimizer.Steps);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void State_copied_into_a_new_one_goes_on_to_the_same_bits(OptimizerOptions options)
    {
        foreach (ParameterRole role in Enum.GetValues<ParameterRole>())
        {
            using var scope = NewDisposeScope();
            Parameter one = Matrix(1);
            using Optimizer first = new(options, Group(role, one));
            Steps(first, one, 3);
            Parameter two = new(one.detach().clone());
            using Optimizer second = new(options, Group(role, two));
            using (no_grad())
            {
                Assert.Equal(first.State.Select(state => state.Name), second.State.Select(state => state.Name));
                foreach (((string _, Tensor from), (string _, Tensor to)) in first.State.Zip(second.State))
                    to.copy_(from);
            }

            second.Resume(first.Steps);
            Steps(first, one, 3);
            Steps(second, two, 3);
            Assert.Equal(one.bytes.ToArray(), two.bytes.ToArray());
            Assert.All(first.State.Zip(second.State), pair => Assert.Equal(pair.First.Tensor.bytes.ToArray(), pair.Second.Tensor.bytes.ToArray()));
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_rate_of_zero_a_missing_gradient_and_the_scale_do_what_they_say(OptimizerOptions options)
    {
        using var scope = NewDisposeScope();
        Parameter moving = Matrix(1), frozen = Matrix(2), without = Matrix(3), scaled = Matrix(1);
        byte[] frozenBefore = frozen.bytes.ToArray(), withoutBefore = without.bytes.ToArray();
        using Optimizer optimizer = new(options,
        [
            new ParameterGroup(ParameterRole.HiddenMatrix, [("moving", moving), ("without", without)]),
            new ParameterGroup(ParameterRole.Vector, [("frozen", frozen)], RateFactor: 0, WeightDecay: 1),
        ]);
        using Optimizer other = new(options, [new ParameterGroup(ParameterRole.HiddenMatrix, [("moving", scaled)])]);
        (moving.grad, frozen.grad, scaled.grad) = (Matrix(9).detach() * 0.5, Matrix(8).detach(), Matrix(9).detach());
        optimizer.Step(1e-2);
        other.Step(1e-2, 0.5);
        Assert.Equal(frozenBefore, frozen.bytes.ToArray());
        Assert.Equal(withoutBefore, without.bytes.ToArray());
        Assert.Equal(scaled.bytes.ToArray(), moving.bytes.ToArray());
        Assert.NotEqual(Matrix(1).bytes.ToArray(), moving.bytes.ToArray());
        Assert.All((Parameter[])[moving, frozen, without], parameter => Assert.Null(parameter.grad));
    }

    [Theory]
    [MemberData(nameof(Listed))]
    public void A_run_resumes_to_the_same_bits(OptimizerOptions options) => ListTrials.ResumesExactly(TinyTraining.Options with
    {
        Optimizer = options,
        Roles = [new(ParameterRole.KanFunction, 0.5, 0.01), new(ParameterRole.Embedding, 2)],
    });

    [Theory]
    [MemberData(nameof(Listed))]
    public void It_is_listed_and_documented(OptimizerOptions options)
    {
        ListTrials.IsWellListed(options, Optimizers.Named);
        ListTrials.IsDocumented(options);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_model_learns_by_it_and_no_tensor_is_left(OptimizerOptions options)
    {
        using TestFolder folder = new();
        using TokenizedCorpus corpus = TinyTraining.Corpus(folder);
        using Gpt model = TinyTraining.NewModel(corpus);
        List<double> losses = [];
        using (Trainer trainer = new(model, TinyTraining.Options with { Optimizer = options, MaxIters = 60, BatchSize = 8 }, new TrainingData(corpus.Train)))
        {
            trainer.StepEnded += step => losses.Add(step.Loss);
            trainer.Run();
        }

        Assert.True(losses[^5..].Average() < losses[..5].Average() - 0.2, $"{losses[0]} -> {losses[^1]}");
    }

    [Fact]
    public void The_first_is_what_files_of_earlier_versions_mean_and_the_state_has_its_old_names()
    {
        Assert.IsType<AdamWOptions>(Optimizers.All[0]);
        using var scope = NewDisposeScope();
        using Optimizer optimizer = new(Optimizers.All[0], Group(ParameterRole.Head, Matrix(1)));
        Assert.Equal(["exp_avg.weight", "exp_avg_sq.weight"], optimizer.State.Select(state => state.Name));
    }

    private static Parameter Matrix(int seed) => new(tensor(Enumerable.Range(0, 35).Select(i => (float)Math.Sin(1.7 * i + seed)).ToArray(), 5, 7));

    private static ParameterGroup[] Group(ParameterRole role, Parameter parameter) => [new(role, [("weight", parameter)], WeightDecay: 0.1)];

    // Half the squared distance from a fixed point, with its gradient.
    private static double Quadratic(Parameter parameter)
    {
        Tensor loss = (parameter - 3).square().sum() / 2;
        loss.backward();
        return loss.item<float>();
    }

    private static void Steps(Optimizer optimizer, Parameter parameter, int count)
    {
        for (int step = 0; step < count; step++)
        {
            Quadratic(parameter);
            optimizer.Step(1e-2, 0.7);
        }
    }

    private sealed record MomentumOptions(double Momentum = 0.9) : OptimizerOptions("momentum", "gradient descent with momentum", 0)
    {
        public override ParameterUpdate CreateUpdate(ParameterRole role, Parameter parameter, int rowParts) => new Momentous(this, parameter);
    }

    private sealed class Momentous(MomentumOptions options, Parameter parameter) : ParameterUpdate
    {
        private readonly Tensor _velocity = zeros_like(parameter, requires_grad: false).DetachFromDisposeScope();

        public override IEnumerable<(string Name, Tensor Tensor)> State => [("velocity", _velocity)];

        public override void Apply(Parameter parameter, Tensor gradient, UpdateStep current)
        {
            _velocity.mul_(options.Momentum).add_(gradient, alpha: current.GradientScale);
            parameter.mul_(1 - current.LearningRate * current.WeightDecay).add_(_velocity, alpha: -current.LearningRate);
        }
    }
}
