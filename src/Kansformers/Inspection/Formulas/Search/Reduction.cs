namespace Kansformers.Inspection;

/// <summary>Takes inputs away as long as the values have a symmetry: each is checked by a fit with an input less, which must come no less near.</summary>
internal static class Reduction
{
    private const int MostTried = 4;
    private const double Clear = 0.5, Allowed = 1.3, Near = 1e-7;

    /// <summary>The problems with fewer and fewer inputs, the last one the smallest; none where there is no symmetry.</summary>
    public static IReadOnlyList<SearchProblem> Of(SearchRun run, SearchProblem problem)
    {
        List<SearchProblem> found = [];
        PolynomialFit fit = PolynomialFit.Best(problem.Columns, problem.Values);
        while (problem.Columns.Length > 0 && !run.IsOver)
        {
            (SearchProblem Problem, PolynomialFit Fit, Symmetry Symmetry)? best = null;
            foreach (Symmetry symmetry in Symmetry.Of(fit, problem).Take(MostTried))
            {
                if (symmetry.Apply(problem) is not SearchProblem reduced)
                    continue;
                PolynomialFit other = PolynomialFit.Best(reduced.Columns, reduced.Values);
                run.Tell(FormattableString.Invariant($"{symmetry} in {problem.Columns.Length} inputs, {symmetry.Residual:0.000}: {fit.Error:0.0e+00} to {other.Error:0.0e+00}"));
                if (best is null || other.Error < best.Value.Fit.Error)
                    best = (reduced, other, symmetry);
                if (other.Error <= Math.Max(Clear * fit.Error, Near))
                    break;
            }

            if (best is null || best.Value.Fit.Error > Math.Max(Allowed * fit.Error, Near))
                break;
            (problem, fit) = (best.Value.Problem, best.Value.Fit);
            found.Add(problem);
        }

        return found;
    }
}
