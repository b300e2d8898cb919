using System.Text.RegularExpressions;

namespace Kansformers.Cli;

/// <summary>
/// The library's messages name what a program sets, <c>TrainingOptions.GradClip</c>, or calls; a user of the tool writes flags. This is the one place that knows both,
/// and <see cref="ToFlags"/> stands where messages are printed.
/// </summary>
internal static partial class LibraryWords
{
    /// <summary>The library's options with their flags; a value behind one, <c>ModelHints.Gelu = Exact</c>, goes along in lower case.</summary>
    public static IReadOnlyDictionary<string, string> Options { get; } = new Dictionary<string, string>
    {
        ["ComparisonOptions.Results"] = "--results",
        ["TaskOptions.Folder"] = "--out",
        ["CorpusOptions.TextField"] = "--text-field",
        ["CorpusOptions.TokenFormat"] = "--token-format",
        ["DataConfig.Deduplicate"] = "--deduplicate",
        ["DataConfig.LabelField"] = "--label-field",
        ["DataConfig.TextField"] = "--text-field",
        ["DataConfig.TextPairField"] = "--text-pair-field",
        ["DataConfig.TokenFormat"] = "--token-format",
        ["DataConfig.SpecialTokens"] = "--special-tokens",
        ["DataConfig.UnknownCharacters"] = "--unknown-characters",
        ["DataConfig.ValidationData"] = "--val-data",
        ["DataConfig.ValidationFraction"] = "--val-fraction",
        ["DistillationOptions.StudentStart"] = "--student-start",
        ["DistillationOptions.Teacher"] = "--teacher",
        ["KanOptions.BaseActivation"] = "--base-activation",
        ["KanModelPlan.Activations"] = "--kan-activations",
        ["KanModelPlan.Calibration"] = "--calibrate",
        ["ModelHints.Gelu"] = "--gelu",
        ["ModelHints.Heads"] = "--heads",
        ["ModelOptions.BlockSize"] = "--block-size",
        ["ModelOptions.Heads"] = "--heads",
        ["ModelOptions.Layers"] = "--layers",
        ["ModelOptions.Width"] = "--embd",
        ["PrepareOptions.TokenizerKind"] = "--tokenizer",
        ["ScalingColumns.EmbeddingParameters"] = "--embeddings-column",
        ["ScalingColumns.Flops"] = "--flops-column",
        ["ScalingColumns.Group"] = "--group-column",
        ["ScalingColumns.LiveParameters"] = "--live-column",
        ["ScalingColumns.Loss"] = "--loss-column",
        ["ScalingColumns.Parameters"] = "--parameters-column",
        ["ScalingColumns.Seconds"] = "--seconds-column",
        ["ScalingColumns.Seed"] = "--seed-column",
        ["ScalingColumns.Tokens"] = "--tokens-column",
        ["TrainingOptions.BatchSize"] = "--batch-size",
        ["TrainingOptions.GradClip"] = "--grad-clip",
        ["TrainingOptions.LearningRate"] = "--learning-rate",
        ["TrainingOptions.Objective"] = "--objective",
        ["TrainingOptions.Warmup"] = "--warmup",
    };

    /// <summary>What else the library says and a user of the tool does otherwise; the first that fits is taken.</summary>
    public static IReadOnlyList<(string Library, string Tool)> Phrases { get; } =
    [
        ("GridOptions.GridLow and GridHigh", "--grid-range"),
        ("RunConfig.InitialWeights", "train --model"),
        ("give TrainingRun.Start a folder", "give another --out, for a folder"),
        ("give TrainingRun.Start another folder", "give another --out"),
        ("TrainingRun.Resume(maxIters)", "--resume, by --max-iters"),
        ("TrainingRun.Resume", "--resume"),
        ("give Corpus.Open a text file", "pass --data with a text file"),
        ("Devices.Find(\"cpu\")", "--device cpu"),
        ("give TaskSource.Open that folder", "give it as --task-data"),
        ("TokenBin.Write", "kansformers tokenize --out"),
    ];

    /// <summary>A message of the library as a user of the tool can follow it.</summary>
    public static string ToFlags(string message)
    {
        message = Resume().Replace(message, call => call.Groups["steps"] is { Success: true, Value: string steps }
            ? $"--resume: train --resume {call.Groups["run"].Value} --max-iters {steps}" : $"--resume {call.Groups["run"].Value}");
        foreach ((string library, string tool) in Phrases)
            message = message.Replace(library, tool, StringComparison.Ordinal);
        return Option().Replace(message, found => !Options.TryGetValue(found.Groups["option"].Value, out string? flag) ? found.Value
            : found.Groups["value"] is { Success: true, Value: string value } ? $"{flag} {value.ToLowerInvariant()}" : flag);
    }

    // The run is a word of a shell, in quotes where it needs them.
    [GeneratedRegex(@"\bTrainingRun\.Resume\((?<run>'(?:[^']|'\\'')*'|(?!maxIters\))[^\s()']+?)(?:, maxIters: (?<steps>-?\d+))?\)")]
    private static partial Regex Resume();

    [GeneratedRegex(@"\b(?<option>[A-Z]\w+\.[A-Z]\w+)(?: = (?<value>\w+))?")]
    private static partial Regex Option();
}
