using System.CommandLine;
using Kansformers.Inspection;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Cli.Reading;

/// <summary>What verbs that read a run's functions have in common: which run, which of its weights, how much text.</summary>
internal sealed class RunReading
{
    public readonly Option<string> Weights = new("--checkpoint") { Description = "of a run, which weights: best or last", DefaultValueFactory = _ => "best" };
    public readonly Option<long> Tokens = new("--tokens") { Description = "of a run, how many tokens of its training text are read", DefaultValueFactory = _ => new ReadingOptions().Tokens };

    /// <summary>The options, which are of use for runs alone.</summary>
    public IEnumerable<Option> All => [Weights, Tokens];

    /// <summary>Opens a run.</summary>
    /// <param name="path">The folder.</param>
    public static RunFolder Open(string path) => ModelSource.Open(path).Run
        ?? throw new KansformersException($"'{path}' is no run folder, whose functions are read on the text that it was trained on; convert --to run makes one of a model");

    /// <summary>The run's model.</summary>
    public TransformerModel Load(ParseResult parsed, RunFolder run)
    {
        Options(parsed);
        return run.LoadModel(WeightsIn(parsed));
    }

    /// <summary>Which of a run's weights are asked for.</summary>
    public RunWeights WeightsIn(ParseResult parsed) => ModelChoice.ParseWeights(parsed.GetValue(Weights)!);

    /// <summary>Reads what its functions do.</summary>
    public ModelReading Read(ParseResult parsed, RunFolder run, TransformerModel model)
    {
        using Interruption interruption = new();
        return FunctionReader.Read(run, model, Options(parsed), new ReadingDisplay(), interruption.Token);
    }

    /// <summary>Refuses names of layers that the model has not, before anything is read, which can take long.</summary>
    public static void RequireLayers(TransformerModel model, IEnumerable<string> wanted)
    {
        string[] names = [.. FunctionLayer.Of(model).Select(layer => layer.Name)];
        foreach (string name in wanted)
        {
            if (!names.Any(one => one == name || one.EndsWith("." + name, StringComparison.Ordinal)))
                throw new KansformersException($"there is no layer '{name}' with learned functions: name one of {string.Join(", ", names)}");
        }
    }

    private ReadingOptions Options(ParseResult parsed)
    {
        long tokens = parsed.GetValue(Tokens);
        return tokens >= 1 ? new ReadingOptions { Tokens = tokens } : throw new UsageException(FormattableString.Invariant($"--tokens is {tokens}; it must be at least 1"));
    }

    private sealed class ReadingDisplay : IProgress<ReadingProgress>
    {
        private readonly LineRate _rate = new();

        public void Report(ReadingProgress value)
        {
            if (value.TokensDone >= value.TokensTotal)
                LiveLine.Clear();
            else
                _rate.Show(() => $"{HumanText.Count(value.TokensDone)} of {HumanText.Count(value.TokensTotal)} tokens read");
        }
    }
}
