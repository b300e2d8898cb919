using System.Text;
using Kansformers.Files;

namespace Kansformers.Training;

/// <summary>
/// A run's <c>log.jsonl</c>: one JSON object per line, such as
/// <c>{"step":10,"kind":"train","loss":3.2,"learning_rate":0.0003,"grad_norm":1.1,"tokens":5632,"tokens_per_second":940.1,"seconds":5.9}</c>.
/// Lines are only appended, each in one write: a killed run loses at most its last line.
/// Numbers that are not finite are the strings <c>"NaN"</c>, <c>"Infinity"</c> and <c>"-Infinity"</c>.
/// </summary>
public sealed class RunLog : IDisposable
{
    /// <summary>The file's name in a run folder.</summary>
    public const string FileName = "log.jsonl";

    private readonly AppendFile _file;

    private RunLog(AppendFile file) => _file = file;

    /// <summary>Starts an empty log, in place of one that is there.</summary>
    /// <param name="path">The file; its folder is made when missing.</param>
    /// <returns>The log, to be disposed.</returns>
    /// <exception cref="KansformersException">The file cannot be written.</exception>
    internal static RunLog Create(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new RunLog(new AppendFile(path, FileMode.Create));
    }

    /// <summary>
    /// Opens the log of a run that goes on from a checkpoint, so that it ends up with the entries of an uninterrupted run:
    /// a torn last line and every entry after the checkpoint are cut away (the file is rewritten atomically).
    /// </summary>
    /// <param name="path">The log; an empty one is started where it is missing.</param>
    /// <param name="step">The checkpoint's step: entries of later steps go.</param>
    /// <param name="keepTrain">Whether train entries of <paramref name="step"/> itself stay: false when that step will be done again.</param>
    /// <param name="keepValidation">Whether validation entries of <paramref name="step"/> itself stay: false when it will be measured again.</param>
    /// <returns>The log, to be disposed.</returns>
    /// <exception cref="KansformersException">A line other than the last is damaged, or the file cannot be written.</exception>
    internal static RunLog Resume(string path, long step, bool keepTrain = false, bool keepValidation = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (File.Exists(path))
        {
            AtomicFile.Write(path, stream =>
            {
                using StreamWriter writer = new(stream, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
                foreach ((string text, LogLine line) in Lines(path))
                {
                    bool keep = line.Step < step || (line.Step == step && (!line.IsTrain || keepTrain) && (!line.IsValidation || keepValidation));
                    if (keep)
                        writer.WriteLine(text);
                }
            });
        }

        return new RunLog(new AppendFile(path, FileMode.OpenOrCreate));
    }

    /// <summary>Reads a log, also that of a run in progress. Entries of unknown kinds are passed over, a torn last line is ignored.</summary>
    /// <param name="path">The log.</param>
    /// <returns>The entries in the file's order.</returns>
    /// <exception cref="KansformersException">The file cannot be read, or a line other than the last is damaged.</exception>
    public static IReadOnlyList<LogEntry> Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        List<LogEntry> entries = [];
        foreach ((_, LogLine line) in Lines(path))
        {
            if (line.Entry is { } entry)
                entries.Add(entry);
        }

        return entries;
    }

    /// <summary>Adds an entry; on return it is out of this process's hands.</summary>
    /// <param name="entry">The entry.</param>
    /// <exception cref="KansformersException">The disk is full or the file cannot be written; the entries before are unharmed.</exception>
    internal void Add(LogEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        _file.Append(LogLine.Format(entry).Span);
    }

    /// <summary>Waits until all entries are on the disk: to be called before a checkpoint that counts on them.</summary>
    /// <exception cref="KansformersException">The disk refuses.</exception>
    internal void Sync() => _file.Sync();

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private static IEnumerable<(string Text, LogLine Line)> Lines(string path)
    {
        using StreamReader reader = Open(path);
        int number = 0;
        int? damaged = null;
        while (NextLine(reader, path) is string text)
        {
            number++;
            if (damaged is int bad)
                throw new KansformersException($"the log '{path}' is damaged at line {bad}: no log entry there; remove that line or the file");
            if (TryParse(text, out LogLine line))
                yield return (text, line);
            else
                damaged = number;
        }
    }

    private static bool TryParse(string text, out LogLine line)
    {
        try
        {
            line = LogLine.Parse(text);
            return true;
        }
        catch (FormatException)
        {
            line = default;
            return false;
        }
    }

    private static StreamReader Open(string path)
    {
        try
        {
            // A writer may be at work on the file, in this process or another.
            return new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, failure);
        }
    }

    private static string? NextLine(StreamReader reader, string path)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (IOException failure)
        {
            throw Unreadable(path, failure);
        }
    }

    private static KansformersException Unreadable(string path, Exception failure) => failure is FileNotFoundException or DirectoryNotFoundException
        ? new KansformersException($"there is no log '{path}'; name a run folder that 'train' made", failure)
        : new KansformersException($"cannot read the log '{path}': {AtomicFile.Reason(failure)}", failure);
}
