using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>
/// dw += b · dy. The tokens of a chunk are sorted by where an input's live bases begin: while that stays the same, the few rows of the gradient stay in registers,
/// and all that is read is dy.
/// </summary>
internal static unsafe class SparseWeightGradient
{
    /// <summary>The tokens that are sorted at a time. The sums' order depends on it, so nothing else may: not the number of threads.</summary>
    public const int Chunk = 1024;

    // Inputs that share a pass over a block of dy.
    private const int Group = 8;

    /// <summary>Adds a chunk of tokens to the gradient of the packed weight (<see cref="SparseLayout.OfGradient"/>).</summary>
    /// <param name="product">The layer, with the gradient, which is added to, in its weight's place.</param>
    /// <param name="x">The chunk's inputs, (tokens, in).</param>
    /// <param name="tokens">At most <see cref="Chunk"/>.</param>
    /// <param name="upstream">The gradient of the chunk's outputs by blocks.</param>
    /// <param name="broken">Set for the inputs of which a value is NaN.</param>
    public static void AddChunk(SparseProduct product, float* x, int tokens, float* upstream, bool[] broken)
    {
        (LiveSplines live, SparseLayout layout, nint weight, int inputs, int bases, int order) = product;
        float* gradient = (float*)weight;
        int groups = (inputs + Group - 1) / Group;
        Rows.Run(groups, (long)tokens * layout.Padded, (firstGroup, lastGroup) =>
        {
            using CacheLines found = new((long)tokens * live.Stride), begins = new(tokens), values = new((long)Group * tokens * live.Stride);
            using CacheLines places = new((long)Group * tokens), transposed = new((long)Group * tokens), edges = new((long)Group * (bases - order + 1));
            for (int group = firstGroup; group < lastGroup; group++)
            {
                int from = group * Group, count = Math.Min(Group, inputs - from);
                Transposition.Run(x + from, inputs, tokens, count, transposed.Pointer);
                for (int i = 0; i < count; i++)
                {
                    if (live.Find(from + i, transposed.Pointer + i * tokens, tokens, false, (int*)begins.Pointer, found.Pointer))
                        broken[from + i] = true;
                    Sort(
                        found.Pointer, (int*)begins.Pointer, tokens, live.Stride, bases - order,
                        values.Pointer + (nint)i * tokens * live.Stride, (int*)places.Pointer + i * tokens, (int*)edges.Pointer + i * (bases - order + 1));
                }

                for (int first = 0, width; first < layout.Padded; first += width)
                {
                    width = layout.Width(first);
                    for (int i = 0; i < count; i++)
                    {
                        float* target = gradient + ((nint)first * inputs + (nint)(from + i) * width) * bases;
                        Runs of = new(
                            values.Pointer + (nint)i * tokens * live.Stride, live.Stride, (int*)places.Pointer + i * tokens,
                            (int*)edges.Pointer + i * (bases - order + 1), bases - order, upstream + (nint)first * tokens);
                        Add(of, order, layout.Lanes, target);
                    }
                }
            }
        });
    }

    // Sorts by counting. edges[s] to edges[s + 1] are the places of the tokens whose window begins at s.
    private static void Sort(float* values, int* starts, int tokens, int stride, int windows, float* sorted, int* tokenOf, int* edges)
    {
        new Span<int>(edges, windows + 1).Clear();
        for (int n = 0; n < tokens; n++)
            edges[starts[n] + 1]++;
        for (int s = 0; s < windows; s++)
            edges[s + 1] += edges[s];

        // Each window's edge moves to its end while its tokens are placed, which is the next one's beginning: shift back after.
        for (int n = 0; n < tokens; n++, values += stride)
        {
            int place = edges[starts[n]]++;
            tokenOf[place] = n;
            Vector128.Store(Vector128.Load(values), sorted + (nint)place * stride);
            if (stride == 8)
                Vector128.Store(Vector128.Load(values + 4), sorted + (nint)place * stride + 4);
        }

        for (int s = windows; s > 0; s--)
            edges[s] = edges[s - 1];
        edges[0] = 0;
    }

    private static void Add(Runs of, int order, int lanes, float* to)
    {
        switch (lanes)
        {
            case 16: Add<Simd512>(of, order, to); break;
            case 8: Add<Simd256>(of, order, to); break;
            default: Add<Simd128>(of, order, to); break;
        }
    }

