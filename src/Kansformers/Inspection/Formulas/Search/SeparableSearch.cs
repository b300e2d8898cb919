using Kansformers.Numerics;

namespace Kansformers.Inspection;

/// <summary>
/// Finds a formula by networks of one sort, from small to large: inputs as they are or two of them as one; product nodes of an edge from each input; a sum; a last edge of a
/// known function. Curves first, then functions, then numbers.
/// </summary>
internal sealed class SeparableSearch(SearchRun run, SearchProblem problem)
{
    private const double Promising = 2e-4, FarOff = 100;
    private const int MostChoices = 12;
    private const double Negligible = 1e-8;

    private readonly int _rows = problem.Values.Length * 4 / 5;

    /// <summary>Searches.</summary>
    /// <param name="first">Only what takes next to no time: a sum of curves, or their product.</param>
    public void Run(bool first)
    {
        if (problem.Columns.Length == 0)
        {
            run.Offer(problem, problem.Values.Average(), $"{problem.How}a constant");
            return;
        }

        foreach ((InputForm inputs, int terms, int degree, int tries) in Stages().Take(first ? 2 : int.MaxValue))
        {
            List<(SeparableFit Fit, Action Name)> promising = [];
            foreach (TargetForm target in TargetForm.All)
            {
                if (run.IsOver)
                    return;
                if (Try(inputs, target, terms, degree, tries) is not (SeparableFit fit, Action name))
                    continue;
                if (terms > 1)
                    name();
                else
                    promising.Add((fit, name));
            }

            // Of fits that take no time the closest one first.
            foreach ((_, Action name) in promising.OrderBy(one => one.Fit.Error))
                name();
        }
    }

    // Terms of 0 are a sum of curves.
    private IEnumerable<(InputForm Inputs, int Terms, int Degree, int Tries)> Stages()
    {
        foreach ((int terms, int degree) in ((int, int)[])[(0, 14), (1, 14), (2, 14), (1, 30), (2, 30), (3, 16), (4, 16)])
            yield return (InputForm.Plain, terms, degree, terms <= 1 ? 1 : 3);
        foreach ((int terms, int degree) in ((int, int)[])[(1, 30), (2, 18)])
        {
            foreach (InputForm pair in InputForm.Pairs(problem.Columns.Length))
                yield return (pair, terms, degree, terms);
        }
    }

    private (SeparableFit Fit, Action Name)? Try(InputForm inputs, TargetForm target, int terms, int degree, int tries)
    {
        double[] targets = Array.ConvertAll(problem.Values, value => target.Inverse(value));
        if (!DoubleVectors.AllFinite(targets) || inputs.Apply(problem.Columns) is not double[][] changed)
            return null;
        for (int seed = 0; seed < tries && !run.IsOver; seed++)
        {
            SeparableFit fit = new(changed, _rows, Math.Max(1, terms), degree, seed);
            if (terms == 0)
                fit.RunSum(targets);
            else
                fit.Run(targets, 60, () => run.IsOver);
            run.Tell(FormattableString.Invariant($"{problem.How}{target.Name} by {(terms == 0 ? "a sum" : terms)} of {inputs}, degree {degree}: {fit.Error:0.0e+00}"));
            if (fit.Error < Promising)
                return (fit, () => Name(fit, inputs, changed, (target, targets)));
        }

        return null;
    }

    private void Name(SeparableFit fit, InputForm inputs, double[][] changed, (TargetForm Form, double[] Values) target)
    {
        IReadOnlyList<InnerFunction[]>[] choices = [.. Enumerable.Range(0, fit.Inputs).Select(input => CurveSpan.Of(fit, input))];
        if (choices.Any(choice => choice.Count == 0))
            return;
        foreach (int[] picks in Picks(choices).Take(MostChoices))
        {
            if (run.IsOver)
                return;
            InnerFunction[][] functions = [.. choices.Select((choice, input) => choice[picks[input]])];
            if (FormulaNetwork.Make(functions, changed, target.Values, Math.Clamp(FarOff * fit.Error, 1e-5, 1e-3)) is not KanNetwork network)
                continue;
            string shape = network.ToString();
            FitData data = new(Samples.OfColumns(changed), Samples.OfColumns(target.Values));
            network.FitFormulas(data, new FormulaFitOptions { Snaps = false }, cancellation: run.Token);
            RemoveNegligible(network, data);
            Formula formula = network.FitFormulas(data, variables: problem.Names, cancellation: run.Token)[0];
            run.Offer(problem, target.Form.Outer(inputs.Undo(formula.Expression, problem.Names)), $"{problem.How}{target.Form.Name} by {fit.Terms} of {inputs}: {shape[..shape.IndexOf(", grid", StringComparison.Ordinal)]}");
        }
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
