using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>
/// Σ_c coefficient_c (1 - tanh² u_c), u_c = (x - centre_c) · s. With E_c = exp(2 u_c) a switch function is 4 E_c / (1 + E_c)² and its tangent
/// (E_c - 1) / (E_c + 1); E_c = exp(2 u_m) q_c, so that one exponential serves all, and a division serves two centres.
/// </summary>
/// <param name="functions">How many centres.</param>
internal readonly unsafe struct SwitchFunction(int functions) : ISharedFunction
{
    // How far from the middle the other centres may be, in units of u.
    private const float MostReach = 20;

    // Beyond this distance from the middle all functions of such a reach are as good as zero.
    private const float Farthest = 43;

    // exp(40): a function is 2e-17 there, and the product of two such numbers is still within float32.
    private const float MostPower = 2.3538527e17f;

    // Middle centre, s; then per centre q, 4 · coefficient, centre - middle centre, 8 s · coefficient.
    private const int Lead = 2, Each = 4;

    private int Middle => functions / 2;

    // The centres, s, then the coefficients.
    public int Parameters => 2 * functions + 1;

    public int Constants => Lead + Each * functions;

    public bool Prepare(float* parameters, float* constants)
    {
        float s = parameters[functions], middle = parameters[Middle];
        float* coefficients = parameters + functions + 1;
        (constants[0], constants[1]) = (middle, s);
        for (int c = 0; c < functions; c++)
        {
            double off = (double)parameters[c] - middle;
            if (!(Math.Abs(off * s) <= MostReach))
                return false;
            float* to = constants + Lead + Each * c;
            (to[0], to[1], to[2], to[3]) = ((float)Math.Exp(-2 * off * s), 4 * coefficients[c], (float)off, 8 * s * coefficients[c]);
        }

        return Math.Abs(s) is > 1e-30f and < float.PositiveInfinity;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TSimd Value<TSimd>(TSimd x, float* constants)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd power = Power(x - TSimd.Create(constants[0]), constants, out TSimd isFar), sum = TSimd.Zero;
        float* at = constants + Lead;
        for (int c = 0; c < functions; c += 2, at += 2 * Each)
        {
            TSimd e = Scaled(power, at[0]), a = TSimd.One + e;
            if (c + 1 == functions)
            {
                sum = TSimd.FusedMultiplyAdd(e / (a * a), TSimd.Create(at[1]), sum);
                break;
            }

            TSimd e2 = Scaled(power, at[Each]), a2 = TSimd.One + e2, both = TSimd.One / (a * a2), r = both * a2, r2 = both * a;
            sum = TSimd.FusedMultiplyAdd(e * r * r, TSimd.Create(at[1]), sum);
            sum = TSimd.FusedMultiplyAdd(e2 * r2 * r2, TSimd.Create(at[Each + 1]), sum);
        }

        return TSimd.Select(isFar, TSimd.Zero, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TSimd Value<TSimd>(TSimd x, TSimd upstream, float* constants, float* sums, out TSimd derivative)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd off = x - TSimd.Create(constants[0]), power = Power(off, constants, out TSimd isFar), g = TSimd.Select(isFar, TSimd.Zero, upstream);
        Totals<TSimd> totals = default;
        float* at = constants + Lead;
        for (int c = 0; c < functions; c += 2, at += 2 * Each)
        {
            TSimd e = Scaled(power, at[0]), a = TSimd.One + e;
            if (c + 1 == functions)
            {
                Add(e, TSimd.One / a, g, c, at, sums, ref totals);
                break;
            }

            TSimd e2 = Scaled(power, at[Each]), a2 = TSimd.One + e2, both = TSimd.One / (a * a2);
            Add(e, both * a2, g, c, at, sums, ref totals);
            Add(e2, both * a, g, c + 1, at + Each, sums, ref totals);
        }

        // The rows hold -s · derivative for each u; of s it is (x - centre) times that less the factor.
        derivative = TSimd.Select(isFar, TSimd.Zero, -totals.Derivative);
        if (sums is not null)
        {
            float s = constants[1];
            TSimd near = SimdMath.Within(off, -1e6f, 1e6f), ofWidth = TSimd.FusedMultiplyAdd(-near, totals.Derivative, totals.Shifted);
            Sums.Add(sums, functions, g, ofWidth * TSimd.Create(1 / s));
        }

        return TSimd.Select(isFar, TSimd.Zero, totals.Value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Add<TSimd>(TSimd e, TSimd reciprocal, TSimd g, int c, float* at, float* sums, ref Totals<TSimd> totals)
        where TSimd : struct, ISimd<TSimd>
    {
        // A quarter of the function; that times its tangent times 8 s · coefficient is -s · coefficient · its derivative.
        TSimd quarter = e * reciprocal * reciprocal, back = quarter * ((e - TSimd.One) * reciprocal) * TSimd.Create(at[3]);
        totals.Value = TSimd.FusedMultiplyAdd(quarter, TSimd.Create(at[1]), totals.Value);
        totals.Derivative += back;
        if (sums is null)
            return;
        totals.Shifted = TSimd.FusedMultiplyAdd(back, TSimd.Create(at[2]), totals.Shifted);
        Sums.Add(sums, c, g, back);
        Sums.Add(sums, functions + 1 + c, g * TSimd.Create(4), quarter);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSimd Scaled<TSimd>(TSimd power, float q)
        where TSimd : struct, ISimd<TSimd> => TSimd.MinNative(TSimd.Create(MostPower), power * TSimd.Create(q));

    // exp(2 u) at the middle centre, with what rounding took from u put back.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSimd Power<TSimd>(TSimd off, float* constants, out TSimd isFar)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd s = TSimd.Create(constants[1]), u = off * s;
        isFar = TSimd.Greater(TSimd.Abs(u), TSimd.Create(Farthest));
        TSimd v = SimdMath.Within(u, -Farthest, Farthest), lost = TSimd.Select(isFar, TSimd.Zero, TSimd.FusedMultiplyAdd(off, s, -u));
        TSimd power = SimdMath.Exp(v + v);
        return TSimd.FusedMultiplyAdd(power, lost + lost, power);
    }

    private struct Totals<TSimd>
    {
        public TSimd Value, Derivative, Shifted;
    }
}
