using Kansformers.Comparisons;
using Kansformers.Kan;
using Kansformers.Scaling;
using Kansformers.Tests.Training;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Tests.Scaling;

/// <summary>What a ladder plans: sizes, budgets, rates, the counts of its points; and what it refuses.</summary>
public class LadderPlanTests : OneThread
{
    [Theory]
    [InlineData("16", "2x1x16")]
    [InlineData("32", "2x1x32")]
    [InlineData("48", "2x2x48")]
    [InlineData("96", "3x3x96")]
    [InlineData("128", "4x4x128")]
    [InlineData("768", "24x24x768")]
    [InlineData("7", "2x1x7")]
    [InlineData("3x5x40", "3x5x40")]
    public void A_size_is_a_width_with_what_follows_or_said_in_full(string text, string size) => Assert.Equal(size, LadderSize.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("0")]
    [InlineData("2x64")]
    [InlineData("-4")]
    [InlineData("1x2x3x4")]
    [InlineData("99999999")]
    public void An_unknown_size_is_refused(string text) => Assert.Contains($"unknown size '{text}'", Assert.Throws<KansformersException>(() => LadderSize.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("20x", 20, BudgetUnit.TokensPerParameter)]
    [InlineData("0.5x", 0.5, BudgetUnit.TokensPerParameter)]
    [InlineData("2e6", 2e6, BudgetUnit.Tokens)]
    [InlineData("1e12flops", 1e12, BudgetUnit.Flops)]
    public void A_budget_is_read_and_written(string text, double amount, BudgetUnit unit)
    {
        TokenBudget budget = TokenBudget.Parse(text);
        Assert.Equal((amount, unit), (budget.Amount, budget.Unit));
        Assert.Equal(budget, TokenBudget.Parse(budget.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("0")]
    [InlineData("-1x")]
    [InlineData("NaNx")]
    [InlineData("5 apples")]
    public void An_unknown_budget_is_refused(string text) => Assert.Contains($"unknown budget '{text}'", Assert.Throws<KansformersException>(() => TokenBudget.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Each_kind_is_planned_in_each_size_for_each_budget()
    {
        using TestFolder folder = new();
        LadderConfig config = Config(folder, "linear; bspline", "1x2x8,2x2x16", "1x,640,1e8flops");
        using ScalingLadder ladder = ScalingLadder.Open(config with { Kinds = config.Kinds with { Seeds = [1, 2] } }, folder["l"]);
        Assert.Equal(12, ladder.Rungs.Count);
        Assert.Equal(["linear", "bspline"], ladder.Rungs.Select(rung => rung.Group).Distinct());
        foreach (LadderRung rung in ladder.Rungs)
        {
            ModelOptions model = rung.Model.Config.Model;
            Assert.Equal((rung.Size.Layers, rung.Size.Heads, rung.Size.Width), (model.Layers, model.Heads, model.Width));
            double wanted = rung.Budget.Unit switch { BudgetUnit.Tokens => 640, BudgetUnit.TokensPerParameter => rung.Model.Parameters, _ => 1e8 / rung.Model.FlopsPerToken };
            Assert.InRange(rung.Model.Tokens, wanted - 8, wanted + 8); // half a step of 2 x 8

            // Of 9 steps the training warms up for 2 and validates every 4.
            TrainingOptions training = rung.Model.Config.Training;
            Assert.Equal(Math.Round(training.MaxIters * 2 / 9.0), training.Warmup);
            Assert.Equal(Math.Max(1, Math.Round(training.MaxIters * 4 / 9.0)), training.EvalInterval);
            Assert.Equal(rung.Model.FlopsPerToken * rung.Model.Tokens, rung.Flops);
            Assert.Equal(rung.Group == "linear" ? rung.Model.Parameters : rung.Model.Parameters - (2L * 4 * rung.Size.Width * rung.Size.Width * 4 * rung.Size.Layers), rung.LiveParameters);
            Assert.Equal((model.VocabularySize + model.BlockSize) * (long)model.Width, rung.EmbeddingParameters);
            Assert.InRange(rung.Epochs, rung.Model.Tokens / 9000.0, rung.Model.Tokens / 7000.0);
        }
    }

    [Fact]
    public void Parameters_are_those_of_the_first_model_in_every_size()
    {
        using TestFolder folder = new();
        RunConfig shared = TinyTraining.Config(folder) with { Model = new KansformerOptions { BlockSize = 8 } };
        LadderConfig config = Config(folder, "linear", "1x2x16,2x2x32", "1x") with { Kinds = ComparisonConfig.Of(shared, "swiglu; gated") with { Match = ComparisonMatch.Parse("parameters") } };
        using ScalingLadder ladder = ScalingLadder.Open(config, folder["l"]);
        foreach (IGrouping<LadderSize, LadderRung> size in ladder.Rungs.GroupBy(rung => rung.Size))
            Assert.InRange(size.Last().Model.Parameters, 0.9 * size.First().Model.Parameters, size.First().Model.Parameters);
    }

    [Fact]
    public void An_inner_width_grows_with_the_width_and_keeps_its_divisors()
    {
        KansformerOptions own = new() { Width = 128, Heads = 4, Inner = 336 };
        Assert.Equal(80, ((KansformerOptions)LadderSize.Parse("32").Apply(own)).Inner);
        Assert.Equal(672, ((KansformerOptions)LadderSize.Parse("256").Apply(own)).Inner);
        Assert.Equal(0, ((KansformerOptions)LadderSize.Parse("32").Apply(own with { Inner = 0 })).Inner);
    }

    [Fact]
    public void Rates_follow_the_width_by_what_parameters_are()
    {
        TrainingOptions adam = new() { Roles = [new RoleRule(ParameterRole.Head, 3, 0.1), new RoleRule(ParameterRole.Convolution, 3)] };
        GptOptions edges = new() { Width = 64, Placement = KanPlacement.Mlp, Kan = new BSplineOptions() };
        WidthRule rule = new();
        Assert.Same(adam, rule.Apply(adam, edges, 64));
        Assert.Equal(
            [new RoleRule(ParameterRole.Head, 12, 0.1), new RoleRule(ParameterRole.Convolution, 3), new RoleRule(ParameterRole.HiddenMatrix, 4), new RoleRule(ParameterRole.KanFunction, 4)],
            rule.Apply(adam, edges, 16).Roles);

        // Shared functions sum over no width, and Muon's steps know theirs.
        GptOptions shared = edges with { Kan = new BSplineOptions { Sharing = KanSharing.Channel } };
        TrainingOptions muon = new() { Optimizer = new MuonOptions() };
        Assert.Equal([new RoleRule(ParameterRole.Head, 0.5)], (rule with { MuonExponent = 0 }).Apply(muon, shared, 128).Roles);
        Assert.Equal(Math.Sqrt(0.5), (rule with { MuonExponent = 0.5 }).Apply(muon, shared, 128).Roles.Single(one => one.Role == ParameterRole.HiddenMatrix).RateFactor, 12);
        Assert.Equal((muon.LearningRate, muon.Optimizer), (rule.Apply(muon, shared, 128).LearningRate, rule.Apply(muon, shared, 128).Optimizer));
    }

    // What the ladder files of the repository say, as far as it goes without their text.
    [Theory]
    [InlineData("small.json")]
    [InlineData("width-rule.json")]
    public void The_ladders_of_the_repository_can_be_planned(string file)
    {
        Assert.SkipWhen(SharedFolder.RepositoryRoot is null, "needs the repository around the test program");
        LadderConfig config = LadderConfig.Load(Path.Combine(SharedFolder.RepositoryRoot!, "benchmarks/scale", file));
        config.Validate();
        using TestFolder folder = new();
        config = config with { Kinds = config.Kinds with { Data = config.Kinds.Data with { Data = folder.Write("fox.txt", TinyTraining.Text), ValidationData = null } } };
        using ScalingLadder ladder = ScalingLadder.Open(config, folder["l"]);
        Assert.Equal(config.Kinds.Models.Count * config.Sizes.Count * config.Budgets.Count, ladder.Rungs.Count);
        Assert.Contains(ladder.Notes, note => note.Contains("read the text more than once", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "'sizes' must be a list")]
    [InlineData("\"sizes\": [], \"tokens\": [10]", "'sizes' must be a list")]
    [InlineData("\"sizes\": [16, \"2x3\"], \"tokens\": [10]", "unknown size '2x3'")]
    [InlineData("\"sizes\": [16, 16], \"tokens\": [10]", "the size 2x1x16 is given twice")]
    [InlineData("\"sizes\": [16]", "'tokens' must be a list")]
    [InlineData("\"sizes\": [16], \"tokens\": [\"10y\"]", "unknown budget '10y'")]
    [InlineData("\"sizes\": [16], \"tokens\": [10], \"rates\": \"depth\"", "unknown rates 'depth'")]
    [InlineData("\"sizes\": [16], \"tokens\": [10], \"rates\": { \"muon\": 1 }", "'rates' must be width or same")]
    [InlineData("\"sizes\": [16], \"tokens\": [10], \"rates\": { \"muon_exponent\": -1 }", "muon exponent is -1")]
    [InlineData("\"sizes\": [16], \"tokens\": [10], \"match\": \"flops\"", "match is 'flops'; in a ladder")]
    [InlineData("\"sizes\": [16], \"tokens\": [10], \"baseline\": \"m\"", "a ladder has none")]
    [InlineData("\"sizes\": [16], \"tokens\": [10], \"size\": 1", "'size' is no key of a ladder")]
    public void A_wrong_file_is_one_line(string rest, string part)
    {
        using TestFolder folder = new();
        string path = folder.Write("l.json", $$"""{ "data": { "data": "a" }, "models": [{ "name": "m" }]{{(rest.Length > 0 ? "," : "")}} {{rest}} }""");
        string message = Assert.Throws<KansformersException>(() => LadderConfig.Load(path).Validate()).Message;
        Assert.Contains(part, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void What_cannot_be_trained_is_refused_before_anything_is()
    {
        using TestFolder folder = new();
        AssertRefused("model 'linear 1x2x8 15': its budget is 15 tokens, but a step takes 16; give a larger budget", Config(folder, "linear", "1x2x8", "15"));
        AssertRefused("model 'linear 1x3x8': heads is 3, which does not divide embd 8", Config(folder, "linear", "1x3x8", "1x"));
        LadderConfig config = Config(folder, "linear", "8", "1x");
        AssertRefused("needs held-out text", config with { Kinds = config.Kinds with { Data = config.Kinds.Data with { ValidationFraction = 0 } } });
        AssertRefused("there is no size", config with { Sizes = [] });
        Assert.False(Directory.Exists(folder["l"]));

        void AssertRefused(string part, LadderConfig wrong) =>
            Assert.Contains(part, Assert.Throws<KansformersException>(() => ScalingLadder.Open(wrong, folder["l"])).Message, StringComparison.Ordinal);
    }

    internal static LadderConfig Config(TestFolder folder, string words, string sizes, string tokens) => new()
    {
        Kinds = ComparisonConfig.Of(TinyTraining.Config(folder) with { Training = TinyTraining.Options with { EvalWindows = 4, Warmup = 2 } }, words) with { Seeds = [1] },
        Sizes = [.. sizes.Split(',').Select(LadderSize.Parse)],
        Budgets = [.. tokens.Split(',').Select(TokenBudget.Parse)],
    };
}
