namespace Kansformers.Inspection;

/// <summary>A layer's curves on other grids.</summary>
internal static class LayerGrid
{
    /// <summary>
    /// Coefficients with which the curves of one input stay what they are: nearest to the old curves at the samples by least squares; where the samples leave a choice,
    /// nearest to the curve that meets the old one once for each function, at the functions' middles.
    /// </summary>
    /// <param name="from">The old layer.</param>
    /// <param name="to">The layer with the new grid, which may be the old one's copy; its coefficients are set.</param>
    /// <param name="input">The input.</param>
    /// <param name="samples">What enters there.</param>
    public static void Carry(KanNetworkLayer from, KanNetworkLayer to, int input, ReadOnlySpan<double> samples)
    {
        ReadOnlySpan<double> old = from.Coefficients.AsSpan(input * from.Subnodes * from.Functions, from.Subnodes * from.Functions);
        KnotTable was = from.Tables[input], becomes = to.Tables[input];
        double[] middles = Middles(to.KnotsOf(input), to.Order);
        double[] start = SplineFit.Coefficients(becomes, to.Order, middles, SplineFit.Values(was, from.Order, old, middles));
        double[] finite = [.. samples.ToArray().Where(double.IsFinite)];
        double[] found = finite.Length == 0 ? start
            : SplineFit.Coefficients(becomes, to.Order, finite, SplineFit.Values(was, from.Order, old, finite), start);
        found.CopyTo(to.Coefficients.AsSpan(input * to.Subnodes * to.Functions));
    }

    // The mean of a function's inner knots (Greville's abscissae).
    private static double[] Middles(ReadOnlySpan<double> knots, int order)
    {
        double[] middles = new double[knots.Length - 1 - order];
        for (int function = 0; function < middles.Length; function++)
            middles[function] = DoubleVectors.Sum(knots.Slice(function + 1, order)) / order;
        return middles;
    }
}
