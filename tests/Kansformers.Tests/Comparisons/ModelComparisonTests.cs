using System.Text.Json.Nodes;
using System.Xml.Linq;
using Kansformers.Comparisons;
using Kansformers.Tests.Training;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Tests.Comparisons;

/// <summary>Tiny comparisons within this process: what is matched, that batches are the same, what is done again, what is shown.</summary>
public class ModelComparisonTests : OneThread
{
    private const string Words = "linear; rational group:2; deep = linear layers=2";

    [Fact]
    public void Models_of_a_seed_see_the_same_batches_and_the_table_tells_what_came_of_them()
    {
        using TestFolder folder = new();
        ComparisonConfig config = Config(folder, "linear; again = linear; rational group:2") with { Seeds = [1, 2] };
        using ModelComparison comparison = ModelComparison.Open(config, folder["c"]);
        Assert.Empty(comparison.Notes);
        Recorder progress = new();
        ComparisonResult result = comparison.Run(progress: progress);

        // Equal settings under two names: equal to the bit, so that nothing but the model can differ.
        Assert.Equal(result.Models[0].ValidationLosses, result.Models[1].ValidationLosses);
        Assert.Equal((0, 0, 1), (result.Models[1].Difference!.Mean, result.Models[1].Difference!.StandardError, result.Models[1].Difference!.PValue));
        Assert.NotEqual(result.Models[0].ValidationLosses, result.Models[2].ValidationLosses);
        Assert.NotEqual(result.Models[0].ValidationLosses[0], result.Models[0].ValidationLosses[1]);
        Assert.Equal("linear", result.Baseline);
        Assert.Equal([1, 2], result.Models[2].Seeds);
        Assert.Equal(2, result.Models[2].Difference!.Seeds);
        Assert.Empty(result.Failures);
        Assert.Equal(6, progress.Last!.RunsDone);
        Assert.Contains(progress.Notices, notice => notice.StartsWith("rational group:2, seed 2: validation loss ", StringComparison.Ordinal));

        foreach (ModelResult model in result.Models)
        {
            Assert.Equal(model.ValidationLosses.Average(), model.ValidationLoss, 12);
            Assert.Equal([4 * 16, 8 * 16, 9 * 16], model.Curve.Select(point => point.Tokens));
            Assert.Equal(model.ValidationLoss, model.Curve[^1].Loss, 12);
            Assert.True(model.Seconds > 0 && model.RunSeconds > 0 && model.PeakMemoryBytes > 0);
            Assert.Equal(9 * 16, model.Model.Tokens);
        }

        string table = File.ReadAllText(folder["c/compare.md"]);
        Assert.Equal(result.ToMarkdown(), table);
        Assert.Contains("| linear | ", table, StringComparison.Ordinal);
        Assert.Contains("| baseline | - |", table, StringComparison.Ordinal);
        Assert.Contains("two-sided paired t test", table, StringComparison.Ordinal);
        XElement picture = XDocument.Parse(File.ReadAllText(folder["c/compare.svg"])).Root!;
        Assert.Equal("svg", picture.Name.LocalName);
        Assert.Contains(picture.Descendants(), text => text.Value.Contains("rational group:2", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_done_is_not_done_again_and_more_seeds_and_models_add_to_it()
    {
        using TestFolder folder = new();
        ComparisonResult first = Run(Config(folder, "linear") with { Seeds = [1] }, folder["c"]);
        string run = Assert.Single(Directory.GetDirectories(folder["c/runs"])), checkpoint = Path.Combine(run, "checkpoint.safetensors");
        File.Delete(checkpoint); // whoever did the run again would miss it
        ComparisonResult more = Run(Config(folder, "linear; rational group:2") with { Seeds = [1, 2] }, folder["c"]);
        Assert.Equal(4, Directory.GetDirectories(folder["c/runs"]).Length);
        Assert.Equal(first.Models[0].ValidationLoss, more.Models[0].ValidationLosses[0]);
        Assert.Equal(first.Models[0].Model.StepSeconds, more.Models[0].Model.StepSeconds);
        Assert.False(File.Exists(checkpoint));

        // Other settings are another run.
        ComparisonConfig other = Config(folder, "linear learning-rate=0.02") with { Seeds = [1] };
        Run(other with { Models = [other.Models[0] with { Name = "linear" }] }, folder["c"]);
        Assert.Equal(5, Directory.GetDirectories(folder["c/runs"]).Length);
    }

    [Fact]
    public void What_a_results_file_lists_is_not_trained_and_what_is_done_is_added()
    {
        using TestFolder folder = new();
        ComparisonOptions options = new() { Results = folder["results.json"] };
        ComparisonConfig config = Config(folder, "linear; rational group:2") with { Seeds = [1] };
        ComparisonResult there = Run(config, folder["there"], options);
        ComparisonResult here = Run(config with { Seeds = [1, 2] }, folder["here"], options);
        Assert.Equal(2, Directory.GetDirectories(folder["here/runs"]).Length); // of seed 2 alone
        Assert.All(here.Models, model => Assert.Equal([1, 2], model.Seeds));
        Assert.Equal(there.Models.Select(model => model.ValidationLoss), here.Models.Select(model => model.ValidationLosses[0]));
        Assert.All(there.Models, model => Assert.Equal(model.Model.Steps, model.Curve[^1].Tokens / (model.Model.Tokens / model.Model.Steps)));

        // All that was found out stands in the file, one run a line, and nowhere else.
        Assert.Equal(4, File.ReadLines(options.Results!).Count(line => line.Contains("-seed", StringComparison.Ordinal)));
        ComparisonResult again = Run(config with { Seeds = [1, 2] }, folder["again"], options);
        Assert.False(Directory.Exists(folder["again/runs"]));
        Assert.Equal(here.Models.SelectMany(model => model.Curve.Select(point => point.Loss)), again.Models.SelectMany(model => model.Curve.Select(point => point.Loss)));
    }

    [Fact]
    public void Two_comparisons_add_to_one_results_file()
    {
        using TestFolder folder = new();
        string path = folder["results.json"];
        RunOutcome outcome = Outcome(1.5);
        ResultsFile one = ResultsFile.Open(path), other = ResultsFile.Open(path);
        one.Add([("a-seed1-0", outcome)]);
        other.Add([("b-seed1-0", Outcome(1.25)), ("a-seed1-0", Outcome(9))]);
        one.Add([("c-seed1-0", outcome)]);
        Assert.Equal(1.25, one.Find("b-seed1-0")!.ValidationLoss);
        ResultsFile all = ResultsFile.Open(path);
        Assert.Equal([1.5, 1.25, 1.5], ((string[])["a", "b", "c"]).Select(name => all.Find($"{name}-seed1-0")!.ValidationLoss));
    }

    [Fact]
    public async Task None_of_many_writers_of_a_results_file_takes_away_what_another_wrote()
    {
        using TestFolder folder = new();
        string path = folder["results.json"];
        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(() =>
        {
            ResultsFile file = ResultsFile.Open(path);
            for (int i = 0; i < 5; i++)
                file.Add([($"{writer}-{i}", Outcome(writer + i))]);
        })));
        ResultsFile all = ResultsFile.Open(path);
        Assert.Equal(20, (from writer in Enumerable.Range(0, 4) from i in Enumerable.Range(0, 5) where all.Find($"{writer}-{i}")?.ValidationLoss == writer + i select i).Count());
    }

    [Fact]
    public async Task A_results_file_has_one_lock_for_all_processes_whatever_it_is_called_by()
    {
        using TestFolder folder = new();
        string real = folder.Write("real/results.json", """{"format":1,"runs":{}}"""), link = folder["link.json"];
        File.CreateSymbolicLink(link, Path.Combine("real", "results.json"));
        Task adding;
        using (FileStream another = new(real + ResultsFile.LockEnd, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            adding = Task.Run(() => ResultsFile.Open(link).Add([("a-seed1-0", Outcome(1.5))]));
            await Task.WhenAny(adding, Task.Delay(300));
            Assert.False(adding.IsCompleted);
            Assert.Null(ResultsFile.Open(real).Find("a-seed1-0"));
        }

        await adding;
        Assert.NotNull(new FileInfo(link).LinkTarget);
        Assert.Equal(1.5, ResultsFile.Open(real).Find("a-seed1-0")!.ValidationLoss);
        Assert.Equal([real, real + ResultsFile.LockEnd], Directory.GetFiles(folder["real"]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_could_not_be_saved_is_saved_with_the_next()
    {
        using TestFolder folder = new();
        ResultsFile file = ResultsFile.Open(folder["results.json"]);
        Directory.CreateDirectory(folder["results.json"] + ResultsFile.LockEnd); // no file can be made there
        Assert.Contains("cannot write", Assert.Throws<KansformersException>(() => file.Add([("a-seed1-0", Outcome(1.5))])).Message, StringComparison.Ordinal);
        Directory.Delete(folder["results.json"] + ResultsFile.LockEnd);
        file.Add([("a-seed1-0", Outcome(1.5))]);
        Assert.NotNull(ResultsFile.Open(folder["results.json"]).Find("a-seed1-0"));
    }

    [Fact]
    public void A_run_whose_result_cannot_be_kept_is_no_failed_run()
    {
        using TestFolder folder = new();
        ComparisonConfig config = Config(folder, "linear; rational group:2") with { Seeds = [1] };
        string results = folder["results.json"];
        Directory.CreateDirectory(results + ResultsFile.LockEnd);
        Recorder progress = new() { Reported = report => { if (report.Notice?.Contains("not among the results yet", StringComparison.Ordinal) is true) Directory.Delete(results + ResultsFile.LockEnd); } };
        using (ModelComparison comparison = ModelComparison.Open(config, folder["c"]))
            Assert.Empty(comparison.Run(new ComparisonOptions { Results = results }, progress).Failures);
        Assert.Contains(progress.Notices, notice => notice.StartsWith("linear, seed 1, is trained, but not among the results yet: cannot write ", StringComparison.Ordinal));
        Assert.Contains(progress.Notices, notice => notice.StartsWith("linear, seed 1: validation loss ", StringComparison.Ordinal));
        Assert.Equal(2, File.ReadLines(results).Count(line => line.Contains("-seed1-", StringComparison.Ordinal)));

        // Where it never can, all else is done first.
        string never = folder["never.json"];
        Directory.CreateDirectory(never + ResultsFile.LockEnd);
        using ModelComparison other = ModelComparison.Open(config with { Seeds = [2] }, folder["d"]);
        Assert.Contains(never, Assert.Throws<KansformersException>(() => other.Run(new ComparisonOptions { Results = never })).Message, StringComparison.Ordinal);
        Assert.DoesNotContain("failed", File.ReadAllText(folder["d/compare.md"]), StringComparison.Ordinal);
    }

    // Results that are committed are found by these digits: where they change, every run is trained again.
    [Fact]
    public void The_digest_of_a_run_stays_what_it_is()
    {
        RunConfig config = new()
        {
            Model = new KansformerOptions { Layers = 2 },
            Training = new TrainingOptions { LearningRate = 2e-3, Optimizer = new MuonOptions() },
            Data = new DataConfig { Data = "a.txt", Tokenizer = "char", Fingerprint = "0" },
        };
        Assert.Equal("32895e81", RunName.Digest(config));
    }

    [Theory]
    [InlineData("anchor", "anchor", "tinyshakespeare.txt", 8, "swiglu", "silu-ring", "ring", "gated")]
    [InlineData("wikitext", "anchor", "wikitext-2-valid.txt", 3, "swiglu", "silu-ring", "ring", "gated")]
    [InlineData("bert", "bert", "tinyshakespeare.txt", 3, "linear", "bspline per edge", "rational group:8")]
    public void Committed_results_are_those_of_the_models_that_they_are_told_of(string file, string plan, string corpus, int seeds, params string[] models)
    {
        Assert.SkipWhen(SharedFolder.RepositoryRoot is null, "needs the repository around the test program");
        string text = SharedFolder.Require("corpora", corpus), folder = Path.Combine(SharedFolder.RepositoryRoot!, "benchmarks/compare");
        ComparisonConfig config = ComparisonConfig.Load(Path.Combine(folder, $"{plan}.json"));
        using TestFolder runs = new();
        using ModelComparison comparison = ModelComparison.Open(config with { Data = config.Data with { Data = text } }, runs.Path);
        ResultsFile results = ResultsFile.Open(Path.Combine(folder, $"{file}.results.json"));
        foreach (string name in models)
        {
            PlannedModel model = comparison.Models.Single(model => model.Name == name);
            Assert.All(Enumerable.Range(1, seeds), seed => Assert.NotNull(results.Find(RunName.Of(name, seed, RunName.Digest(model.Config)))));
        }
    }

    [Fact]
    public void A_digest_hangs_on_what_decides_the_numbers_and_not_on_options_that_mean_the_same_when_missing()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder) with { Model = new KansformerOptions { Width = 16, Heads = 2 } };
        string digest = RunName.Digest(config);
        Assert.Equal(digest, RunName.Digest(config with { Training = config.Training with { Seed = 7 } }));
        Assert.Equal(digest, RunName.Digest(config with { Data = config.Data with { Data = "elsewhere.txt" } }));
        Assert.NotEqual(digest, RunName.Digest(config with { Training = config.Training with { LearningRate = 0.123 } }));
        Assert.NotEqual(digest, RunName.Digest(config with { Model = (KansformerOptions)config.Model with { HeadGates = false } }));

        // What files from before gates do not name means that there are none: that there are some must be said, and a rate that is the default's need not be.
        JsonObject told = RunName.Told(config);
        Assert.True(told["model"]!["head_gates"]!.GetValue<bool>());
        Assert.False(RunName.Told(config with { Model = (KansformerOptions)config.Model with { HeadGates = false } })["model"]!.AsObject().ContainsKey("head_gates"));
        Assert.False(told["model"]!.AsObject().ContainsKey("convolution_kernel"));
        Assert.Equal(told["model"]!.AsObject().Select(entry => entry.Key).Order(StringComparer.Ordinal), told["model"]!.AsObject().Select(entry => entry.Key));
    }

    [Theory]
    [InlineData("{", "damaged")]
    [InlineData("[]", "damaged")]
    [InlineData("""{"format":2,"runs":{}}""", "format 1")]
    [InlineData("""{"format":1,"runs":{"a":null}}""", "'a' has no outcome")]
    [InlineData("""{"format":1,"runs":{"a":{"steps":"x"}}}""", "damaged")]
    public void A_file_of_other_things_is_no_results_file(string content, string told)
    {
        using TestFolder folder = new();
        File.WriteAllText(folder["results.json"], content);
        KansformersException failure = Assert.Throws<KansformersException>(() => Run(Config(folder, "linear"), folder["c"], new ComparisonOptions { Results = folder["results.json"] }));
        Assert.Contains(told, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_interrupted_comparison_goes_on_to_the_same_numbers()
    {
        using TestFolder folder = new();
        ComparisonConfig config = Config(folder, Words) with { Seeds = [1, 2] };
        ComparisonResult whole = Run(config, folder["whole"]);
        using CancellationTokenSource source = new();
        Recorder stopping = new() { Reported = report => { if (report.RunsDone == 2) source.Cancel(); } };
        using (ModelComparison comparison = ModelComparison.Open(config, folder["parts"]))
            Assert.Throws<OperationCanceledException>(() => comparison.Run(progress: stopping, cancellation: source.Token));
        Assert.InRange(Directory.GetFiles(folder["parts/runs"], "*.outcome.json").Length, 2, 5);
        ComparisonResult parts = Run(config, folder["parts"]);
        Assert.Equal(whole.Models.SelectMany(model => model.ValidationLosses), parts.Models.SelectMany(model => model.ValidationLosses));
    }

    [Fact]
    public void A_run_that_fails_is_told_and_the_others_count()
    {
        using TestFolder folder = new();
        ComparisonResult result = Run(Config(folder, "linear; wild = linear learning-rate=1e30 grad-clip=0") with { Seeds = [1] }, folder["c"]);
        RunFailure failure = Assert.Single(result.Failures);
        Assert.Equal("wild", failure.Model);
        Assert.True(double.IsFinite(result.Models[0].ValidationLoss) && double.IsNaN(result.Models[1].ValidationLoss));
        Assert.Contains($"wild{(failure.Seed is null ? "" : ", seed 1")}, failed: ", result.ToMarkdown(), StringComparison.Ordinal);
    }

    [Fact]
    public void Parameters_are_matched_as_near_to_the_budget_as_sizes_allow()
    {
        using TestFolder folder = new();
        const long budget = 9000;
        ComparisonConfig config = Config(folder, "linear; bspline; rational group:2; swiglu; kansformer ring; kept = swiglu layers=2") with { Match = ComparisonMatch.Parse($"parameters={budget}") };
        config = config with { Models = [.. config.Models.Select(model => model.Name == "kept" ? model with { IsMatched = false } : model)] };
        using ModelComparison comparison = ModelComparison.Open(config, folder["c"]);
        foreach (PlannedModel model in comparison.Models.Where(model => model.IsMatched))
        {
            Assert.InRange(model.Parameters, 1, budget);
            ModelOptions larger = model.Config.Model is KansformerOptions ours ? ours with { Inner = ours.Inner + 8 } : model.Config.Model with { Width = model.Config.Model.Width + 2 };
            Assert.True(ModelDescription.Of(larger).ParameterCount > budget, model.Name);
            Assert.True(model.Config.Model is not KansformerOptions || model.Parameters > 0.97 * budget, model.Name);
        }

        Assert.Equal(0, Assert.IsType<KansformerOptions>(comparison.Models[^1].Config.Model).Inner);
        string message = Assert.Throws<KansformersException>(() => ModelComparison.Open(config with { Match = ComparisonMatch.Parse("parameters=100") }, folder["d"])).Message;
        Assert.Contains("model 'linear': no width gives at most 100 parameters; the smallest such model has ", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Operations_are_matched_by_the_number_of_steps()
    {
        using TestFolder folder = new();
        ComparisonConfig config = Config(folder, Words) with { Match = ComparisonMatch.Parse("flops") };
        using ModelComparison comparison = ModelComparison.Open(config, folder["c"]);
        double budget = comparison.Models[0].FlopsPerToken * comparison.Models[0].Tokens;
        Assert.Equal(9, comparison.Models[0].Steps);
        foreach (PlannedModel model in comparison.Models)
            Assert.InRange(model.FlopsPerToken * model.Tokens, budget - (model.FlopsPerToken * 8), budget + (model.FlopsPerToken * 8));
        Assert.True(comparison.Models[2].Steps < 9);

        // 6 for each weight of a product, and attention; the table that is looked up costs nothing.
        ModelOptions linear = comparison.Models[0].Config.Model;
        double weights = (12.0 * 8 * 8) + (8.0 * linear.VocabularySize);
        Assert.Equal((6 * weights) + (12 * 8 * 8), comparison.Models[0].FlopsPerToken);
    }

    [Fact]
    public void Seconds_are_matched_by_a_timing_that_is_kept()
    {
        using TestFolder folder = new();
        ComparisonConfig config = Config(folder, Words) with { Seeds = [1], Match = ComparisonMatch.Parse("seconds=0.2") };
        ComparisonResult result = Run(config, folder["c"]);
        Assert.All(result.Models, model => Assert.InRange(model.Seconds, 0.2 - model.Model.StepSeconds, 0.2 + model.Model.StepSeconds));
        long[] steps = [.. result.Models.Select(model => model.Model.Steps)];
        Assert.Equal(steps, Run(config, folder["c"]).Models.Select(model => model.Model.Steps));
        Assert.Equal(3, Directory.GetDirectories(folder["c/runs"]).Length);
    }

    [Fact]
    public void Models_that_see_other_batches_are_named()
    {
        using TestFolder folder = new();
        using ModelComparison comparison = ModelComparison.Open(Config(folder, "wide = linear batch_size=4; linear; rational group:2"), folder["c"]);
        Assert.StartsWith("wide: other batches than linear", Assert.Single(comparison.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_without_a_held_out_part_and_a_folder_in_use_are_refused()
    {
        using TestFolder folder = new();
        ComparisonConfig config = Config(folder, "linear");
        Assert.Contains("needs held-out text", Assert.Throws<KansformersException>(() => ModelComparison.Open(config with { Data = config.Data with { ValidationFraction = 0 } }, folder["c"])).Message, StringComparison.Ordinal);
        using ModelComparison first = ModelComparison.Open(config, folder["c"]);
        Assert.Contains("in use by another comparison", Assert.Throws<KansformersException>(() => ModelComparison.Open(config, folder["c"])).Message, StringComparison.Ordinal);
    }

    private static RunOutcome Outcome(double loss) => new(10, 80, loss, 1, 1 << 20, 1);

    private static ComparisonResult Run(ComparisonConfig config, string folder, ComparisonOptions? options = null)
    {
        using ModelComparison comparison = ModelComparison.Open(config, folder);
        return comparison.Run(options);
    }

    private static ComparisonConfig Config(TestFolder folder, string words) =>
        ComparisonConfig.Of(TinyTraining.Config(folder) with { Training = TinyTraining.Options with { EvalWindows = 0 } }, words);

    private sealed class Recorder : IProgress<ComparisonProgress>
    {
        public ComparisonProgress? Last { get; private set; }

        public List<string> Notices { get; } = [];

        public Action<ComparisonProgress>? Reported { get; init; }

        public void Report(ComparisonProgress value)
        {
            Last = value;
            if (value.Notice is string notice)
                Notices.Add(notice);
            Reported?.Invoke(value);
        }
    }
}
