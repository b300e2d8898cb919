using Kansformers.Numerics;
using Kansformers.Runtime;

namespace Kansformers.Scaling;

/// <summary>Fits to resampled runs (Efron and Tibshirani, "An Introduction to the Bootstrap"): how they scatter is how uncertain the fit is.</summary>
internal static class Bootstrap
{
    // A draw of runs may leave too few sizes for a fit; another is made in its place.
    private const int MostDraws = 100;

    /// <summary>A fit for each replicate, from the best fit on. What is drawn for one depends on seed and number alone.</summary>
    public static TLaw[] Run<TLaw>(LawForm<TLaw> form, LawData data, double[] best, FitOptions options)
        where TLaw : ScalingLaw
    {
        TLaw?[] laws = new TLaw?[options.Bootstraps];
        double[] fitted = new double[data.Count], partial = new double[form.Coefficients];
        for (int i = 0; i < fitted.Length; i++)
            fitted[i] = form.LogLoss(best, data.U[i], data.V[i], partial);
        Parallel.For(0, laws.Length, replicate =>
        {
            KeyedDraws draws = new(KeyedDraws.Key(options.Seed, replicate));
            LawData? drawn = options.Resampling == Resampling.Runs ? Runs(form, data, ref draws) : Residuals(form.Coefficients, data, fitted, ref draws);
            if (drawn is null)
                return;
            double[] at = [.. best];
            if (double.IsFinite(new Lbfgs(form.Coefficients).Minimize(LawFitter.Sum(form, drawn, options.Delta), at)) && form.Law(at, drawn) is { } law && LawFitter.IsFinite(law, data))
                laws[replicate] = law;
        });
        TLaw[] found = [.. laws.OfType<TLaw>()];
        return found.Length >= laws.Length / 2 ? found
            : throw new KansformersException("the runs are too few to draw them anew: most draws leave the coefficients open; resample residuals, or ask for no bootstraps");
    }

    private static LawData? Runs<TLaw>(LawForm<TLaw> form, LawData data, ref KeyedDraws draws)
        where TLaw : ScalingLaw
    {
        for (int attempt = 0; attempt < MostDraws; attempt++)
        {
            double[] weights = new double[data.Count];
            for (int i = 0; i < weights.Length; i++)
                weights[draws.Next(weights.Length)]++;
            if (form.Suffices(data, weights))
                return data.Weighted(weights);
        }

        return null;
    }

    private static LawData Residuals(int coefficients, LawData data, double[] fitted, ref KeyedDraws draws)
    {
        double wider = Math.Sqrt((double)data.Count / Math.Max(1, data.Count - coefficients));
        double[] losses = new double[data.Count];
        for (int i = 0; i < losses.Length; i++)
        {
            int from = draws.Next(losses.Length);
            losses[i] = fitted[i] + (wider * (data.LogLosses[from] - fitted[from]));
        }

        return data.WithLosses(losses);
    }
}
