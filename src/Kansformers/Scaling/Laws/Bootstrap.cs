#pragma warning disable
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
            LawData? drawn = Candidate(form, data, fitted, best, options.Resampling, ref draws);
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

    private static readonly string Way = Environment.GetEnvironmentVariable("WAY") ?? "";

    private static LawData? Candidate<TLaw>(LawForm<TLaw> form, LawData data, double[] fitted, double[] best, Resampling resampling, ref KeyedDraws draws)
        where TLaw : ScalingLaw
    {
        int n = data.Count, p = form.Coefficients;
        if (resampling == Resampling.Runs)
        {
            if (Way.Contains("expo"))
            {
                double[] weights = new double[n];
                for (int i = 0; i < n; i++)
                    weights[i] = -Math.Log(1 - draws.Next());
                double sum = weights.Sum();
                for (int i = 0; i < n; i++)
                    weights[i] *= n / sum;
                return data.Weighted(weights);
            }
            return Runs(form, data, ref draws);
        }
        double[] r = new double[n];
        double wider = Math.Sqrt((double)n / Math.Max(1, n - p));
        double[] h = Way.Contains("lev") ? Leverage(form, data, best) : [];
        for (int i = 0; i < n; i++)
            r[i] = (data.LogLosses[i] - fitted[i]) * (h.Length > 0 ? 1 / Math.Sqrt(Math.Max(0.05, 1 - h[i])) : wider);
        double mean = Way.Contains("cen") ? r.Average() : 0;
        double s = Math.Sqrt(r.Sum(x => x * x) / n);
        double band = Way.Contains("smo") ? 0.9 * s * Math.Pow(n, -0.2) : Way.Contains("thi") ? 1.06 * s * Math.Pow(n, -1.0/3) : 0;
        double shrink = Way.Contains("shr") ? Math.Sqrt(1 / (1 + (band * band / (s * s)))) : 1;
        double[] losses = new double[n];
        for (int i = 0; i < n; i++)
        {
            int from = draws.Next(n);
            double sign = Way.Contains("wild") ? (draws.Next() < 0.5 ? -1 : 1) : 1;
            double e = sign * (r[Way.Contains("wild") ? i : from] - mean);
            if (band > 0)
                e = shrink * (e + (band * Math.Sqrt(-2 * Math.Log(1 - draws.Next())) * Math.Cos(2 * Math.PI * draws.Next())));
            losses[i] = fitted[i] + e;
        }
        return data.WithLosses(losses);
    }

    private static double[] Leverage<TLaw>(LawForm<TLaw> form, LawData data, double[] best)
        where TLaw : ScalingLaw
    {
        int n = data.Count, p = form.Coefficients;
        double[][] q = new double[p][];
        for (int j = 0; j < p; j++) q[j] = new double[n];
        double[] g = new double[p];
        for (int i = 0; i < n; i++)
        {
            form.LogLoss(best, data.U[i], data.V[i], g);
            for (int j = 0; j < p; j++) q[j][i] = g[j];
        }
        double[] h = new double[n];
        for (int j = 0; j < p; j++)
        {
            double before = Math.Sqrt(q[j].Sum(x => x * x));
            for (int pass = 0; pass < 2; pass++)
            for (int k = 0; k < j; k++)
            {
                double dot = 0;
                for (int i = 0; i < n; i++) dot += q[j][i] * q[k][i];
                for (int i = 0; i < n; i++) q[j][i] -= dot * q[k][i];
            }
            double norm = Math.Sqrt(q[j].Sum(x => x * x));
            double scale = norm > 1e-8 * before ? 1 / norm : 0;
            for (int i = 0; i < n; i++) { q[j][i] *= scale; h[i] += q[j][i] * q[j][i]; }
        }
        return h;
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
