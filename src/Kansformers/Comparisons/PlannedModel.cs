using System.Globalization;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Comparisons;

/// <summary>A model of a comparison as it will be trained: with its vocabulary, its matched size and steps.</summary>
public sealed record PlannedModel
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>How it is trained, the seed aside.</summary>
    public required RunConfig Config { get; init; }

    /// <summary>The seeds that it is trained with.</summary>
    public required IReadOnlyList<long> Seeds { get; init; }

    /// <summary>Whether its size and steps were matched.</summary>
    public required bool IsMatched { get; init; }

    /// <summary>Learned numbers.</summary>
    public required long Parameters { get; init; }

    /// <summary>Of these, in KAN layers and learned functions.</summary>
    public required long KanParameters { get; init; }

    /// <summary>Floating-point operations of training for one token.</summary>
    public required double FlopsPerToken { get; init; }

    /// <summary>Seconds of an optimizer step, measured alone on the machine; NaN before that is done.</summary>
    public double StepSeconds { get; init; } = double.NaN;

    /// <summary>The most memory that a process held that did nothing but such steps.</summary>
    internal long PeakMemoryBytes { get; init; }

    /// <summary>The processor threads of that measurement.</summary>
    internal int TimingThreads { get; init; }

    /// <summary>The optimizer steps of each run.</summary>
    public long Steps => Config.Training.MaxIters;

    /// <summary>The tokens of each run.</summary>
    public long Tokens => Steps * TrainingCost.TokensPerStep(Config.Model, Config.Training);

    /// <summary>Its sizes in words.</summary>
    public string Size
    {
        get
        {
            ModelOptions model = Config.Model;
            string inner = model.Details().FirstOrDefault(detail => detail.Name == "inner")?.Value is int width ? string.Create(CultureInfo.InvariantCulture, $", inner {width}") : "";
            return string.Create(CultureInfo.InvariantCulture, $"{model.Layers} layers, {model.Heads} heads, width {model.Width}{inner}");
        }
    }

    /// <summary>All that tells it from other models, in words.</summary>
    internal string Words
    {
        get
        {
            ModelOptions model = Config.Model;
            string sizes = string.Create(CultureInfo.InvariantCulture, $"{model.Layers} layers, {model.Heads} heads, width {model.Width}");
            string kan = model.Placement == KanPlacement.None ? "" : $"KAN layers: {model.Placement.Text()} ({model.Kan.Summary()})";
            return string.Join("; ", model.Details().Select(detail => detail.Words).Prepend(sizes).Prepend(model.Family.Name).Append(kan).Where(words => !string.IsNullOrEmpty(words)));
        }
    }

    /// <summary>The form of its feed-forward parts.</summary>
    public string FeedForward => Detail("feed_forward") ?? (Config.Model.Placement.HasFlag(KanPlacement.Mlp) ? "kan" : Detail("gelu") is string gelu ? $"gelu ({gelu})" : Config.Model.Family.Name);

    /// <summary>What its learned functions are; null where it has none.</summary>
    public string? Kan => Config.Model.Placement != KanPlacement.None ? Config.Model.Kan.Summary() : KanParameters > 0 ? Detail("activation") : null;

    /// <summary>The run of a seed.</summary>
    internal RunConfig With(long seed) => Config with { Training = Config.Training with { Seed = seed } };

    private string? Detail(string name) => Config.Model.Details().FirstOrDefault(detail => detail.Name == name)?.Value as string;
}
