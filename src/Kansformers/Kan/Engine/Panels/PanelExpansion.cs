using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>A panel of tokens of one block of inputs, transposed so that a vector holds one input of many tokens: expanded, and its gradient contracted.</summary>
/// <param name="layout">How the layer is cut up.</param>
/// <param name="basis">The basis.</param>
/// <param name="activation">The base activation, one with a SIMD loop; null where there is no base branch.</param>
/// <param name="separate">Whether the basis sees other inputs than the base activation.</param>
/// <param name="rounds">Whether the expansion is rounded to bfloat16.</param>
internal sealed unsafe class PanelExpansion(PanelLayout layout, IBasisKernel basis, BaseActivation? activation, bool separate, bool rounds)
{
    private readonly int _basisOffset = activation is null ? 0 : layout.Panel;

    /// <summary>The floats of a block's transposed inputs.</summary>
    public nint TransposedFloats => 2 * (nint)layout.BlockInputs * layout.Panel;

    /// <summary>Writes the expansion.</summary>
    /// <param name="x">The input.</param>
    /// <param name="token">The panel's first token.</param>
    /// <param name="tokens">The tokens of the panel; the others are taken as 0.</param>
    /// <param name="block">The block of inputs.</param>
    /// <param name="transposed">The block's inputs, <see cref="TransposedFloats"/>, overwritten.</param>
    /// <param name="to">(block rows, panel), overwritten; zeros where there is no input.</param>
    public void Expand(PanelInput x, int token, int tokens, int block, float* transposed, float* to)
    {
        int inputs = layout.InputsOf(block), first = block * layout.BlockInputs, panel = layout.Panel, filled = inputs * layout.Width * panel;
        nint stride = (nint)layout.Width * panel, from = (nint)token * layout.Inputs + first;
        float* seen = Transpose(x.X + from, tokens, inputs, transposed);
        if (activation is BaseActivation act)
            BaseBranch.Expand(act, seen, inputs, panel, to, stride);
        if (separate)
            seen = Transpose(x.Z + from, tokens, inputs, transposed + inputs * panel);
        basis.Expand(first, seen, inputs, to + _basisOffset, stride);
        new Span<float>(to + filled, layout.BlockRows * panel - filled).Clear();
        if (rounds)
            BFloat16Math.Round(to, filled);
    }

    /// <summary>The block's inputs alone, as <see cref="Expand"/> leaves them.</summary>
    public void Load(PanelInput x, int token, int tokens, int block, float* transposed)
    {
        int inputs = layout.InputsOf(block);
        nint from = (nint)token * layout.Inputs + block * layout.BlockInputs;
        Transpose(x.X + from, tokens, inputs, transposed);
        if (separate)
            Transpose(x.Z + from, tokens, inputs, transposed + inputs * layout.Panel);
    }

    /// <summary>dx = the gradient of the expansion times the expansion's derivative.</summary>
    /// <param name="dx">The gradient of the input: the block's inputs are overwritten.</param>
    /// <param name="token">The panel's first token.</param>
    /// <param name="tokens">The tokens of the panel.</param>
    /// <param name="block">The block of inputs.</param>
    /// <param name="transposed">The block's inputs, as <see cref="Expand"/> wrote them.</param>
    /// <param name="gradient">(block rows, panel).</param>
    /// <param name="scratch">(block inputs, panel), overwritten.</param>
    /// <param name="sums">The gradients of the block's parameters so far, or null.</param>
    public void Contract(PanelInput dx, int token, int tokens, int block, float* transposed, float* gradient, float* scratch, float* sums)
    {
        int inputs = layout.InputsOf(block), first = block * layout.BlockInputs, panel = layout.Panel;
        nint stride = (nint)layout.Width * panel, to = (nint)token * layout.Inputs + first;
        basis.Contract(first, separate ? transposed + inputs * panel : transposed, inputs, gradient + _basisOffset, stride, scratch, sums);
        if (dx.X is null)
            return;
        if (separate)
        {
            Transposition.Run(scratch, panel, inputs, tokens, dx.Z + to, layout.Inputs);
            new Span<float>(scratch, inputs * panel).Clear();
        }

        if (activation is BaseActivation act)
            BaseBranch.Contract(act, transposed, inputs, panel, gradient, stride, scratch);
        Transposition.Run(scratch, panel, inputs, tokens, dx.X + to, layout.Inputs);
    }

    private float* Transpose(float* from, int tokens, int inputs, float* to)
    {
        if (tokens < layout.Panel)
            new Span<float>(to, inputs * layout.Panel).Clear();
        Transposition.Run(from, layout.Inputs, tokens, inputs, to, layout.Panel);
        return to;
    }
}

/// <summary>A layer's input, or its gradient, in memory: for the base branch and for the basis.</summary>
/// <param name="x">(tokens, in): for the base branch; null for a gradient that is not wanted.</param>
/// <param name="z">(tokens, in): for the basis.</param>
internal readonly unsafe struct PanelInput(float* x, float* z)
{
    /// <summary>(tokens, in): for the base branch.</summary>
    public readonly float* X = x;

    /// <summary>(tokens, in): for the basis.</summary>
    public readonly float* Z = z;

    /// <summary>The same from a later element on.</summary>
    public PanelInput From(nint element) => X is null ? this : new PanelInput(X + element, Z + element);

    /// <summary>The memory of tensors.</summary>
    public static PanelInput Of(LayerInput input) => new((float*)RawMemory.Pointer(input.X), (float*)RawMemory.Pointer(input.Z));
}
