namespace Kansformers.Cli;

/// <summary>How often a display shows something: five times a second on a terminal, every ten seconds in a file.</summary>
internal sealed class LineRate
{
    private static readonly long Interval = LiveLine.IsPossible ? 200 : 10_000;
    private long _last = Environment.TickCount64;

    /// <summary>Shows a line when it is time.</summary>
    public void Show(Func<string> line)
    {
        long now = Environment.TickCount64;
        if (now - _last < Interval)
            return;
        _last = now;
        if (LiveLine.IsPossible)
            LiveLine.Show(line());
        else
            Console.Error.WriteLine(line());
    }
}
