using Kansformers.Inspection;

namespace Kansformers.Cli.Networks;

/// <summary>A fit's progress on standard error: a line that rewrites itself on a terminal, plain lines in a file.</summary>
internal sealed class FitDisplay(int steps) : IProgress<FitStep>
{
    private readonly LineRate _rate = new();

    public void Report(FitStep value) => _rate.Show(() =>
        FormattableString.Invariant($"step {value.Step + 1}/{steps}  loss {value.Loss:0.000e+0}") + (value.HeldOutLoss is double held ? FormattableString.Invariant($"  held-out {held:0.000e+0}") : "") +
        (value.Penalty > 0 ? FormattableString.Invariant($"  penalty {value.Penalty:0.###}") : ""));
}
