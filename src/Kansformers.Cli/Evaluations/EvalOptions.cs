using System.CommandLine;
using Kansformers.Training;

namespace Kansformers.Cli;

/// <summary>The options of <c>eval</c>.</summary>
internal sealed class EvalOptions
{
    public readonly ModelChoice Model = new();
    public readonly Option<string?> Data = new("--data") { Description = "text to score, or for models that label texts a table with labels: as for train [default: the held-out part of the run's own]" };
    public readonly CorpusChoice Corpus = new();
    public readonly LabelChoice Labels = new();
    public readonly Option<int?> Stride = new("--stride") { Description = "how far each window of one block moves on; smaller gives every token more context [default: the block size]" };
    public readonly Option<long?> MaxTokens = new("--max-tokens") { Description = "score only so many tokens from the start" };

    public void AddTo(Command command)
    {
        OptionRules.NotEmpty(Data);
        foreach (Option option in ((Option[])[Data, Stride, MaxTokens, .. Corpus.All, .. Labels.All]))
            command.Add(option);
        Model.AddTo(command);
    }

    /// <summary>Refuses options of reading a text where none is named.</summary>
    public void RequireData(ParseResult parsed)
    {
        string[] given = [.. Corpus.GivenIn(parsed), .. Labels.GivenIn(parsed)];
        if (parsed.GetValue(Data) is null && given.Length > 0)
            throw new UsageException($"{string.Join(", ", given)} says how --data is read, which is missing; the run's own text is read as it was for training");
    }

    /// <summary>Refuses options that a kind of model has no use for.</summary>
    public static void RequireUnused(ParseResult parsed, string kind, params Option[] options)
    {
        string[] given = [.. options.Where(option => parsed.GetResult(option) is { Implicit: false }).Select(option => option.Name)];
        if (given.Length > 0)
            throw new UsageException($"{string.Join(", ", given)} is nothing to a model that {kind}; leave it out");
    }
}

/// <summary>A call of <c>eval</c>: what is asked for, and of which model.</summary>
internal sealed record EvalCall(EvalOptions Options, ParseResult Parsed, ModelSource Source, RunWeights Weights)
{
    public string? Data => Parsed.GetValue(Options.Data);

    public bool Json => Parsed.GetValue(Options.Model.Json);
}
