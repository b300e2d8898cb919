using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Kansformers.Comparisons;
using Kansformers.Kan;
using Kansformers.Scaling;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Findings;

/// <summary>Where experiments train, and where what came of it is kept: what is finished is not done again, whatever ended the program
/// meanwhile.</summary>
internal sealed class Workbench(FindingsOptions options, Scale scale, TextWriter progress) : IDisposable
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    private readonly Dictionary<string, TokenizedCorpus> _corpora = [];
    private readonly HashSet<string> _renewed = [];

    public Scale Scale => scale;

    /// <summary>How many trainings have run here, and were not found finished.</summary>
    public int Trainings { get; private set; }

    /// <summary>What was made of such settings before, or is made now.</summary>
    /// <param name="name">What it is, in a few words: the file's name begins with it.</param>
    /// <param name="settings">All that decides what comes out, besides text and scale.</param>
    /// <param name="make">Makes it.</param>
    public T Keep<T>(string name, object settings, Func<T> make)
    {
        string key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { settings, options.Data,
            scale }))))[..12];
        string file = Path.Combine("trainings", $"{string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-'))}-{key}.json"),
            path = Path.Combine(options.Out, file);
        bool renew = options.Again && _renewed.Add(path);
        if (!renew && Read<T>(path) is { } kept && kept.Key == key)
            return kept.Result;
        progress.WriteLine($"{DateTime.Now:HH:mm:ss} {name}");
        T made = make();
        WriteText(file, JsonSerializer.Serialize(new Kept<T>(key, made), Json));
        return made;
    }

    /// <summary>Writes what an experiment came to.</summary>
    public void Write(string name, Finding finding) => WriteText($"{name}.json", JsonSerializer.Serialize(finding, Json));

    /// <summary>Writes a file into the output folder, whole or not at all.</summary>
    public void WriteText(string file, string text)
    {
        string path = Path.Combine(options.Out, file), temporary = $"{path}.tmp";
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.WriteAllText(temporary, text);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>The text in tokens.</summary>
    public TokenizedCorpus Corpus(string tokenizer)
    {
        if (_corpora.TryGetValue(tokenizer, out TokenizedCorpus? corpus))
            return corpus;
        return _corpora[tokenizer] = TrainingRun.Prepare(new DataConfig { Data = options.Data, Tokenizer = tokenizer }, null);
    }

    /// <summary>
    /// A ladder of <c>benchmarks/scale</c> and what it came to. What its file of results lists, with the text that it was made from, is not
    /// trained; the rest is, here, one run after another.
    /// </summary>
    /// <param name="name">The name of its file.</param>
    public LadderResult Ladder(string name)
    {
        using ScalingLadder ladder = Open(name, out string? results);
        LadderResult result = ladder.Run(new ComparisonOptions { Jobs = 1, Results = results });
        return result.Failures.Count == 0 ? result
            : throw new KansformersException($"{result.Failures[0].Model}: {result.Failures[0].Message}");
    }

    /// <summary>What a ladder trains.</summary>
    /// <param name="name">The name of its file.</param>
    public IReadOnlyList<LadderRung> Rungs(string name)
    {
        using ScalingLadder ladder = Open(name, out _);
        return ladder.Rungs;
    }

    private ScalingLadder Open(string name, out string? results)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "scale", name);
        LadderConfig config = LadderConfig.Load($"{path}.json");
        DataConfig data = config.Kinds.Data;
        results = scale.CommittedLadders && data.Data == options.Data ? $"{path}.results.json" : null;
        config = config with { Kinds = config.Kinds with { Data = data with { Data = options.Data } } };
        if (!scale.CommittedLadders)
        {
            double step = TokensOfStep(config);
            config = config with
            {
                Sizes = [new(1, 1, 8), new(1, 1, 16), new(1, 1, 24)],
                Budgets = [.. config.Budgets.Select(budget => budget.Unit).Distinct().SelectMany(unit => Enumerable.Range(1, 3).Select(steps =>
                    new TokenBudget(steps * step * (unit == BudgetUnit.Flops ? 2e5 : 1), unit)))],
            };
        }

        return ScalingLadder.Open(config, Path.Combine(options.Out, "ladders", name));
    }

    private static double TokensOfStep(LadderConfig config)
    {
        ComparisonModel first = config.Kinds.Models[0];
        return (double)first.Training.BatchSize * first.Model.BlockSize;
    }

    /// <summary>A model with the initial weights of a seed.</summary>
    public CausalModel Create(Setup setup, long seed)
    {
        random.manual_seed(seed);
        ModelOptions model = setup.Model with { VocabularySize = Corpus(setup.Tokenizer).Tokenizer.VocabularySize };
        return CausalModel.Of(model.Family.Create(model));
    }

    /// <summary>The losses of a training, once for each seed.</summary>
    public IReadOnlyList<Trial> Trials(Setup setup) => [.. Seeds.Select(seed => Keep(
        FormattableString.Invariant($"{setup.Name} seed {seed}"),
        new { setup.Tokenizer, setup.Model, setup.Training, seed },
        () =>
        {
            using CausalModel model = Create(setup, seed);
            return Train(setup, seed, model);
        }))];

    public IEnumerable<long> Seeds => Enumerable.Range(1, scale.Seeds).Select(seed => (long)seed);

    /// <summary>Trains a model.</summary>
    /// <param name="setup">How.</param>
    /// <param name="seed">Decides batches and dropout.</param>
    /// <param name="model">The model, with its initial weights.</param>
    /// <param name="look">Is called after each validation, with the steps that are done.</param>
    public Trial Train(Setup setup, long seed, CausalModel model, Action<long>? look = null)
    {
        Trainings++;
        TokenizedCorpus corpus = Corpus(setup.Tokenizer);
        using Trainer trainer = new(model, setup.Training with { Seed = seed }, new TrainingData(corpus.Train, corpus.Validation));
        List<ValidationReport> reports = [];
        trainer.Validated += report =>
        {
            reports.Add(report);
            look?.Invoke(report.Step);
        };
        string? diverged = null;
        TrainingResult? result = null;
        try
        {
            result = trainer.Run();
        }
        catch (KansformersException failure)
        {
            diverged = failure.Message;
        }

        double? loss = diverged is null ? Measures.ValidationLoss(model, corpus, scale.Validation) : null;
        return new Trial(setup.Name, seed, model.ParameterCount, loss, result?.TrainLoss,
            [.. reports.Select(report => new Look(report.Step, report.Loss))], diverged, result?.Seconds ?? 0);
    }

    public void Dispose()
    {
        foreach (TokenizedCorpus corpus in _corpora.Values)
            corpus.Dispose();
    }

    // A file that was cut short, or is another program's, is as good as none.
    private static Kept<T>? Read<T>(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<Kept<T>>(File.ReadAllText(path), Json) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed record Kept<T>(string Key, T Result);
}
