using System.Text.Json;
using Kansformers.Comparisons;
using Kansformers.Files;
using Kansformers.Scaling;
using Kansformers.Tests.Training;

namespace Kansformers.Tests.Scaling;

/// <summary>Tiny ladders within this process, from the first step to the points.</summary>
public class ScalingLadderTests : OneThread
{
    [Fact]
    public void A_ladder_is_trained_from_its_longest_run_to_its_points()
    {
        using TestFolder folder = new();
        LadderConfig config = LadderPlanTests.Config(folder, "linear; rational group:2", "1x2x8,1x2x16", "160,320");
        Recorder progress = new();
        LadderResult result = Run(config, folder["l"], progress);
        Assert.Empty(result.Failures);
        Assert.Equal(8, result.Points.Count);
        Assert.Contains("1x2x16 320, seed 1: validation loss ", progress.Notices[0], StringComparison.Ordinal);
        Assert.Contains("1x2x8 160, seed 1: validation loss ", progress.Notices[^1], StringComparison.Ordinal);
        Assert.Equal(TimeSpan.Zero, progress.Last!.TimeLeft);
        foreach (RungResult rung in result.Rungs)
        {
            ScalingPoint point = Assert.Single(rung.Points);
            Assert.Equal((rung.Rung.Group, rung.Rung.Model.Parameters, rung.Rung.Model.Tokens, 1), (point.Group, point.Parameters, point.Tokens, point.Seed));
            Assert.Equal((point.Loss, point.Seconds), (rung.Loss, rung.Seconds));
            Assert.Equal(rung.Rung.Flops, point.Flops);
            Assert.True(point.Seconds > 0 && double.IsNaN(rung.Spread));
            Assert.Equal((point.Tokens, point.Loss), point.Curve[^1]);
            Assert.True(point.Curve.Count >= 2 && point.Curve.Zip(point.Curve.Skip(1)).All(pair => pair.First.Tokens < pair.Second.Tokens));
        }

        // Another length is another run: the shorter one ends at a rate of its own.
        Assert.NotEqual(result.Points[0].Loss, result.Points[1].Curve.First(at => at.Tokens >= 160).Loss);

        JsonElement json = JsonDocument.Parse(File.ReadAllText(folder["l/scale.json"])).RootElement;
        Assert.Equal(result.Points.Select(point => point.Loss), json.GetProperty("points").EnumerateArray().Select(point => point.GetProperty("loss").GetDouble()));
        Assert.Equal(result.Points[0].LiveParameters, json.GetProperty("points")[0].GetProperty("live_parameters").GetDouble());
        Assert.Equal(LadderTable.Columns.Count, LadderTable.Rows(result)[0].Count);
        Assert.Equal(8, LadderTable.Rows(result).Count);
    }

    [Fact]
    public void An_interrupted_ladder_goes_on_to_the_same_bits_and_a_longer_one_adds_to_it()
    {
        using TestFolder folder = new();
        LadderConfig config = LadderPlanTests.Config(folder, "linear; bspline", "1x2x8,1x2x16", "320");
        LadderResult whole = Run(config, folder["whole"]);
        using CancellationTokenSource source = new();
        Recorder stopping = new() { Reported = report => { if (report.RunsDone == 2) source.Cancel(); } };
        using (ScalingLadder ladder = ScalingLadder.Open(config, folder["parts"]))
            Assert.Throws<OperationCanceledException>(() => ladder.Run(progress: stopping, cancellation: source.Token));
        Assert.InRange(Directory.GetFiles(folder["parts/runs"], "*.outcome.json").Length, 2, 3);
        LadderResult parts = Run(config, folder["parts"]);
        Assert.Equal(whole.Points.Select(point => point.Loss), parts.Points.Select(point => point.Loss));

        Recorder more = new();
        LadderResult longer = Run(config with { Budgets = [.. config.Budgets, TokenBudget.Parse("160")] }, folder["parts"], more);
        Assert.Equal(8, longer.Points.Count);
        Assert.Equal(4, more.Notices.Count);
    }

