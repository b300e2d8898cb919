namespace Kansformers.Training;

/// <summary>A loss at a step, for the picture.</summary>
/// <param name="Step">The step.</param>
/// <param name="Loss">The loss in nats per token; not finite where the run had none.</param>
internal readonly record struct LossPoint(long Step, double Loss);

/// <summary>What is done to a series of losses before it is drawn.</summary>
internal static class LossSeries
{
    /// <summary>Points that one stroke joins; a point that is not finite ends a stroke.</summary>
    public sealed class Stroke : List<(double X, double Y)>;

    /// <summary>How many neighbours on each side the smoothed curve takes in: about a fiftieth of the series in all.</summary>
    public static int SmoothingRadius(int count) => count < 20 ? 0 : Math.Clamp(count / 100, 2, 5000);

    /// <summary>How many points the smoothed curve takes in at most.</summary>
    public static int Window(int radius) => (4 * Half(radius)) + 1;

    /// <summary>
    /// A centred mean with triangular weights (two passes of a moving mean), which does not lag behind as an exponential mean does.
    /// At the left end, where losses fall steeply, the window shrinks on both sides; at the right end on one.
    /// Spikes count only as far as the picture shows them: one loss of 10 000 does not lift its whole neighbourhood out of sight.
    /// </summary>
    public static double[] Smooth(IReadOnlyList<LossPoint> points, int radius)
    {
        double[] values = [.. points.Select(point => point.Loss)];
        if (radius == 0)
            return values;
        double[] sorted = [.. values.Where(double.IsFinite)];
        Array.Sort(sorted);
        if (sorted.Length > 0)
        {
            double median = sorted[sorted.Length / 2], ceiling = Math.Max(values.First(double.IsFinite), median + (20 * (median - sorted[0])));
            for (int i = 0; i < values.Length; i++)
                values[i] = double.IsFinite(values[i]) ? Math.Min(values[i], ceiling) : double.NaN;
        }

        int half = Half(radius);
        return MovingMean(MovingMean(values, half), half);
    }

    /// <summary>
    /// Thins a series to what the eye can see: per pixel column the first, lowest, highest and last point.
    /// A series of a million points becomes a few thousand, and every spike stays.
    /// </summary>
    public static List<Stroke> Strokes(IReadOnlyList<LossPoint> points, Func<long, double> x)
    {
        List<Stroke> strokes = [];
        List<int> column = [];
        bool gap = true;
        double pixel = double.NaN;
        for (int i = 0; i < points.Count; i++)
        {
            if (!double.IsFinite(points[i].Loss))
            {
                gap = true;
                continue;
            }

            double here = Math.Floor(x(points[i].Step));
            if (column.Count > 0 && here != pixel)
            {
                Emit(strokes[^1], points, column, x);
                column.Clear();
            }

            pixel = here;

            // A gap inside a pixel column cannot be seen; one between two columns parts the strokes.
            if (column.Count == 0 && gap)
                strokes.Add([]);
            gap = false;
            column.Add(i);
        }

        if (column.Count > 0)
            Emit(strokes[^1], points, column, x);
        return strokes;
    }

    private static int Half(int radius) => (radius + 1) / 2;

    private static void Emit(Stroke stroke, IReadOnlyList<LossPoint> points, List<int> column, Func<long, double> x)
    {
        int low = column.MinBy(i => points[i].Loss), high = column.MaxBy(i => points[i].Loss);
        int last = -1;
        foreach (int i in new[] { column[0], Math.Min(low, high), Math.Max(low, high), column[^1] })
        {
            if (i != last)
                stroke.Add((x(points[i].Step), points[i].Loss));
            last = i;
        }
    }

    private static double[] MovingMean(double[] values, int half)
    {
        double[] sums = new double[values.Length + 1];
        int[] counts = new int[values.Length + 1];
        for (int i = 0; i < values.Length; i++)
        {
            bool finite = double.IsFinite(values[i]);
            sums[i + 1] = sums[i] + (finite ? values[i] : 0);
            counts[i + 1] = counts[i] + (finite ? 1 : 0);
        }

        double[] means = new double[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            int left = Math.Min(half, i), from = i - left;
            int to = Math.Min(values.Length, i + Math.Min(half, left) + 1);
            means[i] = double.IsFinite(values[i]) ? (sums[to] - sums[from]) / (counts[to] - counts[from]) : double.NaN;
        }

        return means;
    }
}
