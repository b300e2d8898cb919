using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Kansformers.Files;
using Kansformers.Training;

namespace Kansformers.Comparisons;

/// <summary>A run of a comparison that has ended: what <c>NAME.outcome.json</c> holds beside its run folder.</summary>
/// <param name="Steps">The optimizer steps.</param>
/// <param name="Tokens">The tokens trained on.</param>
/// <param name="ValidationLoss">The loss on the held-out text after the last step, in nats per token.</param>
/// <param name="Seconds">The seconds spent in steps, beside whatever else the machine did.</param>
/// <param name="PeakMemoryBytes">The most memory that its process held.</param>
/// <param name="Threads">The processor threads that it used.</param>
internal sealed record RunOutcome(long Steps, long Tokens, double ValidationLoss, double Seconds, long PeakMemoryBytes, int Threads)
{
    /// <summary>The validations on the way; null in outcomes from before they were kept here, whose run's log has them.</summary>
    public IReadOnlyList<ValidationPoint>? Curve { get; init; }
}

/// <summary>How a run is to be trained, settled before any run begins, so that it does not hang on how many are left when its turn comes.</summary>
/// <param name="Threads">The processor threads: on another number sums are rounded otherwise.</param>
internal sealed record RunPlan(int Threads);

/// <summary>A validation on the way.</summary>
/// <param name="Step">The steps taken.</param>
/// <param name="Loss">In nats per token.</param>
internal sealed record ValidationPoint(long Step, double Loss)
{
    /// <summary>Those of a run's log.</summary>
    public static IReadOnlyList<ValidationPoint> Of(IEnumerable<LogEntry> log) => [.. log.OfType<ValidationRecord>().Select(record => new ValidationPoint(record.Step, record.Loss))];
}

/// <summary>A model's step, measured alone on the machine.</summary>
/// <param name="StepSeconds">The median of the steps.</param>
/// <param name="Steps">How many steps were measured.</param>
/// <param name="PeakMemoryBytes">The most memory that its process held.</param>
/// <param name="Threads">The processor threads that it used.</param>
internal sealed record StepTiming(double StepSeconds, int Steps, long PeakMemoryBytes, int Threads);

/// <summary>The files of one piece of work in a comparison's folder: its settings, which the comparison writes, and its outcome, which whoever does it writes.</summary>
/// <param name="Path">Their common beginning; for a run, its run folder.</param>
internal readonly record struct RunFiles(string Path)
{
    // Named, since programs in one file switch the default off. A loss that is not finite is never an outcome.
    internal static readonly JsonSerializerOptions Json = new() { TypeInfoResolver = new DefaultJsonTypeInfoResolver(), PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The name of a run's folder.</summary>
    public string Name => System.IO.Path.GetFileName(Path);

    public string SettingsFile => Path + ".settings.json";

    public string OutcomeFile => Path + ".outcome.json";

    /// <summary>How the run is to be trained: what decides its numbers without being of its settings.</summary>
    public string PlanFile => Path + ".plan.json";

    public string LogFile => System.IO.Path.Combine(Path, RunLog.FileName);

    /// <summary>Whether a run was begun that can go on.</summary>
    public bool IsBegun => File.Exists(System.IO.Path.Combine(Path, "config.json"));

    public void WriteOutcome<T>(T outcome) => AtomicFile.WriteText(OutcomeFile, JsonSerializer.Serialize(outcome, Json) + "\n");

    /// <summary>The outcome; null when there is none yet.</summary>
    /// <exception cref="KansformersException">The file is damaged.</exception>
    public T? ReadOutcome<T>()
        where T : class => Read<T>(OutcomeFile);

    /// <summary>The plan that was made for the run; where there is none yet, the one that is given, which then holds for all sittings.</summary>
    /// <exception cref="KansformersException">The file is damaged, or cannot be written.</exception>
    public RunPlan SettlePlan(RunPlan plan)
    {
        if (Read<RunPlan>(PlanFile) is { Threads: > 0 } settled)
            return settled;
        AtomicFile.WriteText(PlanFile, JsonSerializer.Serialize(plan, Json) + "\n");
        return plan;
    }

    private static T? Read<T>(string path)
        where T : class
    {
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllBytes(path), Json);
        }
        catch (JsonException failure)
        {
            throw new KansformersException($"'{path}' is damaged; remove it, and the comparison finds out anew", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new KansformersException($"cannot read '{path}': {AtomicFile.Reason(failure)}", failure);
        }
    }
}
