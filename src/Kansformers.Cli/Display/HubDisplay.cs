using Kansformers.Hub;
using Kansformers.Training;

namespace Kansformers.Cli;

/// <summary>Shows a download on standard error: in place on a terminal, a line every ten seconds elsewhere; and a line for each file that is here.</summary>
internal sealed class HubDisplay : IProgress<HubProgress>
{
    private readonly ByteProgress _progress = new();
    private readonly LineRate _rate = new();

    public void Report(HubProgress value)
    {
        if (value.Notice is string notice)
        {
            LiveLine.Say(notice);
            return;
        }

        string which = value.Count == 1 ? value.File : $"{value.File} ({value.Number} of {value.Count})", line = _progress.Line($"downloading {which}", value.Bytes, value.Total);
        if (value.Bytes == value.Total)
            LiveLine.Say($"downloaded {which}, {HumanText.Bytes(value.Total)}");
        else
            _rate.Show(() => line);
    }
}
