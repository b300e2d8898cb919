using System.Globalization;
using System.Text;
using Kansformers.Files;

namespace Kansformers.Training;

/// <summary>What a run was and what it reached, as the <c>README.md</c> of its folder. The text depends on these values only.</summary>
internal sealed record RunSummary
{
    /// <summary>The file's name in a run folder.</summary>
    public const string FileName = "README.md";

    /// <summary>The heading.</summary>
    public required string Title { get; init; }

    /// <summary>The command that started the run; null where a program did.</summary>
    public string? CommandLine { get; init; }

    /// <summary>The commands that went on with it, in their order.</summary>
    public IReadOnlyList<string> Resumes { get; init; } = [];

    /// <summary>The numbers of processor threads that computed it, one after another; empty where they are not known.</summary>
    public IReadOnlyList<int> Threads { get; init; } = [];

    /// <summary>What was trained on: a name or path, and its size.</summary>
    public required string Corpus { get; init; }

    /// <summary>The model in a few lines: layers, placement, KAN options, tokenizer.</summary>
    public IReadOnlyList<string> Model { get; init; } = [];

    /// <summary>Parameters in all.</summary>
    public long Parameters { get; init; }

    /// <summary>Parameters in KAN layers.</summary>
    public long KanParameters { get; init; }

    /// <summary>Optimizer steps done.</summary>
    public long Steps { get; init; }

    /// <summary>Tokens trained on.</summary>
    public long Tokens { get; init; }

    /// <summary>The last training loss.</summary>
    public double TrainLoss { get; init; }

    /// <summary>The last validation loss; null where none was measured.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>The best validation loss; null where none was measured.</summary>
    public double? BestValidationLoss { get; init; }

    /// <summary>The step of the best validation loss.</summary>
    public long? BestStep { get; init; }

    /// <summary>Seconds of training.</summary>
    public double Seconds { get; init; }

    /// <summary>Tokens per second over the whole training.</summary>
    public double TokensPerSecond { get; init; }

    /// <summary>The process's peak memory in bytes.</summary>
    public long PeakMemoryBytes { get; init; }

    /// <summary>What the model wrote at the end; null for none.</summary>
    public string? Sample { get; init; }

    /// <summary>What losses are measured in.</summary>
    public string LossUnit { get; init; } = "nats per token";

    /// <summary>What the training loss is, where it is not measured in that; null where it is.</summary>
    public string? StepLoss { get; init; }

    /// <summary>What the best validation measured beside the loss.</summary>
    public IReadOnlyList<Measure> Measures { get; init; } = [];

    /// <summary>Whether exp(loss) is a perplexity.</summary>
    public bool HasPerplexity { get; init; } = true;

    /// <summary>The commands that use the run.</summary>
    public IReadOnlyList<RunUse> Uses { get; init; } = [];

    /// <summary>The command that trains on.</summary>
    public required string ResumeCommand { get; init; }

