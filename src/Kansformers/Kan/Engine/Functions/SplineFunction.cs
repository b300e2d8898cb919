using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>Uniform knots.</summary>
/// <param name="First">The first knot.</param>
/// <param name="Step">From a knot to the next.</param>
/// <param name="Bases">The number of bases.</param>
/// <param name="Order">The spline order.</param>
internal readonly record struct SplineGrid(double First, double Step, int Bases, int Order)
{
    /// <summary>The intervals between the knots.</summary>
    public int Intervals => Bases + Order;

    /// <summary>The interval whose centre positions are counted from, in intervals.</summary>
    public int Middle => Intervals / 2;
}

/// <summary>
/// A spline on a uniform grid. Its value and derivative come from the polynomial of the interval that an input lies in, whose coefficients a permutation
/// looks up; the bases, which only the coefficients' gradients need, come from their closed form.
/// </summary>
/// <param name="grid">The knots.</param>
internal readonly unsafe struct SplineFunction<TOrder>(SplineGrid grid) : ISharedFunction
    where TOrder : struct, ISplineOrder
{
    private const int Table = 16;

    private static readonly double[] Pieces = CardinalSpline.Pieces(TOrder.Value);

    private readonly float _middle = (float)(grid.First + (grid.Middle + 0.5) * grid.Step), _scale = (float)(1 / grid.Step);
    private readonly int _bases = grid.Bases, _before = grid.Middle + 1, _after = grid.Intervals - grid.Middle;

    public int Parameters => _bases;

    // Of each power of the position within an interval a coefficient for every interval, and zeros for what lies before and behind all of them.
    public int Constants => (TOrder.Value + 1) * Table;

    public bool IsPaired => true;

    public bool Prepare(float* parameters, float* constants)
    {
        int order = TOrder.Value, intervals = _bases + order;
        if (intervals + 2 > Table)
            return false;
        new Span<float>(constants, Constants).Clear();
        for (int power = 0; power <= order; power++, constants += Table)
        {
            for (int j = 0; j < intervals; j++)
            {
                double sum = 0;
                for (int piece = Math.Max(0, j - _bases + 1); piece <= Math.Min(order, j); piece++)
                    sum += parameters[j - piece] * Pieces[piece * (order + 1) + power];
                constants[j + 1] = (float)sum;
            }
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TSimd Value<TSimd>(TSimd x, float* constants)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd at = At(x), interval = TSimd.Round(at), within = at - interval, index = interval + TSimd.Create(_before);
        TSimd sum = TSimd.Lookup(constants + TOrder.Value * Table, index);
        for (int power = TOrder.Value - 1; power >= 0; power--)
            sum = TSimd.FusedMultiplyAdd(sum, within, TSimd.Lookup(constants + power * Table, index));
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TSimd Value<TSimd>(TSimd x, TSimd upstream, float* constants, float* sums, out TSimd derivative)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd at = At(x), interval = TSimd.Round(at), within = at - interval, index = interval + TSimd.Create(_before);
        TSimd sum = TSimd.Lookup(constants + TOrder.Value * Table, index), rise = TSimd.Zero;
        for (int power = TOrder.Value - 1; power >= 0; power--)
        {
            rise = TSimd.FusedMultiplyAdd(rise, within, sum);
            sum = TSimd.FusedMultiplyAdd(sum, within, TSimd.Lookup(constants + power * Table, index));
        }

        derivative = rise * TSimd.Create(_scale);
        if (sums is null)
            return sum;
        float centre = (TOrder.Value + 1) * 0.5f - _before + 0.5f;
        for (int c = 0; c < _bases; c++)
            Sums.Add(sums, c, upstream, CardinalSpline.Value<TOrder, TSimd>(TSimd.Abs(at - TSimd.Create(centre + c))));
        return sum;
    }

    public void Finish(float* constants, float* sums, int lanes)
    {
        for (int at = 0; at < _bases * lanes; at++)
            sums[at] *= CardinalSpline.Share(TOrder.Value);
    }

    // The position in intervals from the middle, at most one beyond the grid.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TSimd At<TSimd>(TSimd x)
        where TSimd : struct, ISimd<TSimd> => SimdMath.Within((x - TSimd.Create(_middle)) * TSimd.Create(_scale), -_before, _after);
}

/// <summary>The B-spline on the knots 0, 1, ..., k + 1.</summary>
internal static class CardinalSpline
{
    /// <summary>1 / k!.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Share(int order) => order switch { 2 => 1 / 2f, 3 => 1 / 6f, 4 => 1 / 24f, _ => 1 / 120f };

    /// <summary>k! times its value at a distance from its centre: Σ_m (-1)^m C(k+1, m) max(0, (k+1)/2 - m - distance)^k.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TOrder, TSimd>(TSimd distance)
        where TOrder : struct, ISplineOrder
        where TSimd : struct, ISimd<TSimd>
    {
        int order = TOrder.Value;
        TSimd p = TSimd.MaxNative(TSimd.Zero, TSimd.Create((order + 1) * 0.5f) - distance), q = TSimd.MaxNative(TSimd.Zero, p - TSimd.One);
        TSimd sum = TSimd.FusedMultiplyAdd(Power<TOrder, TSimd>(q), TSimd.Create(-(order + 1)), Power<TOrder, TSimd>(p));
        if (order < 4)
            return sum;
        TSimd r = TSimd.MaxNative(TSimd.Zero, q - TSimd.One);
        return TSimd.FusedMultiplyAdd(Power<TOrder, TSimd>(r), TSimd.Create(order * (order + 1) / 2), sum);
    }

    /// <summary>
    /// The polynomials of its pieces, the first piece first: (k + 1, k + 1), the coefficients of each power of the position from the middle of the interval.
    /// </summary>
    public static double[] Pieces(int order)
    {
        double[] all = new double[(order + 1) * (order + 1)];
        double factorial = 1;
        for (int n = 2; n <= order; n++)
            factorial *= n;
        for (int piece = 0; piece <= order; piece++)
        {
            // (-1)^m C(k+1, m) (t + piece - m + 1/2)^k / k!, by powers of t.
            double choose = 1 / factorial;
            for (int m = 0; m <= piece; m++)
            {
                double off = piece - m + 0.5, term = choose;
                for (int power = order; power >= 0; power--)
                {
                    all[piece * (order + 1) + power] += term;
                    term *= off * power / (order - power + 1);
                }

                choose *= -(order + 1 - m) / (m + 1.0);
            }
        }

        return all;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSimd Power<TOrder, TSimd>(TSimd value)
        where TOrder : struct, ISplineOrder
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd square = value * value;
        return TOrder.Value switch { 2 => square, 3 => square * value, 4 => square * square, _ => square * square * value };
    }
}
