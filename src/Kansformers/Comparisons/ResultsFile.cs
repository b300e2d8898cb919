using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kansformers.Files;

namespace Kansformers.Comparisons;

/// <summary>
/// The outcomes of runs in one small file, each on a line of its own under the name of its run folder, which tells all that decides its numbers: it can be
/// committed and carried to another machine, where what it lists is not trained again.
/// </summary>
internal sealed class ResultsFile
{
    private const int Format = 1;

    /// <summary>Put behind the file's name: what is locked while the file is read and written again.</summary>
    public const string LockEnd = ".lock";

    // Reading and writing takes milliseconds.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly SortedDictionary<string, RunOutcome> _runs;
    private bool _isUnsaved;

    private ResultsFile(string path, SortedDictionary<string, RunOutcome> runs) => (_path, _runs) = (path, runs);

    /// <summary>Reads a file; one that is not there holds nothing yet.</summary>
    /// <param name="path">The file, or a link to it.</param>
    /// <exception cref="KansformersException">It cannot be read, or is none.</exception>
    public static ResultsFile Open(string path)
    {
        if (Directory.Exists(path))
            throw new KansformersException($"'{path}' is a folder; give the results a file");
        string real = RealFile.PathOf(path); // whatever it is called by, it has one lock, and a link stays one
        return new ResultsFile(real, Read(real));
    }

    private static SortedDictionary<string, RunOutcome> Read(string path)
    {
        SortedDictionary<string, RunOutcome> runs = new(StringComparer.Ordinal);
        if (!File.Exists(path))
            return runs;
        try
        {
            JsonNode? root = JsonNode.Parse(File.ReadAllBytes(path));
            if (root?["format"]?.GetValue<int>() is not Format || root["runs"] is not JsonObject all)
                throw new KansformersException($"'{path}' holds no results of comparisons in format {Format}; give another ComparisonOptions.Results");
            foreach ((string run, JsonNode? outcome) in all)
                runs[run] = outcome.Deserialize<RunOutcome>(RunFiles.Json) is { ValidationLoss: var loss } read && double.IsFinite(loss) ? read : throw new JsonException($"'{run}' has no outcome");
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException)
        {
            throw new KansformersException($"the results '{path}' are damaged: {failure.Message.ReplaceLineEndings(" ")}", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new KansformersException($"cannot read the results '{path}': {AtomicFile.Reason(failure)}", failure);
        }

        return runs;
    }

    /// <summary>The outcome of a run; null where it is not listed.</summary>
    /// <param name="run">The name of its folder.</param>
    public RunOutcome? Find(string run)
    {
        lock (_lock)
            return _runs.GetValueOrDefault(run);
    }

    /// <summary>
    /// Adds what is not listed yet, and saves; what another comparison has added to the file meanwhile stays in it. What could not be saved is saved with what is added next,
    /// even if that is nothing.
    /// </summary>
    /// <param name="outcomes">Runs by the names of their folders.</param>
    /// <exception cref="KansformersException">The file cannot be read again or written.</exception>
    public void Add(IEnumerable<(string Run, RunOutcome Outcome)> outcomes)
    {
        lock (_lock)
        {
            foreach ((string run, RunOutcome outcome) in outcomes)
                _isUnsaved |= _runs.TryAdd(run, outcome);
            if (!_isUnsaved)
                return;
            Save();
            _isUnsaved = false;
        }
    }

    // Comparisons of other folders, in processes of their own, may add to the same file at the same time: reading and writing it again must be one step.
    private void Save()
    {
        using FileLock one = FileLock.Wait(_path + LockEnd, LongestWait);
        foreach ((string run, RunOutcome outcome) in Read(_path))
            _runs.TryAdd(run, outcome);
        AtomicFile.WriteText(_path, Text());
    }

    private string Text()
    {
        StringBuilder text = new();
        text.Append("{\n  \"format\": ").Append(Format).Append(",\n  \"runs\": {");
        string next = "\n";
        foreach ((string run, RunOutcome outcome) in _runs)
        {
            text.Append(next).Append("    ").Append(JsonSerializer.Serialize(run, RunFiles.Json)).Append(": ").Append(JsonSerializer.Serialize(outcome, RunFiles.Json));
            next = ",\n";
        }

        return text.Append("\n  }\n}\n").ToString();
    }
}
