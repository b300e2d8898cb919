using Kansformers.Files;

namespace Kansformers.Training;

/// <summary>
/// Writes scalars as TensorBoard shows them (<c>tensorboard --logdir FOLDER</c>): an <c>events.out.tfevents.*</c> file of
/// TFRecord frames with <c>tensorflow.Event</c> messages. Each record is one write, so a killed run loses at most the last.
/// </summary>
/// <remarks>
/// A run that goes on from a checkpoint starts a new file; its first record tells TensorBoard (by a session-log START event)
/// to forget what earlier files say from that step on.
/// </remarks>
internal sealed class TensorBoardWriter : IDisposable
{
    private const string Prefix = "events.out.tfevents.";

    private readonly AppendFile _file;
    private readonly TimeProvider _clock;

    /// <summary>Starts a new events file.</summary>
    /// <param name="folder">The folder; it is made when missing. Files of earlier runs in it are left as they are.</param>
    /// <param name="resumeStep">The first step that this file will hold when the run goes on from a checkpoint; else null.</param>
    /// <param name="clock">Where wall times come from; the system's clock when null.</param>
    /// <exception cref="KansformersException">The folder cannot be written.</exception>
    public TensorBoardWriter(string folder, long? resumeStep = null, TimeProvider? clock = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        _clock = clock ?? TimeProvider.System;
        _file = Create(folder, _clock.GetUtcNow().ToUnixTimeSeconds());
        Append(TensorBoardEvent.Version(WallTime));
        if (resumeStep is long step)
            Append(TensorBoardEvent.SessionStart(WallTime, step));
    }

    /// <summary>The file's full path.</summary>
    public string FilePath => _file.Path;

    /// <summary>Whether a file of that name holds events.</summary>
    internal static bool IsEventFile(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    private double WallTime => (_clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;

    /// <summary>Adds one value.</summary>
    /// <param name="tag">The name of the curve; a slash groups curves: <c>train/loss</c>.</param>
    /// <param name="value">The value; stored in single precision, NaN and infinities included.</param>
    /// <param name="step">The step.</param>
    /// <exception cref="KansformersException">The disk is full or the file cannot be written; the records before are unharmed.</exception>
    public void Add(string tag, double value, long step)
    {
        ArgumentException.ThrowIfNullOrEmpty(tag);
        Append(TensorBoardEvent.Scalars(WallTime, step, [(tag, value)]));
    }

    /// <summary>Adds the numbers of a log entry, as <c>train/loss</c>, <c>train/learning_rate</c>, <c>validation/loss</c>, <c>validation/accuracy</c> and so on; a note has none.</summary>
    /// <param name="entry">The entry.</param>
    /// <exception cref="KansformersException">The disk is full or the file cannot be written; the records before are unharmed.</exception>
    public void Add(LogEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ReadOnlySpan<(string, double)> scalars = entry switch
        {
            TrainRecord train =>
            [
                ("train/loss", train.Loss),
                ("train/learning_rate", train.LearningRate),
                ("train/grad_norm", train.GradNorm),
                ("train/tokens_per_second", train.TokensPerSecond),
            ],
            ValidationRecord validation => [("validation/loss", validation.Loss), .. validation.Measures.Select(measure => ($"validation/{measure.Name}", measure.Value))],
            _ => [],
        };
        if (!scalars.IsEmpty)
            Append(TensorBoardEvent.Scalars(WallTime, entry.Step, scalars));
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    // TensorBoard reads a folder's files in the order of their names, hence the time first; the host tells shared folders' writers apart.
    private static AppendFile Create(string folder, long seconds)
    {
        for (int number = 0; ; number++)
        {
            string name = FormattableString.Invariant($"{Prefix}{seconds:0000000000}.{Environment.MachineName}.{Environment.ProcessId}.{number}");
            string path = Path.Combine(folder, name);
            if (!File.Exists(path))
                return new AppendFile(path, FileMode.CreateNew);
        }
    }

    private void Append(byte[] data) => _file.Append(TensorBoardEvent.Frame(data));
}
