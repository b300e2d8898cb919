using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// B-spline bases in double precision for grid updates: de Boor's local recursion, which touches the order + 1 bases that are not zero alone. What
/// <see cref="BSpline.Bases"/> and <see cref="BSpline.ContinuedBases"/> give, for finite inputs.
/// </summary>
internal static unsafe class SplineTable
{
    private const long ParallelPoints = 1 << 13;
    private const int MostOrder = 16;

    /// <summary>The bases of each input at points of its own.</summary>
    /// <param name="at">(in, points), double, finite.</param>
    /// <param name="grid">(in, knots), double, ascending.</param>
    /// <param name="order">The spline order, 1 to 16.</param>
    /// <param name="outside">What is outside the grid range.</param>
    /// <returns>(in, points, knots - order - 1).</returns>
    public static Tensor Bases(Tensor at, Tensor grid, int order, OutsideRule outside)
    {
        if (at.device_type != DeviceType.CPU)
        {
            using var scope = NewDisposeScope();
            Tensor points = at.transpose(0, 1);
            Tensor bases = outside == OutsideRule.Linear ? BSpline.ContinuedBases(points, grid, order) : BSpline.Bases(points, grid, order);
            return bases.transpose(0, 1).contiguous().MoveToOuterDisposeScope();
        }

        using Tensor x = at.contiguous(), t = grid.contiguous();
        (int rows, int count, int knots) = ((int)at.shape[0], (int)at.shape[1], (int)grid.shape[1]);
        Tensor result = zeros(rows, count, knots - order - 1, dtype: ScalarType.Float64);
        (nint from, nint places, nint to) = (RawMemory.Pointer(x), RawMemory.Pointer(t), RawMemory.Pointer(result));
        bool straight = outside == OutsideRule.Linear;
        if ((long)rows * count < ParallelPoints)
        {
            for (int row = 0; row < rows; row++)
                One(row);
        }
        else
        {
            Parallel.For(0, rows, One);
        }

        GC.KeepAlive(result);
        return result;

        void One(int row) => Fill(
            new ReadOnlySpan<double>((double*)from + (long)row * count, count),
            new ReadOnlySpan<double>((double*)places + (long)row * knots, knots),
            new Row((double*)to + (long)row * count * (knots - order - 1), knots - order - 1, order, straight));
    }

    private static void Fill(ReadOnlySpan<double> x, ReadOnlySpan<double> t, Row row)
    {
        int order = row.Order, last = t.Length - 1;
        double low = t[order], high = t[last - order];
        Span<double> local = stackalloc double[MostOrder + 1], derivative = stackalloc double[MostOrder + 1];
        for (int p = 0; p < x.Length; p++)
        {
            double* to = row.To + (long)p * row.Functions;
            bool below = row.GoesOn && x[p] < low, above = row.GoesOn && x[p] >= high;
            if (!(below || above) && !(x[p] >= t[0] && x[p] < t[last]))
                continue;
            double at = below ? low : above ? high : x[p];
            int interval = below ? order : above ? last - order - 1 : IntervalOf(at, t);
            Local(at, t, interval, order, local);
            if (below || above)
                Derivative(at, t, interval, order, derivative);
            for (int r = 0; r <= order; r++)
            {
                int basis = interval - order + r;
                if (basis >= 0 && basis < row.Functions)
                    to[basis] = below || above ? local[r] + derivative[r] * (x[p] - at) : local[r];
            }
        }
    }

    // The last j with t_j <= x.
    private static int IntervalOf(double x, ReadOnlySpan<double> t)
    {
        (int low, int high) = (0, t.Length - 1);
        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            (low, high) = t[middle] <= x ? (middle, high) : (low, middle);
        }

        return low;
    }

    // to[r] = B_{interval - order + r}. Where knots repeat, terms with a zero denominator count as 0; so do bases that the ends cut off.
    private static void Local(double x, ReadOnlySpan<double> t, int interval, int order, Span<double> to)
    {
        to[0] = 1;
        for (int d = 1; d <= order; d++)
        {
            double saved = 0;
            for (int r = 0; r < d; r++)
            {
                int i = interval - d + 1 + r;
                double share = Share(to[r], t, i, d);
                to[r] = share == 0 ? saved : saved + (t[i + d] - x) * share;
                saved = share == 0 ? 0 : (x - t[i]) * share;
            }

            to[d] = saved;
        }
    }

    // B' = order (B_{i,order-1} / (t_{i+order} - t_i) - B_{i+1,order-1} / (t_{i+order+1} - t_{i+1})).
    private static void Derivative(double x, ReadOnlySpan<double> t, int interval, int order, Span<double> to)
    {
        Span<double> lower = stackalloc double[MostOrder + 1];
        Local(x, t, interval, order - 1, lower);
        for (int r = 0; r <= order; r++)
        {
            int i = interval - order + r;
            double left = r == 0 ? 0 : Share(lower[r - 1], t, i, order), right = r == order ? 0 : Share(lower[r], t, i + 1, order);
            to[r] = order * (left - right);
        }
    }

    private static double Share(double value, ReadOnlySpan<double> t, int i, int degree)
    {
        if (i < 0 || i + degree >= t.Length)
            return 0;
        double width = t[i + degree] - t[i];
        return width > 0 ? value / width : 0;
    }

    private readonly struct Row(double* to, int functions, int order, bool goesOn)
    {
        public double* To => to;

        public int Functions => functions;

        public int Order => order;

        public bool GoesOn => goesOn;
    }
}
