using Kansformers.Kan;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Tests.Training;

/// <summary>What every recipe must hold, and what each says.</summary>
public class RecipeTests : OneThread
{
    public static TheoryData<Recipe> All => [.. Recipes.All];

    [Theory]
    [MemberData(nameof(All))]
    public void Every_recipe_is_found_by_its_name_and_gives_settings_that_can_be(Recipe recipe)
    {
        Assert.Same(recipe, Recipes.Named(recipe.Name.ToUpperInvariant()));
        Family family = Families.Preset(recipe.Size.Preset, null).Family;
        Assert.InRange(recipe.Dropout, 0, 0.9);
        foreach (KanOptions kind in KanKinds.All)
        {
            KanOptions layers = recipe.Layers(kind);
            layers.Validate();
            Assert.Equal((kind.Kind, kind.Sharing), (layers.Kind, layers.Sharing));
        }

        foreach (long steps in new long[] { 1, 7, 1000, 100_000 })
        {
            foreach (TrainingOptions training in new[] { recipe.Training(family.Defaults, Objectives.For(family.Defaults), steps), recipe.TrainingOn(family.Defaults, Objectives.For(family.Defaults), steps) })
            {
                training.Validate();
                Assert.Equal((steps, recipe.Size.BatchSize), (training.MaxIters, training.BatchSize));
                Assert.True(training.LearningRates.At(steps - 1) > 0);
            }
        }
    }

    [Fact]
    public void Labels_are_learned_from_weights_the_more_gently_the_wider_the_model()
    {
        foreach (Recipe recipe in Recipes.All)
        {
            TrainingOptions small = recipe.TrainingOn(new BertOptions { Width = 128 }, new ClassificationOptions(), 100), wide = recipe.TrainingOn(new BertOptions { Width = 768 }, new RegressionOptions(), 100),
                text = recipe.TrainingOn(new BertOptions { Width = 768 }, new MaskedLanguageOptions(), 100);
            Assert.All(((double, TrainingOptions)[])[(3e-4, small), (5e-5, wide), (3e-4, text)], pair =>
            {
                Assert.Equal(pair.Item1, pair.Item2.LearningRate, 1e-12);
                Assert.Equal(pair.Item1 / 10, pair.Item2.MinLearningRate, 1e-12);
            });
            Assert.Equal((new ClassificationOptions(), new MaskedLanguageOptions()), ((ClassificationOptions)small.Objective, (MaskedLanguageOptions)text.Objective));
        }
    }

    [Fact]
    public void The_originals_settings_are_the_defaults_of_the_library_as_ever()
    {
        Recipe original = Recipes.Named("original");
        TrainingOptions training = original.Training(new GptOptions(), new NextTokenOptions(), 321);
        Assert.Equal(new TrainingOptions { MaxIters = 321 }, training);
        Assert.Equal(new AdamWOptions(0.9, 0.95, 1e-8, 0.1), training.Optimizer);
        Assert.Equal(new NextTokenOptions { Order = BatchOrder.Replacement }, training.Objective);
        Assert.Equal((3e-4, LearningRateDecay.Constant, 0, 1, 64, 1000, 0.1), (training.LearningRate, training.Schedule, training.Warmup, training.GradClip,
            original.Size.BatchSize, original.Size.Steps, original.Dropout));
        Assert.All(KanKinds.All, kind => Assert.Same(kind, original.Layers(kind)));
        Assert.Equal("gpt", Families.Preset(original.Size.Preset, null).Family.Name);
    }

    [Fact]
    public void The_tuned_settings_are_the_first_and_reach_the_configuration_unless_options_say_otherwise()
    {
        Recipe tuned = Recipes.All[0];
        Assert.Equal("tuned", tuned.Name);
        TrainingOptions training = tuned.Training(new KansformerOptions(), new NextTokenOptions(), 1000);
        Assert.IsType<MuonOptions>(training.Optimizer);
        Assert.Equal(BatchOrder.Shuffled, ((NextTokenOptions)training.Objective).Order);
        Assert.Equal((0, LearningRateDecay.Linear), (training.MinLearningRate, training.Schedule));
        Assert.Equal("kansformer", Families.Preset(tuned.Size.Preset, null).Family.Name);
        BSplineOptions layers = (BSplineOptions)tuned.Layers(new BSplineOptions());
        Assert.Equal((KanInitialization.Original, InputNorm.LayerNorm, 3, -3, 3), (layers.Initialization, layers.Norm, layers.GridSize, layers.GridLow, layers.GridHigh));
        Assert.Equal(["rbf", "chebyshev", "legendre"],
            KanKinds.All.Where(kind => tuned.Layers(kind with { Sharing = KanSharing.Edge }).Initialization == KanInitialization.VariancePreserving).Select(kind => kind.Kind));
        KanOptions shared = new BSplineOptions { Sharing = KanSharing.Channel };
        Assert.Same(shared, tuned.Layers(shared));
    }

