using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>Σ_n coefficient_n T_n(x), by the recurrences of T_n and, since T_n' = n U_{n-1}, of U_n.</summary>
/// <param name="degree">The highest degree.</param>
internal readonly unsafe struct ChebyshevFunction(int degree) : ISharedFunction
{
    public int Parameters => degree + 1;

    // The coefficients, then n · coefficient_n.
    public int Constants => 2 * (degree + 1);

    public bool IsPaired => true;

    public bool Prepare(float* parameters, float* constants)
    {
        for (int n = 0; n <= degree; n++)
            (constants[n], constants[degree + 1 + n]) = (parameters[n], n * parameters[n]);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TSimd Value<TSimd>(TSimd x, float* constants)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd last = TSimd.One, now = x, twice = x + x, sum = TSimd.FusedMultiplyAdd(x, TSimd.Create(constants[1]), TSimd.Create(constants[0]));
        for (int n = 2; n <= degree; n++)
        {
            (last, now) = (now, TSimd.FusedMultiplyAdd(twice, now, -last));
            sum = TSimd.FusedMultiplyAdd(now, TSimd.Create(constants[n]), sum);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TSimd Value<TSimd>(TSimd x, TSimd upstream, float* constants, float* sums, out TSimd derivative)
        where TSimd : struct, ISimd<TSimd>
    {
        // A NaN reaches the constant, too: what is broken stays broken.
        TSimd last = TSimd.Select(TSimd.Equal(x, x), TSimd.One, x), now = x, twice = x + x, before = TSimd.Zero, second = last;
        TSimd sum = last * TSimd.Create(constants[0]);
        float* times = constants + degree + 1;
        derivative = before;
        if (sums is not null)
            Sums.Add(sums, 0, upstream, last);
        for (int n = 1; n <= degree; n++)
        {
            sum = TSimd.FusedMultiplyAdd(now, TSimd.Create(constants[n]), sum);
            derivative = TSimd.FusedMultiplyAdd(second, TSimd.Create(times[n]), derivative);
            if (sums is not null)
                Sums.Add(sums, n, upstream, now);
            (last, now) = (now, TSimd.FusedMultiplyAdd(twice, now, -last));
            (before, second) = (second, TSimd.FusedMultiplyAdd(twice, second, -before));
        }

        return sum;
    }

    public void Finish(float* constants, float* sums, int lanes)
    {
    }
}
