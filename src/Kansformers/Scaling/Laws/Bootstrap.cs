using Kansformers.Numerics;
using Kansformers.Runtime;

namespace Kansformers.Scaling;

/// <summary>Fits to resampled runs (Efron and Tibshirani, "An Introduction to the Bootstrap"): how they scatter is how uncertain the fit is.</summary>
internal static class Bootstrap
{
    /// <summary>A fit for each replicate, from the best fit on. What is drawn for one depends on seed and number alone.</summary>
    public static TLaw[] Run<TLaw>(LawForm<TLaw> form, LawData data, double[] best, FitOptions options)
        where TLaw : ScalingLaw
    {
        TLaw?[] laws = new TLaw?[options.Bootstraps];
        double[] fitted = new double[data.Count], partial = new double[form.Coefficients];
        for (int i = 0; i < fitted.Length; i++)
            fitted[i] = form.LogLoss(best, data.U[i], data.V[i], partial);
        double wider = Math.Sqrt((double)data.Count / Math.Max(1, data.Count - form.Coefficients));
        double[] residuals = [.. data.LogLosses.Zip(fitted, (loss, expected) => wider * (loss - expected))];
        double width = Bandwidth(residuals);
        Parallel.For(0, laws.Length, replicate =>
        {
            KeyedDraws draws = new(KeyedDraws.Key(options.Seed, replicate));
            LawData drawn = options.Resampling == Resampling.Runs ? Runs(data, ref draws) : Residuals(data, fitted, residuals, width, ref draws);
            double[] at = [.. best];
            if (double.IsFinite(new Lbfgs(form.Coefficients).Minimize(LawFitter.Sum(form, drawn, options.Delta), at)) && form.Law(at, drawn) is { } law && LawFitter.IsFinite(law, data))
                laws[replicate] = law;
        });
        TLaw[] found = [.. laws.OfType<TLaw>()];
        return found.Length >= laws.Length / 2 ? found
            : throw new KansformersException("the runs are too few for intervals: most fits to runs drawn anew leave the coefficients open; resample residuals, or ask for no bootstraps");
    }

    // Weights of an exponential distribution in place of whole numbers (Rubin 1981): as much scatter, but no draw is without most of the sizes.
    private static LawData Runs(LawData data, ref KeyedDraws draws)
    {
        double[] weights = new double[data.Count];
        for (int i = 0; i < weights.Length; i++)
            weights[i] = -Math.Log(1 - draws.Next());
        double mean = weights.Average();
        return data.Weighted([.. weights.Select(weight => weight / mean)]);
    }

    // Huber's loss with a small delta goes through some of the runs, so that more residuals are 0 than the scatter has there, and draws of them alone move the fit too
    // little; a normal number beside each fills the gaps between them (De Angelis, Hall and Young 1993).
    private static LawData Residuals(LawData data, double[] fitted, double[] residuals, double width, ref KeyedDraws draws)
    {
        double[] losses = new double[data.Count];
        for (int i = 0; i < losses.Length; i++)
        {
            double residual = residuals[draws.Next(residuals.Length)];
            losses[i] = fitted[i] + residual + (width * Math.Sqrt(-2 * Math.Log(1 - draws.Next())) * Math.Cos(2 * Math.PI * draws.Next()));
        }

        return data.WithLosses(losses);
    }

    // Silverman's rule, 0.9 min(deviation, quartiles / 1.34) n^(-1/5): outliers widen it no further than the quartiles say.
    private static double Bandwidth(double[] residuals)
    {
        double deviation = Math.Sqrt(residuals.Sum(residual => residual * residual) / residuals.Length);
        Interval quartiles = Interval.Middle(residuals, 0.5);
        double middle = (quartiles.High - quartiles.Low) / 1.34;
        return 0.9 * (middle > 0 ? Math.Min(deviation, middle) : deviation) * Math.Pow(residuals.Length, -0.2);
    }
}
