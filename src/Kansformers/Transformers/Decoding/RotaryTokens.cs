using Kansformers.Runtime;

namespace Kansformers.Transformers;

/// <summary>Norms and turns the queries and keys of single tokens, as <see cref="Rotary"/> does.</summary>
/// <param name="shape">Heads, positions, and the size of a head.</param>
internal sealed unsafe class RotaryTokens((int Heads, int Block, int Size) shape)
{
    private readonly RotaryTable _table = RotaryTable.Of(shape.Block, shape.Size);

    /// <summary>Norms and turns the queries and keys of a token where they are.</summary>
    /// <param name="packed">All heads' queries, and then their keys.</param>
    /// <param name="position">The token's position.</param>
    public void Run(float* packed, int position)
    {
        switch (SimdWidth.Lanes)
        {
            case 16:
                Run<Simd512>(packed, position);
                break;
            case 8:
                Run<Simd256>(packed, position);
                break;
            default:
                Run<Simd128>(packed, position);
                break;
        }
    }

    private void Run<TSimd>(float* packed, int position)
        where TSimd : struct, ISimd<TSimd>
    {
        HeadRows.Turn turn = new(_table, position, shape.Size / 2);
        for (int head = 0; head < 2 * shape.Heads; head++, packed += shape.Size)
            HeadRows.Forward<TSimd>(packed, turn, norm: true, 1, packed);
    }
}
