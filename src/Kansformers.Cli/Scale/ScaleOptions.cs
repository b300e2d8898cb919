using System.CommandLine;
using System.CommandLine.Parsing;
using Kansformers.Cli.Compare;
using Kansformers.Comparisons;
using Kansformers.Scaling;
using Kansformers.Training;

namespace Kansformers.Cli.Scale;

/// <summary>The options of <c>scale</c>, and the ladder that they describe.</summary>
internal sealed class ScaleOptions
{
    // Minutes on two cores.
    private const string DefaultModels = "swiglu; gated", DefaultModelsOfOthers = "linear; bspline", DefaultSizes = "16,24,32,48", DefaultTokens = "5x,10x,20x";

    // Small models learn in the time that whole texts take to validate.
    private const int Windows = 512;

    public readonly Option<FileInfo?> Config = new("--config") { Description = "a JSON file that describes the ladder: docs/scaling.md" };
    public readonly Option<string?> Models = new("--models") { Description = $"the kinds of models, parted by semicolons, in the words of compare; with --config, the names of those of its models that are wanted [default: \"{DefaultModels}\", of a family that has no such forms \"{DefaultModelsOfOthers}\"]" };
    public readonly Option<string?> Sizes = new("--sizes") { Description = $"joined by commas: widths, as in 64, whose layers and heads follow, or layers, heads and width, as in 2x4x64 [default: the file's, else {DefaultSizes}]" };
    public readonly Option<string?> Tokens = new("--tokens") { Description = $"how long each is trained, joined by commas: tokens for each parameter, as in 20x, tokens, as in 2e6, or operations, as in 1e12flops [default: the file's, else {DefaultTokens}]" };
    public readonly Option<string?> Seeds = new("--seeds") { Description = "the seeds of each model, as in 1,2,3 or 1-8 [default: the file's, else 1]" };
    public readonly Option<string?> Match = new("--match") { Description = "what models of a size are made equal in: parameters, those of the first model, or none [default: the file's, else parameters]" };
    public readonly Option<string?> Rates = new("--rates") { Description = $"learning rates: {WidthRule.Words[0]}, they follow it from that at which they were chosen, or {WidthRule.Words[1]}, they do not [default: the file's, else {WidthRule.Words[0]}]" };
    public readonly Option<int?> Jobs = new("--jobs") { Description = "runs side by side, each a process of its own [default: one for each processor thread where models are small and the memory suffices, else 1]" };
    public readonly Option<string?> Out = new("--out") { Description = "the folder that keeps the runs, and what is done already [default: ladders/NAME]" };
    public readonly Option<string?> Results = new("--results") { Description = "a small file of outcomes that can be committed: runs that it lists are not trained again, and those that are done are added" };
    public readonly Option<bool> Json = new("--json") { Description = "print one JSON object on standard output and nothing else there" };

    private readonly TrainOptions _train = new();
    private readonly SharedRun _shared;

    public ScaleOptions() => _shared = new SharedRun(_train, _train.OfLadder);

    public void AddTo(Command command)
    {
        Option[] own = [Config, Models, Sizes, Tokens, Seeds, Match, Rates, Jobs, Out, Results];
        foreach (Option option in own.Concat([Json]).Concat(_train.OfLadder))
            command.Add(option);
        OptionRules.NotEmpty([.. own, _train.Data, _train.ValidationData, _train.Tokenizer]);
    }

    /// <summary>The ladder, checked as far as that goes without the text.</summary>
    public LadderConfig Read(ParseResult parsed)
    {
        try
        {
            LadderConfig config = parsed.GetValue(Config) is FileInfo file ? ReadFile(parsed, file.ToString()) : ReadWords(parsed);
            ComparisonConfig kinds = config.Kinds;
            if (parsed.GetValue(Seeds) is string seeds)
                kinds = kinds with { Seeds = SeedList.Parse(seeds), Models = [.. kinds.Models.Select(model => model with { Seeds = null })] };
            if (parsed.GetValue(Match) is string match)
                kinds = kinds with { Match = ComparisonMatch.Parse(match) };
            config = config with { Kinds = kinds };
            if (parsed.GetValue(Sizes) is string sizes)
                config = config with { Sizes = List(sizes, LadderSize.Parse) };
            if (parsed.GetValue(Tokens) is string tokens)
                config = config with { Budgets = List(tokens, TokenBudget.Parse) };
            if (parsed.GetValue(Rates) is string rates)
                config = config with { Rates = WidthRule.Parse(rates) };
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
    public string Folder(ParseResult parsed, LadderConfig config) => parsed.GetValue(Out)
        ?? Path.Combine("ladders", parsed.GetValue(Config) is FileInfo file ? Path.GetFileNameWithoutExtension(file.Name) : config.Kinds.TextName);

    private LadderConfig ReadFile(ParseResult parsed, string path)
    {
        LadderConfig config = LadderConfig.Load(path);
        string[] others = [.. _shared.Given(parsed).Where(option => !_train.OfText.Contains(option)).Select(option => option.Name)];
        if (others.Length > 0)
            throw new UsageException($"--config says how its models are made and trained; leave out {string.Join(", ", others)}, or write it there");
        ComparisonConfig kinds = parsed.GetValue(Models) is string names ? config.Kinds.Select(names) : config.Kinds;
        return config with { Kinds = kinds with { Data = _shared.Over(parsed, kinds.Data) } };
    }

    private LadderConfig ReadWords(ParseResult parsed)
    {
        RunConfig shared = _shared.Read(parsed, Windows);
        string unsaid = shared.Model.Family.Settings.Any(setting => setting.Name == "feed-forward") ? DefaultModels : DefaultModelsOfOthers;
        return new LadderConfig
        {
            Kinds = ComparisonConfig.Of(shared, parsed.GetValue(Models) ?? unsaid) with { Seeds = [1], Match = ComparisonMatch.Parse("parameters") },
            Sizes = List(DefaultSizes, LadderSize.Parse),
            Budgets = List(DefaultTokens, TokenBudget.Parse),
        };
    }

    private static T[] List<T>(string text, Func<string, T> read) => [.. text.Split(',', StringSplitOptions.TrimEntries).Select(read)];
}
