using Kansformers.Evaluation;
using Kansformers.Training;

namespace Kansformers.Cli;

/// <summary>Shows how far an evaluation is, on standard error: one line that rewrites itself on a terminal, a line every ten seconds when piped.</summary>
internal sealed class EvaluationDisplay : IProgress<EvaluationProgress>
{
    private readonly LineRate _rate = new();
    private ProgressEstimate? _estimate;

    public void Report(EvaluationProgress value)
    {
        _estimate ??= new ProgressEstimate(value.TokensTotal);
        _estimate.Advance(value.TokensDone);
        string left = TimeLeft.Words(_estimate.TimeLeft);
        if (value.TokensDone >= value.TokensTotal)
            LiveLine.Clear();
        else
            _rate.Show(() => FormattableString.Invariant($"{HumanText.Count(value.TokensDone)} of {HumanText.Count(value.TokensTotal)} tokens, loss so far {value.LossSoFar:0.0000}{left}"));
    }
}
