namespace Kansformers.Inspection;

/// <summary>A layer's curves on other grids.</summary>
internal static class LayerGrid
{
    /// <summary>
    /// Coefficients with which the curves of one input stay what they are: nearest to the old curves at the samples by least squares; where the samples leave a choice,
    /// nearest to the curves that are closest to the old ones all over the new grid.
    /// </summary>
    /// <param name="from">The old layer.</param>
    /// <param name="to">The layer with the new grid, which may be the old one's copy; its coefficients are set.</param>
    /// <param name="input">The input.</param>
    /// <param name="samples">What enters there.</param>
    public static void Carry(KanNetworkLayer from, KanNetworkLayer to, int input, ReadOnlySpan<double> samples)
    {
        ReadOnlySpan<double> old = from.Coefficients.AsSpan(input * from.Subnodes * from.Functions, from.Subnodes * from.Functions);
        KnotTable was = from.Tables[input], becomes = to.Tables[input];
        double[] everywhere = Everywhere(to.KnotsOf(input)[to.Order..^to.Order], to.Order);
        double[] start = SplineFit.Coefficients(becomes, to.Order, everywhere, SplineFit.Values(was, from.Order, old, everywhere));
        double[] finite = [.. samples.ToArray().Where(double.IsFinite)];
        double[] found = finite.Length == 0 ? start
            : SplineFit.Coefficients(becomes, to.Order, finite, SplineFit.Values(was, from.Order, old, finite), start);
        found.CopyTo(to.Coefficients.AsSpan(input * to.Subnodes * to.Functions));
    }

    // As many points in every interval as a polynomial of the order takes: they determine the curve.
    private static double[] Everywhere(ReadOnlySpan<double> knots, int order)
    {
        List<double> points = [];
        for (int interval = 0; interval + 1 < knots.Length; interval++)
        {
            for (int at = 0; at <= order; at++)
                points.Add(knots[interval] + (at + 0.5) / (order + 1) * (knots[interval + 1] - knots[interval]));
        }

        return [.. points];
    }
}
