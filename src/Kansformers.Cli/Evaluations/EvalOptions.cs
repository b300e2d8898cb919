using System.CommandLine;
using Kansformers.Training;

namespace Kansformers.Cli;

/// <summary>The options of <c>eval</c>.</summary>
internal sealed class EvalOptions
{
    public readonly ModelChoice Model = new();
    public readonly Option<string?> Data = new("--data") { Description = "text to score, or for models that learned from labels (of texts, of words, answers to questions) a file with such: as for train [default: the held-out part of the run's own]" };
    public readonly CorpusChoice Corpus = new();
    public readonly LabelChoice Labels = new();
    public readonly Option<int?> Stride = new("--stride") { Description = "how far each window of one block moves on; smaller gives every token more context [default: the block size]" };
    public readonly TaskChoice Tasks = new();
    public readonly Option<long?> MaxTokens = new("--max-tokens") { Description = "score only so many tokens from the start" };

    public void AddTo(Command command)
    {
        OptionRules.NotEmpty(Data);
        Tasks.Check();
        foreach (Option option in ((Option[])[Data, Stride, MaxTokens, .. Corpus.All, .. Labels.All, .. Tasks.All]))
            command.Add(option);
        Model.AddTo(command);
    }

    /// <summary>Refuses options of reading a text where none is named.</summary>
    public void RequireData(ParseResult parsed)
    {
        string[] given = OptionRules.Given(parsed, [.. Corpus.All, .. Labels.All]);
        if (parsed.GetValue(Data) is null && given.Length > 0)
            throw new UsageException($"{string.Join(", ", given)} says how --data is read, which is missing; the run's own text is read as it was for training");
    }
}
