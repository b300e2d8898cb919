namespace Kansformers.Cli.Bench;

/// <summary>Shows on standard error what is being measured: one line that rewrites itself on a terminal, a line every ten seconds when piped.</summary>
internal sealed class BenchDisplay : IDisposable
{
    private static readonly bool Live = !Console.IsErrorRedirected;
    private long _last = Live ? 0 : Environment.TickCount64;
    private bool _shown;

    /// <summary>A line that the next one replaces.</summary>
    public void Show(string line)
    {
        long now = Environment.TickCount64;
        if (now - _last < (Live ? 200 : 10_000))
            return;
        _last = now;
        if (Live)
            Console.Error.Write($"\r\u001b[K{line}");
        else
            Console.Error.WriteLine(line);
        _shown = true;
    }

    /// <summary>A line that stays.</summary>
    public void Say(string line)
    {
        Clear();
        Console.Error.WriteLine(line);
    }

    /// <summary>Takes the passing line away, before something is written elsewhere.</summary>
    public void Clear()
    {
        if (Live && _shown)
            Console.Error.Write("\r\u001b[K");
        _shown = false;
    }

    public void Dispose() => Clear();
}
