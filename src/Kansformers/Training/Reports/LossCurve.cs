using Kansformers.Files;

namespace Kansformers.Training;

/// <summary>
/// The losses of a run as a picture (SVG): each training step faint, their moving mean bold, validation as dots, the best one marked.
/// It draws from one point to millions (every spike stays visible), and shows where a loss was not finite.
/// </summary>
internal sealed record LossCurve
{
    /// <summary>The picture's name in a run folder.</summary>
    public const string FileName = "loss.svg";

    /// <summary>The heading, such as the model's name.</summary>
    public string Title { get; init; } = "";

    /// <summary>The smaller line under the heading, such as corpus, parameters and placement.</summary>
    public string Subtitle { get; init; } = "";

    /// <summary>What losses are measured in.</summary>
    public string Unit { get; init; } = "nats per token";

    /// <summary>Losses of training batches, in the order of their steps.</summary>
    public IReadOnlyList<LossPoint> Train { get; init; } = [];

    /// <summary>Losses on the held-out text, in the order of their steps.</summary>
    public IReadOnlyList<LossPoint> Validation { get; init; } = [];

    /// <summary>The curve of a run's log.</summary>
    /// <param name="entries">The log's entries, as <see cref="RunLog.Read"/> gives them.</param>
    /// <returns>A curve without heading.</returns>
    public static LossCurve FromLog(IEnumerable<LogEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        List<LossPoint> train = [], validation = [];
        foreach (LogEntry entry in entries)
        {
            if (entry is TrainRecord step)
                train.Add(new LossPoint(step.Step, step.Loss));
            else if (entry is ValidationRecord measurement)
                validation.Add(new LossPoint(measurement.Step, measurement.Loss));
        }

        return new LossCurve { Train = train, Validation = validation };
    }

    /// <summary>Draws the picture: 960 by 540 units on its own light ground.</summary>
    /// <returns>The SVG document.</returns>
    public string ToSvg() => new LossCurvePainter(this).Paint();

    /// <summary>Draws the picture into a file, whole or not at all.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <exception cref="KansformersException">The file cannot be written; the old one is kept.</exception>
    public void Write(string path) => AtomicFile.WriteText(path, ToSvg());
}