    [Fact]
    public void Threads_are_settled_before_any_run_begins()
    {
        using TestFolder folder = new();
        LadderConfig config = LadderPlanTests.Config(folder, "linear", "1x2x8,1x2x16", "160,320");
        Run(config, folder["l"]);
        string[] runs = [.. Directory.GetFiles(folder["l/runs"], "*.outcome.json").Select(path => path[..^".outcome.json".Length])];
        Assert.All(runs, run => Assert.True(File.Exists(run + ".plan.json")));
        PlannedRun[] planned;
        using (ScalingLadder ladder = ScalingLadder.Open(config, folder["l"]))
            planned = [.. ladder.Rungs.SelectMany(rung => runs.Where(run => Path.GetFileName(run).StartsWith(RunName.Of(rung.Model.Name) + "-seed", StringComparison.Ordinal)).Select(run => new PlannedRun(rung.Model, 1, new RunFiles(run))))];
        Assert.Equal(4, planned.Length);
        RunSitting sitting = new(new ComparisonOptions { Worker = _ => throw new InvalidOperationException() });
        int all = sitting.Jobs(planned);
        foreach (string run in runs[1..])
            File.Delete(run + ".outcome.json");
        Assert.Equal(all, sitting.Jobs(planned)); // however many are left

        // A call with other jobs changes nothing for runs that are not begun.
        Assert.Equal(new RunPlan(5), new RunFiles(folder["one"]).SettlePlan(new RunPlan(5)));
        Assert.Equal(new RunPlan(5), new RunFiles(folder["one"]).SettlePlan(new RunPlan(2)));
        folder.Write("one.plan.json", "{");
        Assert.Contains("one.plan.json' is damaged", Assert.Throws<KansformersException>(() => new RunFiles(folder["one"]).SettlePlan(new RunPlan(2))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_whose_process_of_an_earlier_call_has_not_ended_is_waited_for()
    {
        using TestFolder folder = new();
        LadderConfig config = LadderPlanTests.Config(folder, "linear", "1x2x8", "160");
        LadderResult whole = Run(config, folder["whole"]);
        string name = Path.GetFileName(Assert.Single(Directory.GetDirectories(folder["whole/runs"])));
        FolderLock held = FolderLock.Take(folder[$"l/runs/{name}"], "a test");
        Recorder progress = new()
        {
            Reported = report =>
            {
                if (report.Notice?.Contains("waiting", StringComparison.Ordinal) == true)
                    held.Dispose();
            },
        };
        LadderResult result = Run(config, folder["l"], progress);
        Assert.Contains("linear 1x2x8 160, seed 1: waiting for the end of its process of an earlier call", progress.Notices[0], StringComparison.Ordinal);
        Assert.Empty(result.Failures);
        Assert.Equal(whole.Points[0].Loss, result.Points[0].Loss);
    }

    [Fact]
    public void A_results_file_spares_the_training_and_a_run_that_fails_leaves_the_others()
    {
        using TestFolder folder = new();
        LadderConfig config = LadderPlanTests.Config(folder, "linear; wild = linear learning-rate=1e30 grad-clip=0", "1x2x8", "160");
        ComparisonOptions options = new() { Results = folder["results.json"] };
        LadderResult first = Run(config, folder["a"], options: options);
        Assert.Equal("wild 1x2x8 160", Assert.Single(first.Failures).Model);
        Assert.Equal("linear", Assert.Single(first.Points).Group);
        Assert.True(double.IsNaN(first.Rungs[1].Loss));
        LadderResult again = Run(config with { Kinds = config.Kinds.Select("linear") }, folder["b"], options: options);
        Assert.Equal(first.Points[0].Loss, Assert.Single(again.Points).Loss);
        Assert.False(Directory.Exists(folder["b/runs"]));
        using ScalingLadder held = ScalingLadder.Open(config, folder["a"]);
        Assert.Contains("in use by another ladder", Assert.Throws<KansformersException>(() => ScalingLadder.Open(config, folder["a"])).Message, StringComparison.Ordinal);
        Assert.Contains("one process trains one run at a time", Assert.Throws<KansformersException>(() => held.Run(new ComparisonOptions { Jobs = 2 })).Message, StringComparison.Ordinal);
    }

    private static LadderResult Run(LadderConfig config, string folder, Recorder? progress = null, ComparisonOptions? options = null)
    {
        using ScalingLadder ladder = ScalingLadder.Open(config, folder);
        return ladder.Run(options, progress);
    }

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
