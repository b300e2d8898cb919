using System.Diagnostics;
using Kansformers.Inspection;
using Kansformers.Numerics;

namespace Kansformers.Formulas;

/// <summary>A formula that was found.</summary>
/// <param name="Formula">The formula.</param>
/// <param name="How">The network that it came from, in words.</param>
/// <param name="Error">Its root mean square error on the samples, as a share of their deviation.</param>
internal sealed record FoundFormula(Formula Formula, string How, double Error);

/// <summary>
/// Finds a formula from samples by networks of one sort, from small to large: inputs as they are or two of them as one; product nodes of an edge from each input; a sum; a
/// last edge of a known function. Curves first, then functions, then numbers. One setting for every formula.
/// </summary>
internal sealed class FormulaSearch(double[][] columns, double[] values, string[] names, TimeSpan limit)
{
    private const double Exact = 1e-11, Promising = 2e-4;
    private const int MostChoices = 12;
    private const double Negligible = 1e-8, SnapTolerance = 1e-12;
    private static readonly bool Traces = Environment.GetEnvironmentVariable("KANSFORMERS_TRACE") is not null;

    private readonly long _begin = Stopwatch.GetTimestamp();
    private readonly int _rows = values.Length * 4 / 5;

    private readonly double _deviation = Math.Sqrt(values.Select(value => value - values.Average()).Average(off => off * off));

    private bool IsOver => Stopwatch.GetElapsedTime(_begin) > limit;

    /// <summary>The first formula that is exact but for rounding; else the best one, null for none.</summary>
    public FoundFormula? Run()
    {
        FoundFormula? best = null;
        foreach ((InputForm inputs, int terms, int degree, int tries) in Stages())
        {
            foreach (TargetForm target in TargetForm.All)
            {
                if (IsOver)
                    return best;
                if (Try(inputs, target, terms, degree, tries) is not FoundFormula found)
                    continue;
                if (best is null || found.Error < best.Error)
                    best = found;
                if (best.Error < Exact)
                    return best;
            }
        }

        return best;
    }

    private IEnumerable<(InputForm Inputs, int Terms, int Degree, int Tries)> Stages()
    {
        foreach ((int terms, int degree) in ((int, int)[])[(1, 14), (2, 14), (1, 30), (2, 30), (3, 16), (4, 16)])
            yield return (InputForm.Plain, terms, degree, terms == 1 ? 1 : 3);
        foreach ((int terms, int degree) in ((int, int)[])[(1, 30), (2, 18)])
        {
            foreach (InputForm pair in InputForm.Pairs(columns.Length))
                yield return (pair, terms, degree, terms);
        }
    }

    private FoundFormula? Try(InputForm inputs, TargetForm target, int terms, int degree, int tries)
    {
        double[] targets = Array.ConvertAll(values, value => target.Inverse(value));
        if (!targets.All(double.IsFinite) || inputs.Apply(columns) is not double[][] changed)
            return null;
        for (int seed = 0; seed < tries && !IsOver; seed++)
        {
            SeparableFit fit = new(changed, _rows, terms, degree, seed);
            fit.Run(targets, 60, () => IsOver);
            if (Traces)
                Console.Error.WriteLine(FormattableString.Invariant($"{target.Name} by {terms} of {inputs}, degree {degree}, try {seed}: {fit.Error:0.0e+00}, {Stopwatch.GetElapsedTime(_begin).TotalSeconds:0.0} s"));
            if (fit.Error < Promising)
                return Named(fit, inputs, changed, target, targets);
        }

        return null;
    }

    private FoundFormula? Named(SeparableFit fit, InputForm inputs, double[][] changed, TargetForm target, double[] targets)
    {
        IReadOnlyList<InnerFunction[]>[] choices = [.. Enumerable.Range(0, fit.Inputs).Select(input => CurveSpan.Of(fit, input))];
        if (choices.Any(choice => choice.Count == 0))
            return null;
        FoundFormula? best = null;
        foreach (int[] picks in Picks(choices).Take(MostChoices))
        {
            if (IsOver)
                break;
            InnerFunction[][] functions = [.. choices.Select((choice, input) => choice[picks[input]])];
            if (FormulaNetwork.Make(functions, changed, targets) is not KanNetwork network)
                continue;
            string shape = network.ToString();
            FitData data = new(Samples.OfColumns(changed), Samples.OfColumns(targets));
            network.FitFormulas(data, new FormulaFitOptions { Snaps = false });
            RemoveNegligible(network, data);
            Formula formula = network.FitFormulas(data, variables: names)[0];
            Formula whole = new(target.Outer(inputs.Undo(formula.Expression, names)).Simplify(), names), snapped = whole.Snap(columns, SnapTolerance);
            FormulaError error = whole.ErrorOn(columns, values), other = snapped.ErrorOn(columns, values);
            if (other.Rmse <= error.Rmse + SnapTolerance * _deviation)
                (whole, error) = (snapped, other);
            double share = error.Rmse / _deviation;
            if (Traces)
                Console.Error.WriteLine(FormattableString.Invariant($"  {share:0.0e+00} {whole}"));
            if (double.IsFinite(share) && (best is null || share < best.Error))
                best = new FoundFormula(whole, $"{target.Name} by {fit.Terms} of {inputs}: {shape[..shape.IndexOf(", grid", StringComparison.Ordinal)]}", share);
            if (best?.Error < Exact)
                break;
        }

        return best;
    }

    private static void RemoveNegligible(KanNetwork network, FitData data)
    {
        KanTrace trace = network.Trace(data.Inputs);
        int last = network.Layers.Count - 1;
        (_, double whole) = DoubleVectors.Moments(data.Targets.Column(0));
        for (int input = 0; input < network.Layers[last].Inputs; input++)
        {
            (double mean, double deviation) = DoubleVectors.Moments(trace.Edge(last, 0, input));
            if (Math.Abs(mean) + deviation < Negligible * whole)
                network.Layers[last].RemoveEdge(0, input);
        }
    }

    // All first choices, then those that differ in one place, and so on.
    private static IEnumerable<int[]> Picks(IReadOnlyList<InnerFunction[]>[] choices)
    {
        IEnumerable<int[]> all = [[]];
        foreach (IReadOnlyList<InnerFunction[]> choice in choices)
            all = [.. from picks in all from pick in Enumerable.Range(0, choice.Count) select (int[])[.. picks, pick]];
        return all.OrderBy(picks => picks.Sum());
    }
}
