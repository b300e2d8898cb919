using Kansformers.Training;

namespace Kansformers.Cli;

/// <summary>How long work still takes, in words.</summary>
internal static class TimeLeft
{
    // Less is over before it is read, and an estimate of nothing is none.
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(0.5);

    /// <summary><c>, 5 min 10 s left</c>; nothing where it is not known, or next to nothing.</summary>
    /// <param name="left">The time.</param>
    /// <param name="before">What stands before it.</param>
    public static string Words(TimeSpan? left, string before = ", ") => left is TimeSpan time && time >= Least ? $"{before}{HumanText.Duration(time)} left" : "";
}
