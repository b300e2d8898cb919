using Kansformers.Runtime;

namespace Kansformers.Transformers;

/// <summary>Norms and turns the queries and keys of single tokens, as <see cref="Rotary"/> does.</summary>
internal sealed unsafe class RotaryTokens : IDisposable
{
    // Cosines and then sines of each position, half a head each.
    private readonly NativeFloats _tables;
    private readonly int _heads, _size;

    /// <param name="shape">Heads, positions, and the size of a head.</param>
    public RotaryTokens((int Heads, int Block, int Size) shape)
    {
        (_heads, _size) = (shape.Heads, shape.Size);
        _tables = new NativeFloats((long)shape.Block * _size);
        int half = _size / 2;
        for (int at = 0; at < shape.Block; at++)
        {
            float* row = _tables.Pointer + (nint)at * _size;
            for (int pair = 0; pair < half; pair++)
            {
                (double sin, double cos) = Math.SinCos(Rotary.Angle(at, pair, _size));
                (row[pair], row[half + pair]) = ((float)cos, (float)sin);
            }
        }
    }

    /// <summary>Norms and turns the queries and keys of a token where they are.</summary>
    /// <param name="packed">All heads' queries, and then their keys.</param>
    /// <param name="position">The token's position.</param>
    public void Run(float* packed, int position)
    {
        int half = _size / 2;
        float* cos = _tables.Pointer + (nint)position * _size, sin = cos + half;
        for (int head = 0; head < 2 * _heads; head++)
        {
            float* first = packed + (nint)head * _size, second = first + half;
            RmsNormTokens.Apply(first, _size, first);
            for (int i = 0; i < half; i++)
                (first[i], second[i]) = (first[i] * cos[i] - second[i] * sin[i], second[i] * cos[i] + first[i] * sin[i]);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _tables.Dispose();
}
