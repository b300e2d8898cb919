using System.Diagnostics;

namespace Kansformers.Cli.Bench;

/// <summary>One of the things that are measured side by side.</summary>
/// <param name="name">Its name in tables and JSON.</param>
/// <param name="forward">The first part of a repetition.</param>
/// <param name="backward">The part that follows it, or null.</param>
/// <param name="after">Tidies up after a repetition; its time does not count.</param>
internal sealed class Contestant(string name, Action forward, Action? backward = null, Action? after = null)
{
    public string Name { get; } = name;

    /// <summary>Runs one repetition.</summary>
    public Lap Run()
    {
        try
        {
            long start = Stopwatch.GetTimestamp();
            forward();
            double first = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            backward?.Invoke();
            return new Lap(first, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        finally
        {
            after?.Invoke();
        }
    }
}

/// <summary>The milliseconds of one repetition.</summary>
/// <param name="Forward">Of the forward part.</param>
/// <param name="Total">Of both parts.</param>
internal readonly record struct Lap(double Forward, double Total);