    private static void Add<TSimd>(Runs of, int order, float* to)
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
    private static void Add<TSimd, TOrder>(Runs of, float* to)
        where TSimd : struct, ISimd<TSimd>
        where TOrder : struct, ISplineOrder
    {
        int lanes = TSimd.Count, width = 2 * lanes, stride = of.Stride, order = TOrder.Value;
        float* value = of.Values, upstream = of.Upstream;
        int* token = of.Tokens;
        for (int s = 0; s < of.Windows; s++, to += width)
        {
            int count = of.Edges[s + 1] - of.Edges[s];
            if (count == 0)
                continue;
            TSimd a0 = TSimd.Load(to), b0 = TSimd.Load(to + lanes), a1 = TSimd.Load(to + width), b1 = TSimd.Load(to + width + lanes);
            TSimd a2 = TSimd.Zero, b2 = a2, a3 = a2, b3 = a2, a4 = a2, b4 = a2, a5 = a2, b5 = a2;
            if (order >= 2)
                (a2, b2) = (TSimd.Load(to + 2 * width), TSimd.Load(to + 2 * width + lanes));
            if (order >= 3)
                (a3, b3) = (TSimd.Load(to + 3 * width), TSimd.Load(to + 3 * width + lanes));
            if (order >= 4)
                (a4, b4) = (TSimd.Load(to + 4 * width), TSimd.Load(to + 4 * width + lanes));
            if (order >= 5)
                (a5, b5) = (TSimd.Load(to + 5 * width), TSimd.Load(to + 5 * width + lanes));
            for (int* end = token + count; token < end; token++, value += stride)
            {
                float* dy = upstream + (nint)(*token * width);
                TSimd low = TSimd.Load(dy), high = TSimd.Load(dy + lanes), b = TSimd.Create(value[0]);
                a0 = TSimd.FusedMultiplyAdd(b, low, a0);
                b0 = TSimd.FusedMultiplyAdd(b, high, b0);
                b = TSimd.Create(value[1]);
                a1 = TSimd.FusedMultiplyAdd(b, low, a1);
                b1 = TSimd.FusedMultiplyAdd(b, high, b1);
                if (order >= 2)
                {
                    b = TSimd.Create(value[2]);
                    a2 = TSimd.FusedMultiplyAdd(b, low, a2);
                    b2 = TSimd.FusedMultiplyAdd(b, high, b2);
                }

                if (order >= 3)
                {
                    b = TSimd.Create(value[3]);
                    a3 = TSimd.FusedMultiplyAdd(b, low, a3);
                    b3 = TSimd.FusedMultiplyAdd(b, high, b3);
                }

                if (order >= 4)
                {
                    b = TSimd.Create(value[4]);
                    a4 = TSimd.FusedMultiplyAdd(b, low, a4);
                    b4 = TSimd.FusedMultiplyAdd(b, high, b4);
                }

                if (order >= 5)
                {
                    b = TSimd.Create(value[5]);
                    a5 = TSimd.FusedMultiplyAdd(b, low, a5);
                    b5 = TSimd.FusedMultiplyAdd(b, high, b5);
                }
            }

            TSimd.Store(a0, to);
            TSimd.Store(b0, to + lanes);
            TSimd.Store(a1, to + width);
            TSimd.Store(b1, to + width + lanes);
            if (order >= 2)
            {
                TSimd.Store(a2, to + 2 * width);
                TSimd.Store(b2, to + 2 * width + lanes);
            }

            if (order >= 3)
            {
                TSimd.Store(a3, to + 3 * width);
                TSimd.Store(b3, to + 3 * width + lanes);
            }

            if (order >= 4)
            {
                TSimd.Store(a4, to + 4 * width);
                TSimd.Store(b4, to + 4 * width + lanes);
            }

            if (order >= 5)
            {
                TSimd.Store(a5, to + 5 * width);
                TSimd.Store(b5, to + 5 * width + lanes);
            }
        }
    }

    /// <summary>One input's tokens in the order of their windows: live values, token numbers, each window's range, and the block of dy.</summary>
    private readonly struct Runs(float* values, int stride, int* tokens, int* edges, int windows, float* upstream)
    {
        public readonly float* Values = values, Upstream = upstream;
        public readonly int* Tokens = tokens, Edges = edges;
        public readonly int Stride = stride, Windows = windows;
    }
}
