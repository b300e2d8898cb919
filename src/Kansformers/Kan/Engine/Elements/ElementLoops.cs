using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>What loops over runs have in common: runs shorter than a vector, and the last values of longer ones.</summary>
internal static unsafe class ElementLoops
{
    private const int Most = 32;

    /// <summary>A mask for the last vector of a run, moved back to end with it: the lanes that were done before are off.</summary>
    /// <param name="length">The values of the run, at least a vector.</param>
    public static TSimd Rest<TSimd>(int length)
        where TSimd : struct, ISimd<TSimd>
    {
        int* lanes = stackalloc int[Most];
        int done = TSimd.Count - length % TSimd.Count;
        for (int lane = 0; lane < TSimd.Count; lane++)
            lanes[lane] = lane < done ? 0 : -1;
        return TSimd.Load((float*)lanes);
    }

    /// <summary><see cref="IElementKernel.Values"/> of rows shorter than a vector.</summary>
    public static void ShortValues(IElementKernel kernel, int function, ElementRun run, float* x, (nint Y, nint Slope) to, int lanes)
    {
        float* at = stackalloc float[Most], y = stackalloc float[Most], slope = stackalloc float[Most];
        new Span<float>(at, Most).Clear();
        ElementRun whole = new(1, lanes, 0, 0);
        for (int row = 0; row < run.Rows; row++)
        {
            Copy(x + row * run.From, at, run.Length);
            kernel.Values(function, whole, at, y, to.Slope == 0 ? null : slope);
            Copy(y, (float*)to.Y + row * run.To, run.Length);
            if (to.Slope != 0)
                Copy(slope, (float*)to.Slope + row * run.To, run.Length);
        }
    }

    /// <summary><see cref="IElementKernel.Sums"/> of rows shorter than a vector.</summary>
    public static void ShortSums(IElementKernel kernel, int function, ElementRun run, (nint X, nint Upstream) from, float* sums, int lanes)
    {
        float* at = stackalloc float[Most], upstream = stackalloc float[Most];
        new Span<float>(at, Most).Clear();
        new Span<float>(upstream, Most).Clear();
        ElementRun whole = new(1, lanes, 0, 0);
        for (int row = 0; row < run.Rows; row++)
        {
            Copy((float*)from.X + row * run.From, at, run.Length);
            Copy((float*)from.Upstream + row * run.To, upstream, run.Length);
            kernel.Sums(function, whole, at, upstream, sums);
        }
    }

    /// <summary>gradient[p] = Σ of the lanes of sums[p].</summary>
    public static void SumLanes(float* sums, int lanes, float* gradient, int parameters)
    {
        for (int p = 0; p < parameters; p++)
        {
            float sum = 0;
            for (int lane = 0; lane < lanes; lane++)
                sum += sums[p * lanes + lane];
            gradient[p] = sum;
        }
    }

    private static void Copy(float* from, float* to, int count) => new ReadOnlySpan<float>(from, count).CopyTo(new Span<float>(to, count));
}
