using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>
/// Σ_c coefficient_c (1 - tanh² u_c), u_c = (x - centre_c) · s. With r_c = 1 / (1 + exp(2 u_c)) a switch function is 4 (r_c - r_c²) and its tangent 1 - 2 r_c;
/// exp(2 u_c) = exp(2 u_m) q_c, so that one exponential serves all.
/// </summary>
/// <param name="functions">How many centres.</param>
internal readonly unsafe struct SwitchFunction(int functions) : ISharedFunction
{
    // How far from the middle the other centres may be, in units of u.
    private const float MostReach = 10;

    // Beyond this distance from the middle all functions of such a reach are as good as zero, at most 4 exp(-44). No E leaves float32 so: exp(2 · (32 + 10)).
    private const float Farthest = 32;

    // Middle centre, s; then per centre q, 4 · coefficient, centre - middle centre, 8 s · coefficient.
    private const int Lead = 2, Each = 4;

    private int Middle => functions / 2;

    // The centres, s, then the coefficients.
    public int Parameters => 2 * functions + 1;

    public int Constants => Lead + Each * functions;

    public bool IsPaired => true;

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
        for (int c = 0; c < functions; c++, at += Each)
        {
            TSimd r = TSimd.Reciprocal(TSimd.FusedMultiplyAdd(power, TSimd.Create(at[0]), TSimd.One));
            sum = TSimd.FusedMultiplyAdd(TSimd.FusedMultiplyAdd(-r, r, r), TSimd.Create(at[1]), sum);
        }

        return TSimd.Select(isFar, TSimd.Zero, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TSimd Value<TSimd>(TSimd x, TSimd upstream, float* constants, float* sums, out TSimd derivative)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd off = x - TSimd.Create(constants[0]), power = Power(off, constants, out TSimd isFar), g = TSimd.Select(isFar, TSimd.Zero, upstream);
        TSimd value = TSimd.Zero, falls = value;
        float* at = constants + Lead;
        for (int c = 0; c < functions; c++, at += Each)
        {
            // r - r² is a quarter of the function; that times its tangent, 1 - 2 r, times 8 s · coefficient is -s · coefficient · the function's derivative.
            TSimd r = TSimd.Reciprocal(TSimd.FusedMultiplyAdd(power, TSimd.Create(at[0]), TSimd.One)), quarter = TSimd.FusedMultiplyAdd(-r, r, r);
            TSimd fall = quarter * (TSimd.One - r - r);
            value = TSimd.FusedMultiplyAdd(quarter, TSimd.Create(at[1]), value);
            falls = TSimd.FusedMultiplyAdd(fall, TSimd.Create(at[3]), falls);
            if (sums is null)
                continue;
            Sums.Add(sums, c, g, fall);
            Sums.Add(sums, functions + 1 + c, g, quarter);
        }

        derivative = TSimd.Select(isFar, TSimd.Zero, -falls);
        if (sums is not null)
            Sums.Add(sums, functions, g * SimdMath.Within(off, -1e6f, 1e6f), falls);
        return TSimd.Select(isFar, TSimd.Zero, value);
    }

    // For s the derivative is (x - centre_c) / s times that for u_c's input: the middle's distance is summed up with the tokens, the others' come from here.
    public void Finish(float* constants, float* sums, int lanes)
    {
        float* width = sums + functions * lanes, coefficients = width + lanes, at = constants + Lead;
        for (int lane = 0; lane < lanes; lane++)
            width[lane] = -width[lane];
        for (int c = 0; c < functions; c++, at += Each, sums += lanes, coefficients += lanes)
        {
            for (int lane = 0; lane < lanes; lane++)
            {
                sums[lane] *= at[3];
                width[lane] += sums[lane] * at[2];
                coefficients[lane] *= 4;
            }
        }

        for (int lane = 0; lane < lanes; lane++)
            width[lane] /= constants[1];
    }

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
}
