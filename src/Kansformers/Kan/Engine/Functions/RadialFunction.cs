using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>
/// Σ_c coefficient_c exp(-u_c²), u_c = (x - centre_c) · scale, on evenly spaced centres. With v = u at the middle centre m and d the distance of two,
/// exp(-u_c²) = exp(-v²) w^(c - m) q_c, w = exp(2 d v), q_c = exp(-((c - m) d)²): two exponentials serve all. The q_c are among the constants.
/// </summary>
/// <param name="functions">How many centres.</param>
/// <param name="scale">The reciprocal of a function's width.</param>
internal readonly unsafe struct RadialFunction(int functions, float scale) : ISharedFunction
{
    // How far the outer centres may be from the middle one: where they count, the middle function is not yet too small for float32.
    private const float MostReach = 4.6f;

    // Beyond this distance from the middle all functions of such a reach are as good as zero. w stays below 2^126 as far as that.
    private const float Farthest = 9.3f;

    // How uneven the centres may be, in shares of their distance: less than float32 makes them by rounding them.
    private const float Unevenness = 4e-6f;

    // Middle centre, 2 d; then per centre q, coefficient · q, coefficient · q · (c - m) d.
    private const int Lead = 2;

    private int Middle => functions / 2;

    // The centres, which are not learned and whose sums stay 0, then the coefficients.
    public int Parameters => 2 * functions;

    public int Constants => Lead + 3 * functions;

    public bool IsPaired => true;

    public bool Prepare(float* parameters, float* constants)
    {
        float* centres = parameters, coefficients = parameters + functions;
        double step = ((double)centres[functions - 1] - centres[0]) / (functions - 1), d = step * scale, from = centres[0];
        if (!(Math.Abs(d) * Math.Max(Middle, functions - 1 - Middle) <= MostReach))
            return false;
        for (int c = 0; c < functions; c++)
        {
            if (!(Math.Abs(centres[c] - (from + c * step)) <= Unevenness * Math.Abs(step)))
                return false;
            double off = (c - Middle) * d, q = Math.Exp(-off * off);
            float* to = constants + Lead + 3 * c;
            (to[0], to[1], to[2]) = ((float)q, (float)(coefficients[c] * q), (float)(coefficients[c] * q * off));
        }

        (constants[0], constants[1]) = (centres[Middle], (float)(2 * d));
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TSimd Value<TSimd>(TSimd x, float* constants)
        where TSimd : struct, ISimd<TSimd>
    {
        Powers(x, constants, out _, out TSimd middle, out TSimd up, out TSimd down);
        float* at = constants + Lead + 3 * Middle + 1;
        TSimd sum = middle * TSimd.Create(*at), p = middle;
        for (int c = Middle + 1; c < functions; c++)
        {
            p *= up;
            sum = TSimd.FusedMultiplyAdd(p, TSimd.Create(at[3 * (c - Middle)]), sum);
        }

        p = middle;
        for (int c = Middle - 1; c >= 0; c--)
        {
            p *= down;
            sum = TSimd.FusedMultiplyAdd(p, TSimd.Create(at[3 * (c - Middle)]), sum);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TSimd Value<TSimd>(TSimd x, TSimd upstream, float* constants, float* sums, out TSimd derivative)
        where TSimd : struct, ISimd<TSimd>
    {
        Powers(x, constants, out TSimd v, out TSimd middle, out TSimd up, out TSimd down);
        TSimd sum = TSimd.Zero, offs = sum, p = middle;
        for (int c = Middle; c < functions; c++, p *= up)
            Add(p, upstream, c, constants, sums, ref sum, ref offs);
        p = middle * down;
        for (int c = Middle - 1; c >= 0; c--, p *= down)
            Add(p, upstream, c, constants, sums, ref sum, ref offs);

        // Σ coefficient · exp(-u²) · -2 u · scale, u = v - (c - m) d.
        derivative = TSimd.FusedMultiplyAdd(v, sum, -offs) * TSimd.Create(-2 * scale);
        return sum;
    }

    public void Finish(float* constants, float* sums, int lanes)
    {
        for (int at = 0; at < functions * lanes; at++)
            sums[functions * lanes + at] *= constants[Lead + 3 * (at / lanes)];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Add<TSimd>(TSimd p, TSimd upstream, int c, float* constants, float* sums, ref TSimd sum, ref TSimd offs)
        where TSimd : struct, ISimd<TSimd>
    {
        float* at = constants + Lead + 3 * c;
        sum = TSimd.FusedMultiplyAdd(p, TSimd.Create(at[1]), sum);
        offs = TSimd.FusedMultiplyAdd(p, TSimd.Create(at[2]), offs);
        if (sums is not null)
            Sums.Add(sums, functions + c, upstream, p);
    }

    // v; exp(-v²), 0 far away; w and 1 / w.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Powers<TSimd>(TSimd x, float* constants, out TSimd v, out TSimd middle, out TSimd up, out TSimd down)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd u = (x - TSimd.Create(constants[0])) * TSimd.Create(scale);
        v = SimdMath.Within(u, -Farthest, Farthest);
        middle = TSimd.Select(TSimd.Equal(u, v), SimdMath.Exp(-(v * v)), TSimd.Select(TSimd.Equal(u, u), TSimd.Zero, u));
        (up, down) = SimdMath.ExpBoth(v * TSimd.Create(constants[1]));
    }
}
