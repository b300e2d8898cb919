using Kansformers.Hub;
using Kansformers.Training;

namespace Kansformers.Cli;

/// <summary>Shows a download on standard error: in place on a terminal, a line per file and every ten seconds elsewhere.</summary>
internal sealed class HubDisplay : IProgress<HubProgress>
{
    private static readonly bool Live = !Console.IsErrorRedirected;
    private readonly ByteProgress _progress = new();
    private long _last = Environment.TickCount64;

    public void Report(HubProgress value)
    {
        string which = value.Count == 1 ? value.File : $"{value.File} ({value.Number} of {value.Count})", line = _progress.Line($"downloading {which}", value.Bytes, value.Total);
        bool ends = value.Bytes == value.Total;
        long now = Environment.TickCount64;
        if (ends)
            Console.Error.WriteLine($"{(Live ? "\r\u001b[K" : "")}downloaded {which}, {HumanText.Bytes(value.Total)}");
        else if (now - _last >= (Live ? 200 : 10_000))
            Console.Error.Write(Live ? $"\r\u001b[K{line}" : line + Environment.NewLine);
        if (now - _last >= (Live ? 200 : 10_000))
            _last = now;
    }
}
