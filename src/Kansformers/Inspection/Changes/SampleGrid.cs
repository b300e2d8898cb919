namespace Kansformers.Inspection;

/// <summary>Grids from samples and from coarser grids (pykan's <c>update_grid_from_samples</c> and <c>initialize_grid_from_parent</c>).</summary>
internal static class SampleGrid
{
    // Samples that differ by less than this share of themselves are one value.
    private const double OneValue = 1e-10;

    // Equal samples would put several knots in one place; of a uniform grid at least so much is mixed in then.
    private const double LeastUniform = 1e-3;

    /// <summary>
    /// The grid that samples ask for: from the least to the greatest, its inner knots between the samples' quantiles and a uniform grid. Samples of one value keep the
    /// grid, moved so that it has them inside.
    /// </summary>
    /// <param name="knots">The present grid with the knots beyond its ends.</param>
    /// <param name="order">The number of knots beyond either end.</param>
    /// <param name="sorted">The samples, ascending.</param>
    /// <param name="eps">The uniform share.</param>
    /// <param name="margin">How far the grid goes on beyond the extreme samples, as a share of their range.</param>
    public static double[] Of(ReadOnlySpan<double> knots, int order, ReadOnlySpan<double> sorted, double eps, double margin)
    {
        int size = knots.Length - 1 - 2 * order;
        if (sorted.IsEmpty || !double.IsFinite(sorted[0]) || !double.IsFinite(sorted[^1]))
            return knots.ToArray();
        double low = sorted[0], high = sorted[^1], range = high - low;
        if (!(range > OneValue * Math.Max(Math.Abs(low), Math.Abs(high))) || !double.IsFinite(range))
            return Around(knots, order, low);
        double[] points = new double[size + 1];
        (low, high) = (low - margin * range, high + margin * range);
        double step = (high - low) / size;
        bool ties = false;
        for (int at = 0; at <= size; at++)
        {
            points[at] = at == 0 ? low : at == size ? high : sorted[(int)((double)sorted.Length / size * at)];
            ties |= at > 0 && points[at] - points[at - 1] < LeastUniform * step;
        }

        double uniform = ties ? Math.Max(eps, LeastUniform) : eps;
        for (int at = 0; at <= size; at++)
            points[at] = uniform * (low + step * at) + (1 - uniform) * points[at];
        return Extended(points, order);
    }

    /// <summary>A finer grid whose knots lie between those of a coarser one as those lie between each other.</summary>
    /// <param name="knots">The coarser grid with the knots beyond its ends.</param>
    /// <param name="order">The number of knots beyond either end.</param>
    /// <param name="size">The new number of intervals.</param>
    /// <param name="range">Samples that the grid should have inside, where the coarser one has knots for them; null for none.</param>
    public static double[] Finer(ReadOnlySpan<double> knots, int order, int size, (double Low, double High)? range)
    {
        int first = order, last = knots.Length - 1 - order;
        if (range is (double low, double high))
        {
            while (first > 0 && knots[first] > low)
                first--;
            while (last < knots.Length - 1 && knots[last] < high)
                last++;
        }

        double[] points = new double[size + 1];
        for (int at = 0; at <= size; at++)
        {
            double place = first + (double)at * (last - first) / size;
            int below = Math.Min((int)place, last - 1);
            points[at] = knots[below] + (place - below) * (knots[below + 1] - knots[below]);
        }

        return Extended(points, order);
    }

    // Knots beyond both ends, a mean interval apart.
    private static double[] Extended(double[] points, int order)
    {
        double step = (points[^1] - points[0]) / (points.Length - 1);
        double[] knots = new double[points.Length + 2 * order];
        points.CopyTo(knots, order);
        for (int at = 0; at < order; at++)
        {
            knots[order - 1 - at] = knots[order - at] - step;
            knots[^(order - at)] = knots[^(order + 1 - at)] + step;
        }

        return knots;
    }

    private static double[] Around(ReadOnlySpan<double> knots, int order, double value)
    {
        double low = knots[order], high = knots[^(order + 1)], middle = (low + high) / 2;
        double[] moved = knots.ToArray();
        if (value >= low && value <= high)
            return moved;
        foreach (ref double knot in moved.AsSpan())
            knot += value - middle;
        // Beside a large value the intervals may be lost to rounding; the grid then stays where it is.
        for (int at = 1; at < moved.Length; at++)
        {
            if (!(moved[at] > moved[at - 1]) && knots[at] > knots[at - 1])
                return knots.ToArray();
        }

        return moved;
    }
}
