namespace Kansformers.Inspection;

/// <summary>An α and β, and what they leave of the curve.</summary>
internal readonly record struct CurveStart(double Alpha, double Beta, double Loss);

/// <summary>The places from which a fit goes down: of every part of the search the best one, of those the few best.</summary>
internal static class CurveStarts
{
    private const int Most = 5;
    private const double FastestFrequency = 40;

    private static readonly double[] Signs = [1, -1];

    public static IReadOnlyList<CurveStart> Of(EdgeFunction function, CurveMatch match, CurveSamples samples) => function.Search switch
    {
        CurveSearch.Line => [new CurveStart(1, 0, match.Loss(1, 0))],
        CurveSearch.Step => [CurveStep.Best(match, samples)],
        CurveSearch.Frequency => Best(CurveFrequencies.Parts(function, samples, FastestFrequency), match),
        CurveSearch.Scale => Best(Scales(), match),
        CurveSearch.Shift => Best(Shifts(samples), match),
        CurveSearch.Window => Best(Windows(function), match),
        _ => Best(Wide(), match),
    };

    private static List<CurveStart> Best(IEnumerable<IEnumerable<(double Alpha, double Beta)>> parts, CurveMatch match)
    {
        List<CurveStart> found = [];
        foreach (IEnumerable<(double, double)> part in parts)
        {
            CurveStart best = new(0, 0, 1);
            foreach ((double alpha, double beta) in part)
            {
                double loss = match.Loss(alpha, beta);
                if (loss < best.Loss)
                    best = new CurveStart(alpha, beta, loss);
            }

            if (best.Loss < 1)
                found.Add(best);
        }

        found.Sort((first, second) => first.Loss.CompareTo(second.Loss));
        return found.Count > Most ? found.GetRange(0, Most) : found;
    }

    // Beyond the samples at distances that grow, for poles and roots hug an end; among them evenly.
    private static IEnumerable<IEnumerable<(double, double)>> Shifts(CurveSamples samples)
    {
        foreach (double sign in Signs)
        {
            yield return Distances().Select(distance => (sign, -sign * (samples.Low - distance)));
            yield return Distances().Select(distance => (sign, -sign * (samples.High + distance)));
            yield return Even(-1, -1.0 / 3, 12).Select(place => (sign, -sign * place));
            yield return Even(-1.0 / 3, 1.0 / 3, 12).Select(place => (sign, -sign * place));
            yield return Even(1.0 / 3, 1, 12).Select(place => (sign, -sign * place));
        }

        static IEnumerable<double> Distances() => Growing(1e-5, 60, 32).Prepend(0);
    }

    // The largest argument is 0, so that nothing overflows.
    private static IEnumerable<IEnumerable<(double, double)>> Scales()
    {
        foreach (double sign in Signs)
        {
            yield return Growing(0.02, 1, 12).Select(factor => (sign * factor, -factor));
            yield return Growing(1.3, 60, 14).Select(factor => (sign * factor, -factor));
        }
    }

    private static IEnumerable<IEnumerable<(double, double)>> Windows(EdgeFunction function)
    {
        const int Ends = 18; // closer together towards both ends, where such functions are steep
        double[] ends = [.. Enumerable.Range(0, Ends + 1).Select(at => -function.Window * Math.Cos(Math.PI * at / Ends))];
        foreach (double first in ends)
            yield return ends.Where(second => second != first).Select(second => ((second - first) / 2, (second + first) / 2));
    }

    // A function's centre is at its argument 0; how exactly its place must be met goes with the factor.
    private static IEnumerable<IEnumerable<(double, double)>> Wide()
    {
        foreach (double sign in Signs)
        {
            foreach (double factor in Growing(0.2, 50, 10))
            {
                double reach = 1 + 3 / factor;
                int places = (int)Math.Ceiling(2 * reach * factor / 0.9);
                yield return Even(-reach, reach, places).Select(place => (sign * factor, -sign * factor * place));
            }
        }
    }

    private static IEnumerable<double> Growing(double from, double to, int count) =>
        Enumerable.Range(0, count).Select(at => from * Math.Pow(to / from, at / (count - 1.0)));

    private static IEnumerable<double> Even(double from, double to, int count) =>
        Enumerable.Range(0, count + 1).Select(at => from + (to - from) * at / count);
}
