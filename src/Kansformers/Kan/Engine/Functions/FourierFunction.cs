using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>Σ_k a_k cos kx + b_k sin kx, k from 1. Each frequency turns the one before by x once more: the error grows by a rounding a step.</summary>
/// <param name="frequencies">How many frequencies.</param>
internal readonly unsafe struct FourierFunction(int frequencies) : ISharedFunction
{
    public int Parameters => 2 * frequencies;

    // Both coefficients, and both times k, frequency by frequency.
    public int Constants => 4 * frequencies;

    public bool IsPaired => true;

    public bool Prepare(float* parameters, float* constants)
    {
        for (int k = 1; k <= frequencies; k++, constants += 4)
        {
            (constants[0], constants[1]) = (parameters[k - 1], parameters[frequencies + k - 1]);
            (constants[2], constants[3]) = (-k * constants[0], k * constants[1]);
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TSimd Value<TSimd>(TSimd x, float* constants)
        where TSimd : struct, ISimd<TSimd>
    {
        (TSimd sin, TSimd cos) = SimdMath.SinCos(x);
        TSimd s = sin, c = cos, sum = TSimd.Zero;
        for (int k = 0; k < frequencies; k++, constants += 4)
        {
            if (k > 0)
                (c, s) = (TSimd.FusedMultiplyAdd(c, cos, -(s * sin)), TSimd.FusedMultiplyAdd(s, cos, c * sin));
            sum = TSimd.FusedMultiplyAdd(c, TSimd.Create(constants[0]), TSimd.FusedMultiplyAdd(s, TSimd.Create(constants[1]), sum));
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TSimd Value<TSimd>(TSimd x, TSimd upstream, float* constants, float* sums, out TSimd derivative)
        where TSimd : struct, ISimd<TSimd>
    {
        (TSimd sin, TSimd cos) = SimdMath.SinCos(x);
        TSimd s = sin, c = cos, sum = TSimd.Zero;
        derivative = sum;
        for (int k = 0; k < frequencies; k++, constants += 4)
        {
            if (k > 0)
                (c, s) = (TSimd.FusedMultiplyAdd(c, cos, -(s * sin)), TSimd.FusedMultiplyAdd(s, cos, c * sin));
            sum = TSimd.FusedMultiplyAdd(c, TSimd.Create(constants[0]), TSimd.FusedMultiplyAdd(s, TSimd.Create(constants[1]), sum));
            derivative = TSimd.FusedMultiplyAdd(s, TSimd.Create(constants[2]), TSimd.FusedMultiplyAdd(c, TSimd.Create(constants[3]), derivative));
            if (sums is not null)
            {
                Sums.Add(sums, k, upstream, c);
                Sums.Add(sums, frequencies + k, upstream, s);
            }
        }

        return sum;
    }

    public void Finish(float* constants, float* sums, int lanes)
    {
    }
}
