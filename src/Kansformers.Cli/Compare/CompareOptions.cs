using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Kansformers.Comparisons;
using Kansformers.Training;
using static Kansformers.Cli.OptionRules;

namespace Kansformers.Cli.Compare;

/// <summary>The options of <c>compare</c>, and the comparison that they describe.</summary>
internal sealed class CompareOptions
{
    public readonly Option<FileInfo?> Config = new("--config") { Description = "a JSON file that describes the comparison: docs/compare.md" };
    public readonly Option<string?> Models = new("--models")
    {
        Description = "the models, parted by semicolons, in words: a family, a form of feed-forward, a KAN kind, its sharing, a placement, linear, option=value, "
            + "as in \"linear; rational group:8; deep = bspline layers=6\"; with --config, the names of those of its models that are wanted",
    };

    public readonly Option<string?> Seeds = new("--seeds") { Description = "the seeds of each model, as in 1,2,3 or 1-8 [default: the file's, else 1-3]" };
    public readonly Option<string?> Match = new("--match") { Description = "what models are made equal in: none, or parameters and one of flops and seconds, joined by a comma, each with =BUDGET or by the first model [default: the file's, else parameters]" };
    public readonly Option<string?> Baseline = new("--baseline") { Description = "the model that the others are measured against [default: the best one without learned functions]" };
    public readonly Option<int?> Jobs = new("--jobs") { Description = "runs side by side, each a process of its own [default: one for each processor thread where models are small and the memory suffices, else 1]" };
    public readonly Option<string?> Out = new("--out") { Description = "the folder that keeps the runs, and what is done already [default: comparisons/NAME]" };
    public readonly Option<string?> Results = new("--results") { Description = "a small file of outcomes that can be committed: runs that it lists are not trained again, and those that are done are added" };
    public readonly Option<string?> Plot = new("--plot") { Description = "a file for the picture, .svg or .png, beside that in the folder" };
    public readonly Option<string?> Markdown = new("--markdown") { Description = "a file for the table in Markdown, beside that in the folder" };
    public readonly Option<bool> Json = new("--json") { Description = "print one JSON object on standard output and nothing else there" };

    private readonly TrainOptions _train = new();
    private readonly SharedRun _shared;

    public CompareOptions() => _shared = new SharedRun(_train, _train.OfComparison);

    public void AddTo(Command command)
    {
        Option[] own = [Config, Models, Seeds, Match, Baseline, Jobs, Out, Results, Plot, Markdown];
        foreach (Option option in own.Concat([Json]).Concat(_train.OfComparison))
            command.Add(option);
        OptionRules.Picture(Plot);
        OptionRules.NotEmpty([.. own.Where(option => option != Plot), _train.Data, _train.ValidationData, _train.Tokenizer]);
    }

    /// <summary>The comparison, checked as far as that goes without the text.</summary>
    public ComparisonConfig Read(ParseResult parsed)
    {
        try
        {
            ComparisonConfig config = parsed.GetValue(Config) is FileInfo file ? ReadFile(parsed, file.ToString()) : ReadWords(parsed);
            if (parsed.GetValue(Seeds) is string seeds)
                config = config with { Seeds = SeedList.Parse(seeds), Models = [.. config.Models.Select(model => model with { Seeds = null })] };
            if (parsed.GetValue(Match) is string match)
                config = config with { Match = ComparisonMatch.Parse(match) };
            if (parsed.GetValue(Baseline) is string baseline)
                config = config with { Baseline = baseline };
            if (parsed.GetValue(Jobs) is < 1)
                throw new UsageException($"--jobs is {parsed.GetValue(Jobs)}; it must be at least 1");
            config.Validate();
            return config;
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }
    }

    /// <summary>The folder that keeps the runs.</summary>
    public string Folder(ParseResult parsed, ComparisonConfig config) => parsed.GetValue(Out)
        ?? Path.Combine("comparisons", parsed.GetValue(Config) is FileInfo file ? Path.GetFileNameWithoutExtension(file.Name) : config.TextName);

    private ComparisonConfig ReadFile(ParseResult parsed, string path)
    {
        ComparisonConfig config = ComparisonConfig.Load(path);
        string[] others = [.. _shared.Given(parsed).Where(option => option != _train.MaxIters && !_train.OfText.Contains(option)).Select(option => option.Name)];
        if (others.Length > 0)
            throw new UsageException($"--config says how its models are made and trained; leave out {string.Join(", ", others)}, or write it there");
        if (parsed.GetValue(Models) is string names)
            config = config.Select(names);
        config = config with { Data = _shared.Over(parsed, config.Data) };
        if (!IsGiven(parsed, _train.MaxIters))
            return config;
        return parsed.GetValue(_train.MaxIters) is >= 1 and long steps ? config.WithSteps(steps)
            : throw new UsageException($"max iters is {parsed.GetValue(_train.MaxIters)}; it must be at least 1");
    }

    private ComparisonConfig ReadWords(ParseResult parsed)
    {
        string words = parsed.GetValue(Models) ?? throw new UsageException("give the models by --models, as in \"linear; rational group:8; bspline\", or a comparison by --config");
        RunConfig shared = _shared.Read(parsed, windows: 0);
        if (shared.InitialWeights is not null)
            throw new UsageException($"models are compared from random weights on; give --model a preset in place of '{parsed.GetValue(_train.Model)}'");
        return ComparisonConfig.Of(shared, words) with { Match = ComparisonMatch.Parse("parameters") };
    }
}
