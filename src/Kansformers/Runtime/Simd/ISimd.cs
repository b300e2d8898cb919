using System.Numerics;

namespace Kansformers.Runtime;

/// <summary>
/// float32 vectors of one width, so that a loop can be written once and compiled for AVX-512, AVX2 and 128-bit machines. (<see cref="Vector{T}"/> itself
/// stays at 256 bits on AVX-512 machines.) Comparisons give all bits set or none in each lane.
/// </summary>
/// <typeparam name="TSelf">The vector.</typeparam>
internal unsafe interface ISimd<TSelf> :
    IAdditionOperators<TSelf, TSelf, TSelf>, ISubtractionOperators<TSelf, TSelf, TSelf>, IMultiplyOperators<TSelf, TSelf, TSelf>, IDivisionOperators<TSelf, TSelf, TSelf>,
    IUnaryNegationOperators<TSelf, TSelf>, IBitwiseOperators<TSelf, TSelf, TSelf>
    where TSelf : struct, ISimd<TSelf>
{
    /// <summary>The number of lanes.</summary>
    static abstract int Count { get; }

    /// <summary>The lanes in which <see cref="AddTo"/> keeps sums.</summary>
    static abstract int SumLanes { get; }

    /// <summary>0 in every lane.</summary>
    static abstract TSelf Zero { get; }

    /// <summary>1 in every lane.</summary>
    static abstract TSelf One { get; }

    /// <summary>One value in every lane.</summary>
    static abstract TSelf Create(float value);

    /// <summary>Reads from any address.</summary>
    static abstract TSelf Load(float* from);

    /// <summary>Writes to any address.</summary>
    static abstract void Store(TSelf value, float* to);

    /// <summary>sums += value, over the lanes that they have.</summary>
    static abstract void AddTo(float* sums, TSelf value);

    /// <summary>sums += a · b, over the lanes that they have.</summary>
    static abstract void AddProductTo(float* sums, TSelf a, TSelf b);

    /// <summary>a · b + c, rounded once where the machine can.</summary>
    static abstract TSelf FusedMultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>factor · (the vector at an address) + sum: one instruction, where a vector that was loaded before would take a register and two more.</summary>
    static abstract TSelf AddProduct(TSelf sum, TSelf factor, float* from);

    /// <summary>1 / value to about 1 unit in the last place, for positive values whose reciprocal is a normal number.</summary>
    static abstract TSelf Reciprocal(TSelf value);

    /// <summary>The machine's own maximum: with a NaN it gives the second operand or NaN.</summary>
    static abstract TSelf MaxNative(TSelf a, TSelf b);

    /// <summary>The machine's own minimum: with a NaN it gives the second operand or NaN.</summary>
    static abstract TSelf MinNative(TSelf a, TSelf b);

    /// <summary>|value|.</summary>
    static abstract TSelf Abs(TSelf value);

    /// <summary>The nearest whole number, ties to even.</summary>
    static abstract TSelf Round(TSelf value);

    /// <summary>a &gt;= b.</summary>
    static abstract TSelf GreaterOrEqual(TSelf a, TSelf b);

    /// <summary>a &gt; b.</summary>
    static abstract TSelf Greater(TSelf a, TSelf b);

    /// <summary>a == b: not for NaN.</summary>
    static abstract TSelf Equal(TSelf a, TSelf b);

    /// <summary>a where the mask is set, else b.</summary>
    static abstract TSelf Select(TSelf mask, TSelf a, TSelf b);

    /// <summary>value · 2^n for whole n from -149 to 128, though 2^128 itself has no float32 form.</summary>
    static abstract TSelf ScaleByPower(TSelf value, TSelf n);

    /// <summary>Whether a mask is set in any lane.</summary>
    static abstract bool Any(TSelf mask);

    /// <summary>The bits of every lane, moved left.</summary>
    static abstract TSelf ShiftLeft(TSelf value, int bits);

    /// <summary>table[index] for whole indices from 0 to 15; for NaN any of them.</summary>
    /// <param name="table">16 values.</param>
    /// <param name="index">An index in each lane.</param>
    static abstract TSelf Lookup(float* table, TSelf index);

    /// <summary>table[index] for whole indices; for NaN any of them.</summary>
    /// <param name="table">As many values as a power of two says.</param>
    /// <param name="mask">One less than that.</param>
    /// <param name="index">An index in each lane.</param>
    static abstract TSelf Gather(float* table, int mask, TSelf index);

    /// <summary>The sum of the lanes.</summary>
    static abstract float Sum(TSelf value);
}