    /// <summary>The summary as Markdown.</summary>
    /// <returns>The text, with line feeds only.</returns>
    public string ToMarkdown()
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"# {Inline(Title)}\n\nTrained on {Inline(Corpus)}.\n\n");
        foreach (string line in Model)
            text.Append(CultureInfo.InvariantCulture, $"- {Inline(line)}\n");
        text.Append(CultureInfo.InvariantCulture, $"{(Model.Count > 0 ? "\n" : "")}![Loss by step]({LossCurve.FileName})\n\n");
        AppendTable(text);
        if (CommandLine is not null || Resumes.Count > 0)
            text.Append("\n## Made by\n\n").Append(Fence(string.Join('\n', Commands()), "sh"));
        if (Sample is not null)
            text.Append("\n## What it writes\n\n").Append(Fence(Sample, "text"));
        text.Append("\n## Use it\n\n");
        text.Append(Fence(string.Join('\n', Uses.Append(new RunUse(ResumeCommand, "train on from the last checkpoint")).Select(use => $"{use.Command}   # {use.Gives}")), "sh"));
        return text.ToString();
    }

    // Of what is no likelihood of tokens there is no perplexity.
    private string Perplexity(double loss) => HasPerplexity ? string.Create(CultureInfo.InvariantCulture, $" (perplexity {Math.Exp(loss):0.00})") : "";

    // A run that was interrupted often was mostly resumed by one command.
    private IEnumerable<string> Commands()
    {
        if (CommandLine is not null)
            yield return CommandLine;
        for (int i = 0; i < Resumes.Count;)
        {
            int first = i;
            while (i < Resumes.Count && Resumes[i] == Resumes[first])
                i++;
            yield return i - first == 1 ? Resumes[first] : FormattableString.Invariant($"{Resumes[first]}   # {i - first} times");
        }
    }

    /// <summary>Writes the summary into a run folder, whole or not at all.</summary>
    /// <param name="folder">The run folder.</param>
    /// <exception cref="KansformersException">The file cannot be written; the old one is kept.</exception>
    public void Write(string folder) => AtomicFile.WriteText(Path.Combine(folder, FileName), ToMarkdown());

    private void AppendTable(StringBuilder text)
    {
        text.Append("| | |\n|---|---|\n");
        Row(text, "parameters", $"{HumanText.Count(Parameters)} ({Parameters})");
        Row(text, "of these in KAN layers", $"{HumanText.Count(KanParameters)} ({KanParameters})");
        Row(text, "steps", $"{Steps}");
        Row(text, "tokens", $"{HumanText.Count(Tokens)}");
        Row(text, "training loss, last", $"{TrainLoss:0.0000} {(StepLoss is null ? LossUnit : $"({StepLoss})")}");
        if (ValidationLoss is double last)
            Row(text, "validation loss, last", $"{last:0.0000} {LossUnit}{Perplexity(last)}");
        if (BestValidationLoss is double best)
        {
            FormattableString at = $"{(BestStep is long step ? FormattableString.Invariant($" at step {step}") : "")}";
            Row(text, "validation loss, best", $"{best:0.0000} {LossUnit}{Perplexity(best)}{at.ToString(CultureInfo.InvariantCulture)}");
            foreach (Measure measure in Measures)
                Row(text, $"validation {measure.Name.Replace('_', ' ')}, there", $"{measure.Value:0.0000}");
        }

        if (Seconds >= 0 && Seconds < TimeSpan.MaxValue.TotalSeconds)
            Row(text, "time", $"{HumanText.Duration(TimeSpan.FromSeconds(Seconds))}");
        if (Threads.Count > 0)
            Row(text, "threads", $"{string.Join(", then ", Threads)} (on another number sums are rounded otherwise, and the results differ)");
        Row(text, "tokens per second", $"{TokensPerSecond:0}");
        Row(text, "peak memory", $"{HumanText.Bytes(PeakMemoryBytes)}");
    }

    private static void Row(StringBuilder text, string name, FormattableString value) =>
        text.Append(CultureInfo.InvariantCulture, $"| {name} | {value.ToString(CultureInfo.InvariantCulture)} |\n");

    /// <summary>A code block whose fence is longer than any run of backticks in it: whatever a model writes stays inside.</summary>
    private static string Fence(string content, string language)
    {
        int longest = 2, run = 0;
        foreach (char c in content)
        {
            run = c == '`' ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        string fence = new('`', longest + 1);
        return $"{fence}{language}\n{Printable(content.ReplaceLineEndings("\n"), keepLines: true).TrimEnd('\n')}\n{fence}\n";
    }

    /// <summary>Text within a line: what Markdown or HTML would take for markup is escaped.</summary>
    private static string Inline(string text)
    {
        StringBuilder escaped = new();
        foreach (char c in Printable(text.ReplaceLineEndings(" "), keepLines: false))
        {
            if (c is '\\' or '`' or '*' or '_' or '[' or ']' or '<' or '>' or '|' or '#')
                escaped.Append('\\');
            escaped.Append(c);
        }

        return escaped.ToString();
    }

    // A byte-level model may write control characters: they would upset a terminal that shows the file.
    private static string Printable(string text, bool keepLines) =>
        string.Create(text.Length, (text, keepLines), static (span, state) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                char c = state.text[i];
                bool keep = !char.IsControl(c) || c == '\t' || (c == '\n' && state.keepLines);
                span[i] = keep ? c : '\uFFFD';
            }
        });
}
