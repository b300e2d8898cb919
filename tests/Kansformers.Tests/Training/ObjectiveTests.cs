using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Training;

/// <summary>The trials that every listed objective goes through, and one that no list knows, which shows what it takes to add one.</summary>
public class ObjectiveTests : OneThread
{
    public static TheoryData<ObjectiveOptions> Listed => [.. Objectives.All];

    public static TheoryData<ObjectiveOptions> All => [.. Objectives.All, new CopyOptions()];

    [Theory]
    [MemberData(nameof(All))]
    public void A_loss_follows_from_seed_and_batch_alone(ObjectiveOptions options)
    {
        using Subject subject = new(options);
        using Subject other = new(options with { }, seed: 5);
        float[] losses = [.. Enumerable.Range(0, 4).Select(batch => subject.Loss(batch))];
        Assert.Equal(4, losses.Distinct().Count());
        Assert.All(losses, loss => Assert.InRange(loss, 0.1, 20));
        foreach (int batch in (int[])[2, 0, 3, 1])
        {
            Assert.Equal(losses[batch], subject.Loss(batch));
            Assert.NotEqual(losses[batch], other.Loss(batch));
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_share_multiplies_loss_and_gradients_and_reaches_every_parameter(ObjectiveOptions options)
    {
        using Subject subject = new(options);
        float whole = subject.Loss(1, 1, backward: true);
        double[] gradients = Gradients();
        Assert.All(gradients, norm => Assert.True(norm > 0 && double.IsFinite(norm)));
        subject.Model.zero_grad();
        Assert.Equal(whole / 4, subject.Loss(1, 0.25, backward: true), 1e-5);
        Assert.All(gradients.Zip(Gradients()), pair => Assert.Equal(pair.First / 4, pair.Second, 1e-5 * (1 + pair.First)));

        double[] Gradients() => [.. subject.Model.parameters().Select(parameter => (double)parameter.grad!.square().sum().sqrt().item<float>())];
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_validation_is_the_same_each_time_and_changes_nothing(ObjectiveOptions options)
    {
        using Subject subject = new(options);
        Assert.True(subject.Objective.TokensOf(0) > 0);
        Assert.True(subject.Objective.ValidationTokens > 0);
        float before = subject.Loss(0);
        double loss = subject.Objective.Validate();
        Assert.InRange(loss, 0.1, 20);
        random.manual_seed(77);
        Assert.Equal(loss, subject.Objective.Validate());
        Assert.Equal(before, subject.Loss(0));
        using Subject without = new(options, validationFraction: 0);
        Assert.Equal((0, false, double.NaN), (without.Objective.ValidationTokens, without.Objective.HasValidation, without.Objective.Validate()));
    }

    [Theory]
    [MemberData(nameof(Listed))]
    public void A_validation_does_not_depend_on_the_seed(ObjectiveOptions options)
    {
        using Subject subject = new(options), other = new(options, seed: 5);
        Assert.Equal(subject.Objective.Validate(), other.Objective.Validate());
        Assert.Equal(subject.Objective.ValidationTokens, other.Objective.ValidationTokens);
    }

    [Theory]
    [MemberData(nameof(Listed))]
    public void A_run_resumes_to_the_same_bits(ObjectiveOptions options) => ListTrials.ResumesExactly(TinyTraining.Options with { Objective = TinyTraining.Ready(options) });

    [Theory]
    [MemberData(nameof(Listed))]
    public void What_eval_says_of_the_last_weights_is_the_runs_last_validation_on_all_of_the_text(ObjectiveOptions options)
    {
        using TestFolder folder = new();
        using (TrainingRun run = TrainingRun.Start(TinyTraining.Config(folder, TinyTraining.Options with { Objective = TinyTraining.Ready(options), EvalWindows = 0 }), folder["run"]))
            run.Run();
        ValidationRecord last = RunLog.Read(RunFolder.Open(folder["run"]).LogFile).OfType<ValidationRecord>().Last();
        Cli.CliResult result = Cli.Cli.Run("eval", folder["run"], "--checkpoint", "last", "--json");
        Assert.True(result.Code == 0, result.Error);
        System.Text.Json.JsonElement told = System.Text.Json.JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal(last.Loss, told.GetProperty("loss").GetDouble(), 1e-5);
        Assert.Equal(options.HasPerplexity, told.TryGetProperty("perplexity", out System.Text.Json.JsonElement perplexity));
        if (options.HasPerplexity)
            Assert.Equal(Math.Exp(last.Loss), perplexity.GetDouble(), 1e-5 * Math.Exp(last.Loss));
        if (options is DistillationOptions)
            return; // it measures a teacher, which nobody needs who has the run
        foreach (Measure measure in last.Measures)
            Assert.Equal(measure.Value, told.GetProperty(measure.Name).GetDouble(), 1e-5);
    }

    [Theory]
    [MemberData(nameof(Listed))]
    public void It_is_listed_and_documented(ObjectiveOptions options)
    {
        ListTrials.IsWellListed(options, Objectives.Named);
        ListTrials.IsDocumented(options);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Too_little_text_is_told(ObjectiveOptions options)
    {
        Assert.SkipWhen(options.NeedsLabels, "it learns from examples");
        using Subject subject = new(options);
        TrainingData data = subject.Data with { Train = subject.Data.Train!.Slice(0, 5) };
        string message = Assert.Throws<KansformersException>(() => TinyTraining.Ready(options).Create(subject.Model, data, TinyTraining.Options)).Message;
        Assert.Contains("give more text", message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_model_learns_it_and_the_best_validation_is_told(ObjectiveOptions options)
    {
        using Subject subject = new(options);
        double before = subject.Objective.Validate();
        TrainingOptions training = TinyTraining.Options with { Objective = TinyTraining.Ready(options), MaxIters = 63, BatchSize = 8, EvalInterval = 30 };
        using Trainer trainer = new(subject.Model, training, subject.Data);
        TrainingResult result = trainer.Run();
        Assert.True(result.ValidationLoss < before - 0.2, $"{before} -> {result.ValidationLoss}");
        int seen = subject.Data.Material switch
        {
            LabelledMaterial labelled => labelled.Train.Sum(example => Math.Min(example.Text.First.Length + 2, 8)), // what stands around texts counts, and they are cut
            TaggedMaterial tagged => tagged.Train.Sum(example => Math.Min(example.Text.Ids.Length + 2, 8)),
            QuestionMaterial questions => questions.Train.Sum(example => 3 + 1 + example.Row.Context.Length), // three special tokens and a question of one
            _ => 9 * 8 * 8,
        };
        Assert.Equal(7 * seen, result.Tokens); // 72 examples are nine batches
    }

    /// <summary>Each token is told by itself.</summary>
    private sealed record CopyOptions() : ObjectiveOptions("copy", "each token is told by itself")
    {
        public override IObjective Create(TransformerModel model, TrainingData data, TrainingOptions options) => new Copy((Gpt)model, data, options);
    }

    private sealed class Copy(Gpt model, TrainingData data, TrainingOptions options) : IObjective
    {
        private readonly BatchSampler _train = new(data.Train!, model.Options.BlockSize, options.BatchSize);
        private readonly BatchSampler? _held = data.Validation is { Count: > 0 } held ? new BatchSampler(held, model.Options.BlockSize, options.BatchSize) : null;

        public long TokensOf(long batch) => (long)options.BatchSize * model.Options.BlockSize;

        public long ValidationTokens => _held is null ? 0 : TokensOf(0);

        public Tensor Loss(long batch, double share) => Of(_train, batch, share);

        public double Validate()
        {
            using var guard = no_grad();
            using var scope = NewDisposeScope();
            using EvaluationMode mode = new(model);
            return _held is null ? double.NaN : Of(_held, 0, 1).item<float>();
        }

        public void Dispose()
        {
            _train.Dispose();
            _held?.Dispose();
        }

        private Tensor Of(BatchSampler sampler, long batch, double share)
        {
            using var scope = NewDisposeScope();
            (Tensor ids, Tensor _) = sampler.Draw(options.Seed, batch, CPU);
            return model.Loss(ids, ids, share).MoveToOuterDisposeScope();
        }
    }

    /// <summary>An objective on a tiny text and model.</summary>
    private sealed class Subject : IDisposable
    {
        private readonly TestFolder _folder = new();
        private readonly TrainingMaterial _material;

        public Subject(ObjectiveOptions options, long seed = 1, double validationFraction = 0.1)
        {
            options = TinyTraining.Ready(options);
            RunConfig config = TinyTraining.Config(_folder, TinyTraining.Options with { Objective = options }, validationFraction);
            _material = options.Open(config.Data, null, null, default);
            random.manual_seed(1);
            ModelOptions model = options.Shape(config.Model.WithDropout(0), _material, hasWeights: false);
            Model = model.Family.Create(model);
            Data = _material.Data;
            Objective = options.Create(Model, Data, TinyTraining.Options with { Seed = seed });
        }

        public TrainingData Data { get; }

        public TransformerModel Model { get; }

        public IObjective Objective { get; }

        // As a trainer takes it: torch's generator seeded for the step.
        public float Loss(long batch, double share = 1, bool backward = false)
        {
            using var scope = NewDisposeScope();
            random.manual_seed(3);
            Tensor loss = Objective.Loss(batch, share);
            if (backward)
                loss.backward();
            return loss.item<float>();
        }

        public void Dispose()
        {
            Objective.Dispose();
            Model.Dispose();
            _material.Dispose();
            _folder.Dispose();
        }
    }
}
