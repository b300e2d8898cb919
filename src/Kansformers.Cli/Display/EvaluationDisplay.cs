using Kansformers.Evaluation;
using Kansformers.Training;

namespace Kansformers.Cli;

/// <summary>Shows how far an evaluation is, on standard error: one line that rewrites itself on a terminal, a line every ten seconds when piped.</summary>
internal sealed class EvaluationDisplay : IProgress<EvaluationProgress>
{
    private static readonly bool Live = !Console.IsErrorRedirected;
    private ProgressEstimate? _estimate;
    private long _last = Environment.TickCount64;

    public void Report(EvaluationProgress value)
    {
        _estimate ??= new ProgressEstimate(value.TokensTotal);
        _estimate.Advance(value.TokensDone);
        long now = Environment.TickCount64;
        bool done = value.TokensDone >= value.TokensTotal;
        if (now - _last < (Live ? 200 : 10_000) && !(done && Live))
            return;
        _last = now;
        string left = _estimate.TimeLeft is TimeSpan time ? $", {HumanText.Duration(time)} left" : "";
        string line = FormattableString.Invariant($"{HumanText.Count(value.TokensDone)} of {HumanText.Count(value.TokensTotal)} tokens, loss so far {value.LossSoFar:0.0000}{left}");
        if (Live)
            Console.Error.Write($"\r\u001b[K{(done ? "" : line)}");
        else
            Console.Error.WriteLine(line);
    }
}
