using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Transformers;

/// <summary>What becomes of queries and keys before they meet.</summary>
/// <param name="Heads">The number of heads.</param>
/// <param name="Size">The size of a head, even.</param>
internal sealed record HeadLayout(int Heads, int Size)
{
    /// <summary>Whether queries and keys are RMS-normed over the head (Henry et al., "Query-Key Normalization for Transformers", 2020).</summary>
    public bool Norm { get; init; } = true;

    /// <summary>What the products of queries and keys are multiplied by.</summary>
    public double Scale { get; init; } = 1 / Math.Sqrt(Size);

    /// <summary>The position of the first token.</summary>
    public int Past { get; init; }

    /// <summary>Values of a token in the rows of heads, and in the packed rows of queries, keys and values.</summary>
    public int Width => Heads * Size;
}

/// <summary>
/// One head's query or key of one token: RMS-normed, and turned by its position in the pairs (i, i + half) (Su et al., "RoFormer", 2021); and the same backwards.
/// </summary>
internal static unsafe class HeadRows
{
    /// <summary>to = factor · turned(normed(x)).</summary>
    /// <param name="x">(size).</param>
    /// <param name="turn">The position's angles.</param>
    /// <param name="norm">Whether x is normed.</param>
    /// <param name="factor">Multiplies all.</param>
    /// <param name="to">(size).</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward<TSimd>(float* x, in Turn turn, bool norm, float factor, float* to)
        where TSimd : struct, ISimd<TSimd>
    {
        int half = turn.Half, at = 0;
        factor *= norm ? RmsRows.Factor<TSimd>(x, 2 * half) : 1;
        TSimd scale = TSimd.Create(factor);
        for (; at + TSimd.Count <= half; at += TSimd.Count)
        {
            TSimd a = TSimd.Load(x + at) * scale, b = TSimd.Load(x + half + at) * scale;
            TSimd cosine = TSimd.Load(turn.Cosines + at), sine = TSimd.Load(turn.Sines + at);
            TSimd.Store(TSimd.FusedMultiplyAdd(a, cosine, -(b * sine)), to + at);
            TSimd.Store(TSimd.FusedMultiplyAdd(b, cosine, a * sine), to + half + at);
        }

        for (; at < half; at++)
        {
            (float a, float b) = (x[at] * factor, x[half + at] * factor);
            (to[at], to[half + at]) = (a * turn.Cosines[at] - b * turn.Sines[at], b * turn.Cosines[at] + a * turn.Sines[at]);
        }
    }

    /// <summary>dx = the gradient of x, of dy = the gradient of what <see cref="Forward"/> gives.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward<TSimd>(float* x, in Turn turn, bool norm, float factor, float* dy, float* dx)
        where TSimd : struct, ISimd<TSimd>
    {
        int half = turn.Half, at = 0;
        TSimd scale = TSimd.Create(factor);
        for (; at + TSimd.Count <= half; at += TSimd.Count)
        {
            TSimd a = TSimd.Load(dy + at) * scale, b = TSimd.Load(dy + half + at) * scale;
            TSimd cosine = TSimd.Load(turn.Cosines + at), sine = TSimd.Load(turn.Sines + at);
            TSimd.Store(TSimd.FusedMultiplyAdd(a, cosine, b * sine), dx + at);
            TSimd.Store(TSimd.FusedMultiplyAdd(b, cosine, -(a * sine)), dx + half + at);
        }

        for (; at < half; at++)
        {
            (float a, float b) = (dy[at] * factor, dy[half + at] * factor);
            (dx[at], dx[half + at]) = (a * turn.Cosines[at] + b * turn.Sines[at], b * turn.Cosines[at] - a * turn.Sines[at]);
        }

        if (norm)
            RmsRows.Backward<TSimd>(x, RmsRows.Factor<TSimd>(x, 2 * half), dx, dx, 2 * half);
    }

    /// <summary>The angles of a position.</summary>
    /// <param name="table">The angles of all.</param>
    /// <param name="position">The token's.</param>
    /// <param name="half">Half the size of a head.</param>
    public readonly ref struct Turn(RotaryTable table, int position, int half)
    {
        public readonly float* Cosines = table.Cosines(position), Sines = table.Sines(position);
        public readonly int Half = half;
    }
}
