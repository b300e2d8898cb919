using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>
/// dx = Σ over outputs of dy · (Σ over live bases of b' · w): the few rows of the weight are combined while they are read, and multiplied with dy at once.
/// Partial sums stay vectors until all outputs are through.
/// </summary>
internal static unsafe class SparseInputGradient
{
    // Inputs that share a pass over a block of dy.
    private const int Group = 8;

    /// <summary>Writes the splines' part of a tile's input gradient.</summary>
    /// <param name="product">The layer.</param>
    /// <param name="x">The tile's inputs, (tokens, in).</param>
    /// <param name="tokens">At most <see cref="SparseProduct.MostTokens"/>.</param>
    /// <param name="dy">The gradient of the tile's outputs, (tokens, out).</param>
    /// <param name="dx">(tokens, in), overwritten.</param>
    public static void WriteTile(SparseProduct product, float* x, int tokens, float* dy, float* dx)
    {
        switch (product.Layout.Lanes)
        {
            case 16: WriteTile<Simd512>(product, x, tokens, dy, dx); break;
            case 8: WriteTile<Simd256>(product, x, tokens, dy, dx); break;
            default: WriteTile<Simd128>(product, x, tokens, dy, dx); break;
        }
    }

    /// <summary>Copies rows of outputs by blocks, the last outputs filled up with zeros.</summary>
    public static void CopyByBlocks(SparseLayout layout, float* from, int tokens, float* to)
    {
        for (int first = 0, width; first < layout.Padded; first += width)
        {
            width = layout.Width(first);
            int real = Math.Min(width, layout.Outputs - first);
            float* target = to + (nint)first * tokens;
            for (int n = 0; n < tokens; n++, target += width)
            {
                new ReadOnlySpan<float>(from + (nint)n * layout.Outputs + first, real).CopyTo(new Span<float>(target, real));
                new Span<float>(target + real, width - real).Clear();
            }
        }
    }

    private static void WriteTile<TSimd>(SparseProduct product, float* x, int tokens, float* dy, float* dx)
        where TSimd : struct, ISimd<TSimd>
    {
        SparseLayout layout = product.Layout;
        (int inputs, int bases, int stride, int lanes) = (product.Inputs, product.Bases, product.Live.Stride, layout.Lanes);
        float* weight = (float*)product.Weight;
        using CacheLines upstream = new((long)tokens * layout.Padded), sums = new((long)Group * tokens * lanes);
        using CacheLines values = new((long)Group * tokens * stride), begins = new((long)Group * tokens), transposed = new((long)Group * tokens);
        int* starts = (int*)begins.Pointer;
        CopyByBlocks(layout, dy, tokens, upstream.Pointer);
        for (int from = 0; from < inputs; from += Group)
        {
            int count = Math.Min(Group, inputs - from);
            new Span<float>(sums.Pointer, count * tokens * lanes).Clear();
            Transposition.Run(x + from, inputs, tokens, count, transposed.Pointer);
            for (int i = 0; i < count; i++)
                product.Live.Find(from + i, transposed.Pointer + i * tokens, tokens, true, starts + i * tokens, values.Pointer + (nint)i * tokens * stride);
            for (int first = 0, width; first < layout.Padded; first += width)
            {
                width = layout.Width(first);
                for (int i = 0; i < count; i++)
                {
                    float* slab = weight + ((nint)first * inputs + (nint)(from + i) * width) * bases;
                    Tile of = new(slab, values.Pointer + (nint)i * tokens * stride, stride, starts + i * tokens, upstream.Pointer + (nint)first * tokens, tokens, width);
                    Add<TSimd>(of, product.Order, sums.Pointer + (nint)i * tokens * lanes);
                }
            }

            float* target = dx + from;
            for (int n = 0; n < tokens; n++, target += inputs)
            {
                for (int i = 0; i < count; i++)
                    target[i] = TSimd.Sum(TSimd.Load(sums.Pointer + ((nint)i * tokens + n) * lanes));
            }
        }
    }

    private static void Add<TSimd>(Tile of, int order, float* to)
        where TSimd : struct, ISimd<TSimd>
    {
        switch (order)
        {
            case 1: Add<TSimd, Order1>(of, to); break;
            case 2: Add<TSimd, Order2>(of, to); break;
            case 3: Add<TSimd, Order3>(of, to); break;
            case 4: Add<TSimd, Order4>(of, to); break;
            default: Add<TSimd, Order5>(of, to); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add<TSimd, TOrder>(Tile of, float* to)
        where TSimd : struct, ISimd<TSimd>
        where TOrder : struct, ISplineOrder
    {
        int lanes = TSimd.Count, width = of.Width, stride = of.Stride;
        float* value = of.Values, dy = of.Upstream;
        for (int n = 0; n < of.Tokens; n++, value += stride, to += lanes)
        {
            TSimd b0 = TSimd.Create(value[0]), b1 = TSimd.Create(value[1]), b2 = TSimd.Zero, b3 = b2, b4 = b2, b5 = b2;
            if (TOrder.Value >= 2)
                b2 = TSimd.Create(value[2]);
            if (TOrder.Value >= 3)
                b3 = TSimd.Create(value[3]);
            if (TOrder.Value >= 4)
                b4 = TSimd.Create(value[4]);
            if (TOrder.Value >= 5)
                b5 = TSimd.Create(value[5]);
            float* w = of.Weight + (nint)(of.Starts[n] * width), end = dy + width;
            TSimd even = TSimd.Load(to), odd = TSimd.Zero;
            for (; dy < end; dy += 2 * lanes, w += 2 * lanes)
            {
                TSimd low = b0 * TSimd.Load(w), high = b0 * TSimd.Load(w + lanes);
                float* row = w + width;
                low = TSimd.AddProduct(low, b1, row);
                high = TSimd.AddProduct(high, b1, row + lanes);
                if (TOrder.Value >= 2)
                {
                    row += width;
                    low = TSimd.AddProduct(low, b2, row);
                    high = TSimd.AddProduct(high, b2, row + lanes);
                }

                if (TOrder.Value >= 3)
                {
                    row += width;
                    low = TSimd.AddProduct(low, b3, row);
                    high = TSimd.AddProduct(high, b3, row + lanes);
                }

                if (TOrder.Value >= 4)
                {
                    row += width;
                    low = TSimd.AddProduct(low, b4, row);
                    high = TSimd.AddProduct(high, b4, row + lanes);
                }

                if (TOrder.Value >= 5)
                {
                    row += width;
                    low = TSimd.AddProduct(low, b5, row);
                    high = TSimd.AddProduct(high, b5, row + lanes);
                }

                even = TSimd.AddProduct(even, low, dy);
                odd = TSimd.AddProduct(odd, high, dy + lanes);
            }

            TSimd.Store(even + odd, to);
        }
    }

    /// <summary>One input's part: its coefficients for a block of outputs, its live slopes and the block of dy.</summary>
    private readonly struct Tile(float* weight, float* values, int stride, int* starts, float* upstream, int tokens, int width)
    {
        public readonly float* Weight = weight, Values = values, Upstream = upstream;
        public readonly int* Starts = starts;
        public readonly int Stride = stride, Tokens = tokens, Width = width;
    }
}
