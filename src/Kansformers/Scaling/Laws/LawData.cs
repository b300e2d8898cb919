using System.Globalization;

namespace Kansformers.Scaling;

/// <summary>The runs of a fit as numbers: centred logarithms of a law's variables, logarithms of the losses, and how often each run counts.</summary>
internal sealed class LawData
{
    private LawData(LawInput[] runs, double[] losses, double[] u, double[] v, (double U, double V) centre)
    {
        (Runs, U, V, Centre) = (runs, u, v, centre);
        LogLosses = [.. losses.Select(loss => Math.Log(loss))];
        Weights = [.. Enumerable.Repeat(1.0, losses.Length)];
    }

    private LawData(LawData other, double[] logLosses, double[] weights)
    {
        (Runs, U, V, Centre) = (other.Runs, other.U, other.V, other.Centre);
        (LogLosses, Weights) = (logLosses, weights);
    }

    public LawInput[] Runs { get; }

    public double[] U { get; }

    public double[] V { get; }

    public double[] LogLosses { get; }

    /// <summary>How often each run counts: once, or as often as a bootstrap drew it.</summary>
    public double[] Weights { get; }

    /// <summary>The means that were taken off.</summary>
    public (double U, double V) Centre { get; }

    public int Count => Runs.Length;

    /// <summary>The same runs, each counted as often as is said.</summary>
    public LawData Weighted(double[] weights) => new(this, LogLosses, weights);

    /// <summary>The same runs with other losses.</summary>
    public LawData WithLosses(double[] logLosses) => new(this, logLosses, Weights);

    /// <summary>The runs of a fit.</summary>
    /// <exception cref="KansformersException">A run has a loss or a size of which there is no logarithm.</exception>
    public static LawData Of<TLaw>(IReadOnlyList<ScalingPoint> points, LawForm<TLaw> form, ParameterCount count)
        where TLaw : ScalingLaw
    {
        LawInput[] runs = [.. points.Select(point => LawInput.Of(point, count))];
        for (int i = 0; i < runs.Length; i++)
            Require(points[i], runs[i], i, count);
        double[] u = [.. runs.Select(run => Math.Log(form.Variables(run).First))], v = [.. runs.Select(run => Math.Log(form.Variables(run).Second))];
        (double U, double V) centre = runs.Length == 0 ? (0, 0) : (u.Average(), v.Average());
        LawData data = new(runs, [.. points.Select(point => point.Loss)], [.. u.Select(value => value - centre.U)], [.. v.Select(value => value - centre.V)], centre);
        form.Require(data);
        return data;
    }

    /// <summary>How many different values there are; values that are the same to a hundredth of a per cent are one.</summary>
    public static int Distinct(IEnumerable<double> logarithms)
    {
        (int count, double last) = (0, double.NegativeInfinity);
        foreach (double value in logarithms.Order())
        {
            if (value - last > 1e-4)
                (count, last) = (count + 1, value);
        }

        return count;
    }

    private static void Require(ScalingPoint point, LawInput run, int index, ParameterCount count)
    {
        string where = string.Create(CultureInfo.InvariantCulture, $"run {index + 1} ({point.Group}, {point.Parameters:g6} parameters, {point.Tokens:g6} tokens)");
        if (!(point.Loss > 0) || !double.IsFinite(point.Loss))
            throw new KansformersException(string.Create(CultureInfo.InvariantCulture, $"the loss of {where} is {point.Loss}; laws are fitted to losses above 0: leave runs out that failed"));
        if (!IsSize(run.Parameters))
            throw new KansformersException($"{where} has no {Name(count)}; a law needs a size above 0 of every run");
        if (!IsSize(run.Tokens) || !IsSize(run.Flops))
            throw new KansformersException($"{where} has no tokens or no training operations; a law needs numbers above 0 of every run");

        static string Name(ParameterCount count) => count switch
        {
            ParameterCount.WithoutEmbeddings => "parameters beside its embeddings",
            ParameterCount.Live => "live parameters",
            _ => "parameters",
        };

        static bool IsSize(double value) => value > 0 && double.IsFinite(value);
    }
}
