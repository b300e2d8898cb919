using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>
/// The forward product of a few tokens: all of them are expanded first, then the outputs are shared out, and their weights packed on the way. They are read
/// once, and never written.
/// </summary>
internal static unsafe class PanelForwardFew
{
    // Outputs whose weights of a block fit into a quarter of the second-level cache.
    private const int MostOutputs = 96;

    /// <summary>Computes the outputs.</summary>
    /// <param name="layout">How the layer is cut up.</param>
    /// <param name="expansion">Expands a panel.</param>
    /// <param name="weight">The layer's weights.</param>
    /// <param name="x">The input.</param>
    /// <param name="tokens">How many tokens.</param>
    /// <param name="expanded">Memory of <see cref="Floats"/>.</param>
    /// <param name="y">(tokens, out), overwritten.</param>
    /// <param name="threads">The threads to share the work.</param>
    public static void Run<TSimd>(PanelLayout layout, PanelExpansion expansion, PanelWeight weight, PanelInput x, int tokens, float* expanded, float* y, int threads)
        where TSimd : struct, ISimd<TSimd>
    {
        const int six = PanelKernel.Rows;
        int panel = layout.Panel, panels = (tokens + panel - 1) / panel, rows = layout.BlockRows;
        nint rowFloats = (nint)rows * panel;
        Rows.Run(layout.Blocks * panels, 2 * rowFloats, (first, last) =>
        {
            using CacheLines turned = new(expansion.TransposedFloats);
            for (int at = first; at < last; at++)
            {
                (int block, int from) = (at / panels, at % panels * panel);
                expansion.Expand(x, from, Math.Min(panel, tokens - from), block, turned.Pointer, expanded + at * rowFloats);
            }
        });

        int sixes = layout.OutputRows / six, atOnce = Math.Clamp(sixes / (4 * threads), 1, MostOutputs / six) * six;
        WorkQueue.Run((layout.OutputRows + atOnce - 1) / atOnce, PanelForward.IsWorthThreads(layout, tokens), queue =>
        {
            using CacheLines packed = new((long)atOnce * rows), sums = new((long)panels * atOnce * panel);
            while (queue.TryTake(out int part))
            {
                int output = part * atOnce, outputs = Math.Min(atOnce, layout.OutputRows - output);
                for (int block = 0; block < layout.Blocks; block++)
                {
                    weight.Pack(block, output, outputs, packed.Pointer);
                    float* e = expanded + (nint)block * panels * rowFloats, s = sums.Pointer;
                    for (int p = 0; p < panels; p++, e += rowFloats)
                    {
                        for (int o = 0; o < outputs; o += six, s += six * panel)
                            PanelKernel.Multiply<TSimd, PackedFactors>(e, packed.Pointer + (nint)o * rows, 1, rows, 0, s, block > 0);
                    }
                }

                for (int p = 0; p < panels; p++)
                {
                    Transposition.Run(
                        sums.Pointer + (nint)p * outputs * panel, panel, Math.Min(outputs, layout.Outputs - output), Math.Min(panel, tokens - p * panel),
                        y + (nint)p * panel * layout.Outputs + output, layout.Outputs);
                }
            }
        });
    }

    /// <summary>The floats of an expansion of all inputs.</summary>
    public static long Floats(PanelLayout layout, int tokens) => (long)layout.Blocks * layout.BlockRows * ((tokens + layout.Panel - 1) / layout.Panel * layout.Panel);
}
