using Kansformers.Evaluation;
using Kansformers.Training;

namespace Kansformers.Cli;

/// <summary>Shows how far a task is, on standard error: one line that rewrites itself on a terminal, a line every ten seconds when piped.</summary>
internal sealed class TaskDisplay : IProgress<TaskProgress>
{
    private readonly LineRate _rate = new();
    private ProgressEstimate? _estimate;

    public void Report(TaskProgress value)
    {
        if (_estimate is null && value.Kept > 0 && value.Kept < value.Total)
            LiveLine.Say($"{value.Task}: {value.Kept} of {value.Total} requests are scored already");
        _estimate ??= new ProgressEstimate(value.Total, value.Kept, memory: 2000);
        _estimate.Advance(value.Done);
        string left = TimeLeft.Words(_estimate.TimeLeft);
        if (value.Done >= value.Total)
            LiveLine.Clear();
        else
            _rate.Show(() => $"{value.Task}: {value.Done} of {value.Total} requests{left}");
    }
}
