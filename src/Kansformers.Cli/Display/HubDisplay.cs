using Kansformers.Hub;

namespace Kansformers.Cli;

/// <summary>Shows a download on standard error: in place on a terminal, a line per file elsewhere.</summary>
internal sealed class HubDisplay : IProgress<HubProgress>
{
    private readonly bool _isTerminal = !Console.IsErrorRedirected;
    private long _next;

    public void Report(HubProgress value)
    {
        bool ends = value.Bytes == value.Total;
        long now = Environment.TickCount64;
        if (ends)
            Console.Error.WriteLine($"{(_isTerminal ? "\r" : "")}downloaded {value.File}, {value.Total / 1e6:0.0} MB{(_isTerminal ? "          " : "")}");
        else if (_isTerminal && now >= _next)
            Console.Error.Write($"\rdownloading {value.File}, {value.Bytes / 1e6:0.0} of {value.Total / 1e6:0.0} MB ");
        if (now >= _next)
            _next = now + 200;
    }
}
