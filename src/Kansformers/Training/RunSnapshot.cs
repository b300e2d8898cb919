using System.Globalization;

namespace Kansformers.Training;

/// <summary>Weights that a run kept on its way (<see cref="TrainingOptions.SnapshotInterval"/>), without the optimizer's state.</summary>
/// <param name="Step">The steps that were done.</param>
/// <param name="File">The weight file.</param>
public sealed record RunSnapshot(long Step, string File)
{
    private const string Begin = "snapshot-", End = ".safetensors";

    /// <summary>What the file of a step is called.</summary>
    internal static string Name(long step) => $"{Begin}{step.ToString(CultureInfo.InvariantCulture)}{End}";

    /// <summary>The step that a file's name tells; null for other files.</summary>
    internal static long? StepOf(string name) =>
        name.StartsWith(Begin, StringComparison.Ordinal) && name.EndsWith(End, StringComparison.Ordinal)
            && long.TryParse(name.AsSpan(Begin.Length, Math.Max(0, name.Length - Begin.Length - End.Length)), NumberStyles.None, CultureInfo.InvariantCulture, out long step)
            && Name(step) == name ? step : null;
}
