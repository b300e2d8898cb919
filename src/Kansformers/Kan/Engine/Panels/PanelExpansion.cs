using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>A panel of tokens of one block of inputs, turned so that a vector holds one input of many tokens: expanded, and its gradient contracted.</summary>
/// <param name="layout">How the layer is cut up.</param>
/// <param name="splines">The splines.</param>
/// <param name="activation">The base activation, one with a SIMD loop.</param>
/// <param name="rounds">Whether the expansion is rounded to bfloat16.</param>
internal sealed unsafe class PanelExpansion(PanelLayout layout, IPanelSplines splines, BaseActivation activation, bool rounds)
{
    /// <summary>Writes the expansion.</summary>
    /// <param name="x">The panel's first token, (tokens, in).</param>
    /// <param name="tokens">The tokens of the panel; the others are taken as 0.</param>
    /// <param name="block">The block of inputs.</param>
    /// <param name="turned">The block's inputs, (block inputs, panel), overwritten.</param>
    /// <param name="to">(block rows, panel), overwritten; zeros where there is no input.</param>
    public void Expand(float* x, int tokens, int block, float* turned, float* to)
    {
        int inputs = layout.InputsOf(block), first = block * layout.BlockInputs, panel = layout.Panel, filled = inputs * layout.Width * panel;
        nint stride = (nint)layout.Width * panel;
        if (tokens < panel)
            new Span<float>(turned, inputs * panel).Clear();
        Transposition.Run(x + first, layout.Inputs, tokens, inputs, turned, panel);
        BaseBranch.Expand(activation, turned, inputs, panel, to, stride);
        splines.Expand(first, turned, inputs, to + panel, stride);
        new Span<float>(to + filled, layout.BlockRows * panel - filled).Clear();
        if (rounds)
            BFloat16Math.Round(to, filled);
    }

    /// <summary>dx = the gradient of the expansion times the expansion's slope.</summary>
    /// <param name="turned">The block's inputs, as <see cref="Expand"/> wrote them.</param>
    /// <param name="gradient">(block rows, panel).</param>
    /// <param name="tokens">The tokens of the panel.</param>
    /// <param name="block">The block of inputs.</param>
    /// <param name="slope">(block inputs, panel), overwritten.</param>
    /// <param name="dx">The panel's first token, (tokens, in): the block's inputs are overwritten.</param>
    public void Contract(float* turned, float* gradient, int tokens, int block, float* slope, float* dx)
    {
        int inputs = layout.InputsOf(block), first = block * layout.BlockInputs, panel = layout.Panel;
        nint stride = (nint)layout.Width * panel;
        splines.Contract(first, turned, inputs, gradient + panel, stride, slope);
        BaseBranch.Contract(activation, turned, inputs, panel, gradient, stride, slope);
        Transposition.Run(slope, panel, inputs, tokens, dx + first, layout.Inputs);
    }
}
