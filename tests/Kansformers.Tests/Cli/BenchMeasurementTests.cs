using Kansformers.Cli.Bench;
using Kansformers.Tests.Training;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Cli;

/// <summary>That what <c>bench</c> compares is comparable: rounds, sizes, and steps that learn the same.</summary>
public class BenchMeasurementTests : OneThread
{
    [Fact]
    public void All_take_part_in_every_round_when_there_is_time() =>
        Assert.Equal([20, 20, 20], RoundRobin.Plan([30, 10, 10], 1000));

    [Fact]
    public void One_that_is_much_slower_than_the_others_takes_part_three_times() =>
        Assert.Equal([3, 10, 10], RoundRobin.Plan([5000, 90, 10], 1000));

    [Fact]
    public void Alike_contestants_run_alike_however_slow() =>
        Assert.Equal([3, 3, 3], RoundRobin.Plan([5000, 4000, 10], 1000));

    [Fact]
    public void Contestants_run_in_turns_and_a_slow_one_is_spread_over_the_rounds()
    {
        List<char> order = [];
        using BenchDisplay display = new();
        IReadOnlyDictionary<string, Timing> timings = new RoundRobin(0.4, display, CancellationToken.None).Measure(
            "test", [Make('a', 1), Make('b', 1), Make('S', 200)]);
        Assert.Equal(3, timings["S"].Rounds);
        Assert.Equal(timings["a"].Rounds, timings["b"].Rounds);
        char[] measured = [.. order.TakeLast(timings.Values.Sum(timing => timing.Rounds))];
        int[] slow = [.. measured.Index().Where(entry => entry.Item == 'S').Select(entry => entry.Index)];
        Assert.InRange(slow[1] - slow[0], measured.Length / 4, measured.Length / 2);
        Assert.DoesNotContain("aa", new string(measured), StringComparison.Ordinal);
        Assert.InRange(timings["S"].MinMs, 190, timings["S"].MedianMs);

        Contestant Make(char name, int milliseconds) => new($"{name}", () =>
        {
            order.Add(name);
            Thread.Sleep(milliseconds);
        });
    }

    [Fact]
    public void An_interrupted_measurement_ends_before_the_next_repetition()
    {
        using CancellationTokenSource source = new();
        using BenchDisplay display = new();
        int runs = 0;
        Contestant contestant = new("a", () =>
        {
            if (++runs == 2)
                source.Cancel();
        });
        Assert.Throws<OperationCanceledException>(() => new RoundRobin(10, display, source.Token).Measure("test", [contestant]));
        Assert.Equal(2, runs);
    }

    [Fact]
    public void The_median_stands_in_the_middle()
    {
        Assert.Equal(3, new Timing([new Lap(1, 9), new Lap(1, 3), new Lap(1, 2)]).MedianMs);
        Timing even = new([new Lap(1, 9), new Lap(2, 3), new Lap(4, 6), new Lap(3, 3)]);
        Assert.Equal((4.5, 3, 2.5, 1.5), (even.MedianMs, even.MinMs, even.ForwardMs, even.BackwardMs));
    }

    [Theory]
    [InlineData(KanPlacement.None)]
    [InlineData(KanPlacement.Attention)]
    [InlineData(KanPlacement.Mlp)]
    [InlineData(KanPlacement.Head)]
    [InlineData(KanPlacement.All)]
    public void A_models_size_is_known_without_its_weights(KanPlacement placement)
    {
        ModelOptions options = TinyStep(placement).Options;
        using TransformerModel model = options.Family.Create(options);
        ModelDescription shape = ModelDescription.Of(options);
        Assert.Equal(model.ParameterCount, shape.ParameterCount);
        Assert.Equal(1 + 4 * options.Layers, shape.Products.Count());
        int expanded = options.Kan.Functions + 1;
        Assert.Contains((placement.HasFlag(KanPlacement.Head) ? 12L * expanded : 12L, 11L), shape.Products);
        Assert.Contains((placement.HasFlag(KanPlacement.Mlp) ? 48L * expanded : 48L, 12L), shape.Products);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5_000)]
    [InlineData(123_456)]
    [InlineData(8_000_000)]
    public void The_linear_GPT_has_the_width_whose_number_of_parameters_comes_closest(long parameters)
    {
        ModelOptions options = TinyStep(KanPlacement.All).Options, found = EqualParameters.Find(options, parameters);
        Assert.Equal(KanPlacement.None, found.Placement);
        long Distance(int width) => Math.Abs(ModelDescription.Of(found with { Width = width }).ParameterCount - parameters);
        Assert.True(Distance(found.Width) <= Distance(found.Width + found.Heads));
        Assert.True(found.Width == found.Heads || Distance(found.Width) <= Distance(found.Width - found.Heads));
    }

    [Fact]
    public void Our_step_and_the_references_learn_the_same()
    {
        using var scope = NewDisposeScope();
        Tensor ids = randint(0, 11, [2, 8], ScalarType.Int64), targets = randint(0, 11, [2, 8], ScalarType.Int64);
        using Gpt ours = Model(), reference = Model();
        using TrainingStepRun ourStep = new(ours, ids, targets);
        using ReferenceStepRun referenceStep = new(reference, ids, targets);
        for (int step = 0; step < 3; step++)
        {
            _ = ourStep.As("ours").Run();
            _ = referenceStep.As("reference").Run();
        }

        double moved = 0;
        using Gpt start = Model();
        foreach (((string name, TorchSharp.Modules.Parameter mine), (string _, TorchSharp.Modules.Parameter other), (string _, TorchSharp.Modules.Parameter first)) in ours.named_parameters().Zip(reference.named_parameters(), start.named_parameters()))
        {
            // A gradient that is all rounding moves a weight by up to the learning rate in either direction: the mean tells.
            double difference = (mine - other).abs().mean().item<float>();
            Assert.True(difference < 0.05 * TrainingStepRun.LearningRate, $"{name} differs by {difference}");
            moved += (mine - first).abs().mean().item<float>();
        }

        Assert.True(moved > TrainingStepRun.LearningRate);

        static Gpt Model()
        {
            random.manual_seed(3);
            return new Gpt((GptOptions)TinyStep(KanPlacement.All).Options);
        }
    }

    private static StepCase TinyStep(KanPlacement placement) =>
        new() { Model = "tiny", Options = new GptOptions { Layers = 2, Heads = 3, Width = 12, Placement = placement, VocabularySize = 11, BlockSize = 8 }.WithDropout(0), Batch = 2 };
}
