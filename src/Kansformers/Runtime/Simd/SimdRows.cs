using System.Runtime.CompilerServices;

namespace Kansformers.Runtime;

/// <summary>Four vectors.</summary>
internal readonly struct Four<TSimd>(TSimd a, TSimd b, TSimd c, TSimd d)
    where TSimd : struct
{
    public readonly TSimd A = a, B = b, C = c, D = d;
}

/// <summary>Where the rows of lanes are: whole numbers, of which some bits count.</summary>
/// <param name="at">A number for each lane, in the lowest bits of a float (see <see cref="Shift"/>).</param>
/// <param name="mask">Which bits count, so that NaN does no harm.</param>
internal readonly unsafe struct RowPlaces(float* at, int mask)
{
    /// <summary>2^23: added to a whole number from 0 on it leaves that in the lowest bits.</summary>
    public const float Shift = 8388608;

    private readonly float* _at = at;
    private readonly int _mask = mask;

    /// <summary>The place of a lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public nint Of(int lane) => (nint)(uint)(((int*)_at)[lane] & _mask);

    /// <summary>The places from a lane on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RowPlaces From(int lane) => new(_at + lane, _mask);
}

/// <summary>Rows of lanes, lane by lane.</summary>
internal static unsafe class SimdRows
{
    private const int Most = 32;

    /// <summary><see cref="ISimd{TSelf}.AddRows(float*, RowPlaces, in Four{TSelf})"/>.</summary>
    public static void Add<TSimd>(float* rows, RowPlaces places, in Four<TSimd> terms)
        where TSimd : struct, ISimd<TSimd> => Add(rows, places, terms, width: 4);

    /// <summary><see cref="ISimd{TSelf}.AddRows(float*, RowPlaces, in Four{TSelf}, in Four{TSelf})"/>.</summary>
    public static void Add<TSimd>(float* rows, RowPlaces places, in Four<TSimd> first, in Four<TSimd> second)
        where TSimd : struct, ISimd<TSimd>
    {
        Add(rows, places, first, width: 8);
        Add(rows + 4, places, second, width: 8);
    }

    private static void Add<TSimd>(float* rows, RowPlaces places, in Four<TSimd> terms, int width)
        where TSimd : struct, ISimd<TSimd>
    {
        float* all = stackalloc float[4 * Most];
        TSimd.Store(terms.A, all);
        TSimd.Store(terms.B, all + Most);
        TSimd.Store(terms.C, all + 2 * Most);
        TSimd.Store(terms.D, all + 3 * Most);
        for (int lane = 0; lane < TSimd.Count; lane++)
        {
            float* row = rows + places.Of(lane) + width * (lane % 4);
            for (int number = 0; number < 4; number++)
                row[number] += all[number * Most + lane];
        }
    }
}
