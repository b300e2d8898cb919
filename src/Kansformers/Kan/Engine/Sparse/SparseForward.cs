using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>
/// y += Σ over inputs and their live bases of b · w. A tile of tokens keeps its sums in cache, by blocks of outputs; within a block they stay in registers
/// while the inputs whose coefficients fit into the first-level cache are added.
/// </summary>
internal static unsafe class SparseForward
{
    /// <summary>Adds the splines of a tile of tokens to its outputs.</summary>
    /// <param name="product">The layer.</param>
    /// <param name="x">The tile's inputs, (tokens, in).</param>
    /// <param name="tokens">At most <see cref="SparseProduct.MostTokens"/>.</param>
    /// <param name="y">The tile's outputs, (tokens, out), added to.</param>
    public static void AddTile(SparseProduct product, float* x, int tokens, float* y)
    {
        switch (product.Layout.Lanes)
        {
            case 16: AddTile<Simd512>(product, x, tokens, y); break;
            case 8: AddTile<Simd256>(product, x, tokens, y); break;
            default: AddTile<Simd128>(product, x, tokens, y); break;
        }
    }

    private static void AddTile<TSimd>(SparseProduct product, float* x, int tokens, float* y)
        where TSimd : struct, ISimd<TSimd>
    {
        SparseLayout layout = product.Layout;
        (int inputs, int bases, int stride) = (product.Inputs, product.Bases, product.Live.Stride);
        float* weight = (float*)product.Weight;
        using CacheLines transposed = new((long)SparseProduct.Group * tokens);
        using CacheLines sums = new((long)tokens * layout.Padded), values = new((long)SparseProduct.Group * tokens * stride), begins = new((long)SparseProduct.Group * tokens);
        int* starts = (int*)begins.Pointer;
        new Span<float>(sums.Pointer, tokens * layout.Padded).Clear();
        for (int from = 0; from < inputs; from += SparseProduct.Group)
        {
            int count = Math.Min(SparseProduct.Group, inputs - from);
            Transposition.Run(x + from, inputs, tokens, count, transposed.Pointer);
            for (int i = 0; i < count; i++)
                product.Live.Find(from + i, transposed.Pointer + i * tokens, tokens, false, starts + i * tokens, values.Pointer + (nint)i * tokens * stride);
            for (int first = 0, width; first < layout.Padded; first += width)
            {
                width = layout.Width(first);
                int slab = bases * width, round = Math.Clamp(SparseProduct.RoundBytes / sizeof(float) / slab, 1, count);
                float* block = weight + (nint)first * inputs * bases + (nint)from * slab, to = sums.Pointer + (nint)first * tokens;
                for (int i = 0; i < count; i += round)
                {
                    Round of = new(block + (nint)i * slab, slab, values.Pointer + (nint)i * tokens * stride, stride, starts + i * tokens, Math.Min(round, count - i), tokens, product.Order);
                    switch (width / layout.Lanes)
                    {
                        case 8: Add<TSimd, EightVectors>(of, to); break;
                        case 4: Add<TSimd, FourVectors>(of, to); break;
                        default: Add<TSimd, TwoVectors>(of, to); break;
                    }
                }
            }
        }

        for (int first = 0, width; first < layout.Padded; first += width)
        {
            width = layout.Width(first);
            int real = Math.Min(width, layout.Outputs - first);
            for (int n = 0; n < tokens; n++)
                VectorMath.Add(sums.Pointer + (nint)first * tokens + (nint)n * width, y + (nint)n * layout.Outputs + first, real);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add<TSimd, TCount>(Round of, float* to)
        where TSimd : struct, ISimd<TSimd>
        where TCount : struct, IVectorCount
    {
        int lanes = TSimd.Count, width = TCount.Value * lanes, inputs = of.Inputs, tokens = of.Tokens, order = of.Order, stride = of.Stride, slab = of.Slab;
        nint next = (nint)tokens * stride;
        for (int n = 0; n < tokens; n++, to += width)
        {
            TSimd a0 = TSimd.Load(to), a1 = TSimd.Load(to + lanes), a2 = TSimd.Zero, a3 = a2, a4 = a2, a5 = a2, a6 = a2, a7 = a2;
            if (TCount.Value >= 4)
            {
                a2 = TSimd.Load(to + 2 * lanes);
                a3 = TSimd.Load(to + 3 * lanes);
            }

            if (TCount.Value >= 8)
            {
                a4 = TSimd.Load(to + 4 * lanes);
                a5 = TSimd.Load(to + 5 * lanes);
                a6 = TSimd.Load(to + 6 * lanes);
                a7 = TSimd.Load(to + 7 * lanes);
            }

            float* value = of.Values + (nint)n * stride, weight = of.Weight;
            int* start = of.Starts + n;
            for (int i = 0; i < inputs; i++, value += next, start += tokens, weight += slab)
            {
                float* w = weight + (nint)(*start * width);
                for (int k = 0; k <= order; k++, w += width)
                {
                    TSimd b = TSimd.Create(value[k]);
                    a0 = TSimd.AddProduct(a0, b, w);
                    a1 = TSimd.AddProduct(a1, b, w + lanes);
                    if (TCount.Value >= 4)
                    {
                        a2 = TSimd.AddProduct(a2, b, w + 2 * lanes);
                        a3 = TSimd.AddProduct(a3, b, w + 3 * lanes);
                    }

                    if (TCount.Value >= 8)
                    {
                        a4 = TSimd.AddProduct(a4, b, w + 4 * lanes);
                        a5 = TSimd.AddProduct(a5, b, w + 5 * lanes);
                        a6 = TSimd.AddProduct(a6, b, w + 6 * lanes);
                        a7 = TSimd.AddProduct(a7, b, w + 7 * lanes);
                    }
                }
            }

            TSimd.Store(a0, to);
            TSimd.Store(a1, to + lanes);
            if (TCount.Value >= 4)
            {
                TSimd.Store(a2, to + 2 * lanes);
                TSimd.Store(a3, to + 3 * lanes);
            }

            if (TCount.Value >= 8)
            {
                TSimd.Store(a4, to + 4 * lanes);
                TSimd.Store(a5, to + 5 * lanes);
                TSimd.Store(a6, to + 6 * lanes);
                TSimd.Store(a7, to + 7 * lanes);
            }
        }
    }

    /// <summary>What one call of the kernel adds: the weights of a few inputs, and per input and token the live values and where they begin.</summary>
    private readonly struct Round(float* weight, int slab, float* values, int stride, int* starts, int inputs, int tokens, int order)
    {
        public readonly float* Weight = weight, Values = values;
        public readonly int* Starts = starts;
        public readonly int Slab = slab, Stride = stride, Inputs = inputs, Tokens = tokens, Order = order;
    }
}
