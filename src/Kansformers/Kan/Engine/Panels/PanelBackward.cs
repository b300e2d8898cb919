using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>
/// The two products of the backward pass, by blocks of inputs: a block's part of the weight gradient and of the input gradient depends on no other block,
/// so threads share nothing that they write.
/// </summary>
/// <param name="layout">How the layer is cut up.</param>
/// <param name="weight">The layer's weights.</param>
/// <param name="keptWeight">All of them packed for this product; null to pack them on the way.</param>
/// <param name="gradient">Where their gradient goes.</param>
/// <param name="keptGradient">Where to add it up as the kernels write it, for later; null to send it there at once.</param>
/// <param name="addsToKept">Whether it is added to what stands in <paramref name="keptGradient"/>.</param>
/// <param name="parameters">Where the gradients of the basis' parameters are added, input by input.</param>
internal readonly unsafe struct PanelBackward(
    PanelLayout layout, PanelWeight weight, float* keptWeight, PanelGradient gradient, float* keptGradient, bool addsToKept, ParameterSums parameters)
{
    // Outputs whose gradients, for a panel of tokens, fit into the first-level cache; and their weights of a block, into half of the second-level cache.
    private const int MostOutputs = 288, PartFloats = 48 << 10;

    /// <summary>Computes the weight's gradient and the input's, for a tile of tokens.</summary>
    /// <param name="expansion">Expands and contracts a panel.</param>
    /// <param name="x">The input.</param>
    /// <param name="upstream">The gradient of the tile's outputs.</param>
    /// <param name="dx">Its gradient, overwritten; null when not wanted.</param>
    /// <param name="gradientWanted">Whether the weight's gradient is wanted.</param>
    public void Run<TSimd>(PanelExpansion expansion, PanelInput x, PanelUpstream upstream, PanelInput dx, bool gradientWanted)
        where TSimd : struct, ISimd<TSimd>
    {
        PanelBackward self = this;
        PanelLayout cut = layout;
        int panel = cut.Panel, rows = cut.BlockRows, tokens = upstream.Tokens, most = cut.GroupPanels * panel, atOnce = PartOutputs();
        nint inputFloats = expansion.TransposedFloats, rowFloats = (nint)rows * panel;
        ParameterSums sums = parameters;
        bool contracts = dx.X is not null || sums.AreWanted;

        // Functions whose values come with their derivatives are expanded when the gradient is there, which their values replace.
        bool isFunction = contracts && expansion.IsFunction;
        WorkQueue.Run(cut.Blocks, PanelForward.IsWorthThreads(cut, tokens), queue =>
        {
            using CacheLines expanded = new(isFunction ? 0 : cut.GroupPanels * rowFloats), transposed = new(cut.GroupPanels * inputFloats);
            using CacheLines part = new(Math.Max(panel, atOnce) * (long)rows), derivative = new(cut.GroupPanels * rowFloats);
            using CacheLines scratch = new(inputFloats), own = new(sums.Floats(cut.BlockInputs));
            while (queue.TryTake(out int block))
            {
                PanelMemory memory = new(transposed.Pointer, derivative.Pointer, scratch.Pointer, sums.Open(own.Pointer, cut.BlockInputs), sums.Stride);
                for (int from = 0; from < tokens; from += most)
                {
                    int count = Math.Min(most, tokens - from), panels = (count + panel - 1) / panel;
                    for (int p = 0; p < panels; p++)
                    {
                        int first = from + p * panel, some = Math.Min(panel, count - p * panel);
                        if (isFunction)
                            expansion.Transpose(x, first, some, block, transposed.Pointer + p * inputFloats);
                        else
                            expansion.Expand(x, first, some, block, transposed.Pointer + p * inputFloats, expanded.Pointer + p * rowFloats);
                    }

                    if (gradientWanted && !isFunction)
                        self.WeightSlope<TSimd>(block, expanded.Pointer, upstream.ByOutputs(from), panels, from > 0, part.Pointer);
                    if (!contracts)
                        continue;
                    self.InputSlope<TSimd>(block, upstream, from, panels, atOnce, derivative.Pointer, part.Pointer);
                    expansion.Contract(dx, from, count, block, memory);
                    if (gradientWanted && isFunction)
                        self.WeightSlope<TSimd>(block, derivative.Pointer, upstream.ByOutputs(from), panels, from > 0, part.Pointer);
                }

                expansion.Finish(block, memory.Sums);
                sums.Close(memory.Sums, block * cut.BlockInputs, cut.InputsOf(block));
            }
        });
    }

    private void WeightSlope<TSimd>(int block, float* expanded, float* upstream, int panels, bool isLater, float* part)
        where TSimd : struct, ISimd<TSimd>
    {
        nint rowFloats = (nint)layout.BlockRows * layout.Panel, next = (nint)layout.GroupPanels * layout.Panel * layout.Panel;
        float* to = keptGradient is null ? part : keptGradient + block * layout.GradientSlab;
        for (int o = 0; o < layout.OutputPanels; o++, upstream += next)
        {
            for (int k = 0; k < layout.BlockRows; k += PanelKernel.Rows)
                PanelKernel.Multiply<TSimd, TokenFactors>(upstream, expanded + (nint)k * layout.Panel, panels, layout.Panel, rowFloats, to + (nint)k * layout.Panel, keptGradient is not null && (addsToKept || isLater));
            if (keptGradient is null)
                gradient.Put(block, o, to);
            else
                to += rowFloats;
        }
    }

    private void InputSlope<TSimd>(int block, PanelUpstream upstream, int from, int panels, int atOnce, float* slope, float* part)
        where TSimd : struct, ISimd<TSimd>
    {
        const int six = PanelKernel.Rows;
        for (int o = 0; o < layout.OutputRows; o += atOnce)
        {
            int outputs = Math.Min(atOnce, layout.OutputRows - o);
            nint stride = (nint)(keptWeight is null ? outputs : layout.OutputRows) * six;
            float* w = keptWeight is null ? part : keptWeight + block * layout.Slab + (nint)o * six;
            if (keptWeight is null)
                weight.PackTurned(block, o, outputs, w, stride);
            float* to = slope;
            for (int p = 0; p < panels; p++)
            {
                float* dy = upstream.ByTokens(from / layout.Panel + p) + (nint)o * layout.Panel, factors = w;
                for (int k = 0; k < layout.BlockRows; k += six, to += six * layout.Panel, factors += stride)
                    PanelKernel.Multiply<TSimd, PackedFactors>(dy, factors, 1, outputs, 0, to, o > 0);
            }
        }
    }

    // Equal parts of the outputs, in sixes.
    private int PartOutputs()
    {
        const int six = PanelKernel.Rows;
        int most = Math.Clamp(PartFloats / layout.BlockRows, 48, MostOutputs), parts = (layout.OutputRows + most - 1) / most;
        return ((layout.OutputRows + parts - 1) / parts + six - 1) / six * six;
    }
}
