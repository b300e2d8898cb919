using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>y = expansion(x) · weightᵀ: a group of panels is expanded a few blocks at a time, and multiplied while that is in the first caches.</summary>
internal static unsafe class PanelForward
{
    // Expanded values that are summed before the sums are put down, and outputs whose sums a group keeps.
    private const int SumLength = 288, OutputsAtOnce = 1024;

    /// <summary>Computes the outputs.</summary>
    /// <param name="layout">How the layer is cut up.</param>
    /// <param name="expansion">Expands a panel.</param>
    /// <param name="weight">The packed weight.</param>
    /// <param name="x">The input.</param>
    /// <param name="tokens">How many tokens.</param>
    /// <param name="y">(tokens, out), overwritten.</param>
    /// <param name="threads">The threads to share the work.</param>
    public static void Run<TSimd>(PanelLayout layout, PanelExpansion expansion, float* weight, PanelInput x, int tokens, float* y, int threads)
        where TSimd : struct, ISimd<TSimd>
    {
        int panel = layout.Panel, panels = (tokens + panel - 1) / panel, group = Math.Clamp(panels / threads, 1, layout.GroupPanels);
        int groups = (panels + group - 1) / group, parts = Math.Max((layout.Outputs + OutputsAtOnce - 1) / OutputsAtOnce, (threads + groups - 1) / groups);
        int outputs = ((layout.OutputRows + parts - 1) / parts + PanelKernel.Rows - 1) / PanelKernel.Rows * PanelKernel.Rows;
        parts = (layout.OutputRows + outputs - 1) / outputs;
        int atOnce = Math.Clamp(SumLength / layout.BlockRows, 1, layout.Blocks);
        WorkQueue.Run(parts * groups, IsWorthThreads(layout, tokens), queue =>
        {
            using CacheLines expanded = new((long)group * atOnce * layout.BlockRows * panel), turned = new(expansion.TransposedFloats);
            using CacheLines sums = new((long)group * outputs * panel);
            while (queue.TryTake(out int item))
            {
                (int firstOutput, int from) = (item / groups * outputs, item % groups * group * panel);
                Item of = new(weight + (nint)firstOutput * layout.BlockRows, firstOutput, Math.Min(outputs, layout.OutputRows - firstOutput), from, Math.Min(group * panel, tokens - from));
                for (int block = 0; block < layout.Blocks; block += atOnce)
                {
                    int blocks = Math.Min(atOnce, layout.Blocks - block);
                    for (int t = 0; t < of.Tokens; t += panel)
                    {
                        float* e = expanded.Pointer + (nint)(t / panel) * atOnce * layout.BlockRows * panel, s = sums.Pointer + (nint)(t / panel) * outputs * panel;
                        for (int b = 0; b < blocks; b++)
                            expansion.Expand(x, from + t, Math.Min(panel, of.Tokens - t), block + b, turned.Pointer, e + (nint)b * layout.BlockRows * panel);
                        float* w = of.Weight + block * layout.Slab;
                        for (int o = 0; o < of.Outputs; o += PanelKernel.Rows)
                            PanelKernel.Multiply<TSimd, PackedFactors>(e, w + (nint)o * layout.BlockRows, blocks, layout.BlockRows, layout.Slab, s + (nint)o * panel, block > 0);
                    }
                }

                for (int t = 0; t < of.Tokens; t += panel)
                {
                    Transposition.Run(
                        sums.Pointer + (nint)(t / panel) * outputs * panel, panel, Math.Min(of.Outputs, layout.Outputs - firstOutput), Math.Min(panel, of.Tokens - t),
                        y + (nint)(from + t) * layout.Outputs + firstOutput, layout.Outputs);
                }
            }
        });
    }

    /// <summary>Whether a product is worth a second thread, which takes some ten microseconds to wake.</summary>
    public static bool IsWorthThreads(PanelLayout layout, long tokens) => tokens * layout.Blocks * layout.Slab > 1 << 20;

    private readonly struct Item(float* weight, int firstOutput, int outputs, int from, int tokens)
    {
        public readonly float* Weight = weight;
        public readonly int FirstOutput = firstOutput, Outputs = outputs, From = from, Tokens = tokens;
    }
}
