using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>
/// The two products of the backward pass, by blocks of inputs: a block's part of the weight gradient and of the input gradient depends on no other block,
/// so threads share nothing that they write.
/// </summary>
internal static unsafe class PanelBackward
{
    // Outputs whose gradients, for a panel of tokens, fit into the first-level cache.
    private const int OutputsAtOnce = 288;

    /// <summary>Adds to the weight's gradient and computes the input's, for a tile of tokens.</summary>
    /// <param name="layout">How the layer is cut up.</param>
    /// <param name="expansion">Expands and contracts a panel.</param>
    /// <param name="weight">The packed weight; null when the input's gradient is not wanted.</param>
    /// <param name="isTurned">Whether it was packed for this product rather than for the forward one.</param>
    /// <param name="x">(tokens, in).</param>
    /// <param name="upstream">The gradient of the tile's outputs.</param>
    /// <param name="dx">(tokens, in), overwritten; null when not wanted.</param>
    /// <param name="gradient">The weight's gradient; null when not wanted.</param>
    /// <param name="adds">Whether the weight's gradient is added to what stands there.</param>
    public static void Run<TSimd>(PanelLayout layout, PanelExpansion expansion, float* weight, bool isTurned, float* x, PanelUpstream upstream, float* dx, float* gradient, bool adds)
        where TSimd : struct, ISimd<TSimd>
    {
        int panel = layout.Panel, rows = layout.BlockRows, tokens = upstream.Tokens, most = PanelLayout.GroupPanels * panel;
        nint inputFloats = (nint)layout.BlockInputs * panel, rowFloats = (nint)rows * panel;
        WorkQueue.Run(layout.Blocks, PanelForward.IsWorthThreads(layout, tokens), queue =>
        {
            using CacheLines expanded = new(PanelLayout.GroupPanels * rowFloats), turned = new(PanelLayout.GroupPanels * inputFloats);
            using CacheLines slope = new(PanelLayout.GroupPanels * rowFloats), slopes = new(inputFloats);
            while (queue.TryTake(out int block))
            {
                for (int from = 0; from < tokens; from += most)
                {
                    int count = Math.Min(most, tokens - from), panels = (count + panel - 1) / panel;
                    for (int p = 0; p < panels; p++)
                        expansion.Expand(x + (nint)(from + p * panel) * layout.Inputs, Math.Min(panel, count - p * panel), block, turned.Pointer + p * inputFloats, expanded.Pointer + p * rowFloats);
                    if (gradient is not null)
                        AddToWeight<TSimd>(layout, expanded.Pointer, upstream.ByOutputs(from), panels, gradient + block * layout.GradientSlab, adds || from > 0);
                    if (dx is null)
                        continue;
                    InputSlope<TSimd>(layout, weight + block * layout.Slab, isTurned, upstream, from, panels, slope.Pointer);
                    for (int p = 0; p < panels; p++)
                        expansion.Contract(turned.Pointer + p * inputFloats, slope.Pointer + p * rowFloats, Math.Min(panel, count - p * panel), block, slopes.Pointer, dx + (nint)(from + p * panel) * layout.Inputs);
                }
            }
        });
    }

    private static void AddToWeight<TSimd>(PanelLayout layout, float* expanded, float* upstream, int panels, float* gradient, bool adds)
        where TSimd : struct, ISimd<TSimd>
    {
        nint rowFloats = (nint)layout.BlockRows * layout.Panel, next = (nint)PanelLayout.GroupPanels * layout.Panel * layout.Panel;
        for (int o = 0; o < layout.OutputPanels; o++, upstream += next, gradient += rowFloats)
        {
            for (int k = 0; k < layout.BlockRows; k += PanelKernel.Rows)
                PanelKernel.Multiply<TSimd, TokenFactors>(upstream, expanded + (nint)k * layout.Panel, panels, layout.Panel, rowFloats, gradient + (nint)k * layout.Panel, adds);
        }
    }

    private static void InputSlope<TSimd>(PanelLayout layout, float* weight, bool isTurned, PanelUpstream upstream, int from, int panels, float* slope)
        where TSimd : struct, ISimd<TSimd>
    {
        const int six = PanelKernel.Rows;
        int parts = (layout.OutputRows + OutputsAtOnce - 1) / OutputsAtOnce, atOnce = ((layout.OutputRows + parts - 1) / parts + six - 1) / six * six;
        for (int o = 0; o < layout.OutputRows; o += atOnce)
        {
            int runs = Math.Min(atOnce, layout.OutputRows - o) / six;
            float* w = weight + (nint)o * (isTurned ? six : layout.BlockRows), to = slope;
            for (int p = 0; p < panels; p++)
            {
                float* dy = upstream.ByTokens(from / layout.Panel + p) + (nint)o * layout.Panel;
                for (int k = 0; k < layout.BlockRows; k += six, to += six * layout.Panel)
                {
                    if (isTurned)
                        PanelKernel.Multiply<TSimd, PackedFactors>(dy, w + (nint)k * layout.OutputRows, 1, runs * six, 0, to, o > 0);
                    else
                        PanelKernel.Multiply<TSimd, ExpandedFactors>(dy, w + (nint)k * six, runs, six, six * layout.BlockRows, to, o > 0);
                }
            }
        }
    }
}