    [Theory]
    [InlineData("", "tuned", "kansformer", "none", "muon", "linear", 3e-3, 0, "shuffled")]
    [InlineData("--recipe original", "original", "gpt", "all", "adamw", "constant", 3e-4, 0, "replacement")]
    [InlineData("--model gpt-nano", "tuned", "gpt", "all", "muon", "linear", 3e-3, 0, "shuffled")]
    [InlineData("--family gpt --placement mlp --order replacement", "tuned", "gpt", "mlp", "muon", "linear", 3e-3, 0, "replacement")]
    [InlineData("--kan rbf", "tuned", "kansformer", "all", "muon", "linear", 3e-3, 0, "shuffled")]
    [InlineData("--optimizer adamw --learning-rate 0.01 --schedule cosine --min-lr 0.001", "tuned", "kansformer", "none", "adamw", "cosine", 0.01, 0.001, "shuffled")]
    [InlineData("--recipe original --optimizer muon --order shuffled --family kansformer", "original", "kansformer", "none", "muon", "constant", 3e-4, 0, "shuffled")]
    public void What_the_command_line_says_wins_over_the_recipe(
        string options, string recipe, string family, string placement, string optimizer, string schedule, double rate, double least, string order)
    {
        using TestFolder folder = new();
        string text = folder.Write("text.txt", TinyTraining.Text), size = options.Contains("--model", StringComparison.Ordinal) ? "" : "--layers 1 --heads 2 --embd 8";
        Cli.CliResult run = Cli.Cli.Run([.. $"train --data {text} --out {folder["run"]} --max-iters 1 --batch-size 1 --block-size 8 --eval-windows 1 --sample-tokens 0 {size} {options}"
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.True(run.Code == 0, run.Error);
        RunConfig config = RunFolder.Open(folder["run"]).Config;
        Assert.Equal((recipe, family, placement), (config.Recipe, config.Model.Family.Name, config.Model.Placement.Text()));
        TrainingOptions training = config.Training;
        Assert.Equal((optimizer, schedule, rate, least), (training.Optimizer.Kind, training.Schedule.ToString().ToLowerInvariant(), training.LearningRate, training.MinLearningRate));
        Assert.Equal(order, ((NextTokenOptions)training.Objective).Words().Single().Value);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_run_of_its_own_family_resumes_to_the_same_bits(Recipe recipe)
    {
        using TestFolder folder = new();
        ModelOptions model = Families.Preset(recipe.Size.Preset, null).Family.Defaults.WithDropout(recipe.Dropout) with { Layers = 2, Heads = 2, Width = 16, BlockSize = 8 };
        TrainingOptions training = recipe.Training(model, Objectives.For(model), 12) with { BatchSize = 3, GradAccum = 2, EvalInterval = 5, EvalWindows = 3 };
        RunConfig config = TinyTraining.Config(folder, training) with { Model = model, Recipe = recipe.Name };
        using (TrainingRun run = TrainingRun.Start(config, folder["whole"]))
            run.Run();
        ResumeTests.Interrupt(TrainingRun.Start(config, folder["parts"]), 4);
        ResumeTests.Interrupt(TrainingRun.Resume(folder["parts"]), 9);
        using (TrainingRun run = TrainingRun.Resume(folder["parts"]))
            run.Run();
        RunComparison.AssertSame(folder["whole"], folder["parts"]);
        Assert.Equal(recipe.Name, RunFolder.Open(folder["parts"]).Config.Recipe);
    }

    [Fact]
    public void An_unknown_recipe_is_told_in_a_line() =>
        Assert.Equal("unknown recipe 'secret': use tuned or original", Assert.Throws<KansformersException>(() => Recipes.Named("secret")).Message);
}
