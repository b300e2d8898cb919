using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>A panel of tokens of one block of inputs, transposed so that a vector holds one input of many tokens: expanded, and its gradient contracted.</summary>
/// <param name="layout">How the layer is cut up.</param>
/// <param name="basis">The basis.</param>
/// <param name="activation">The base activation; null where there is no base branch.</param>
/// <param name="separate">Whether the basis sees other inputs than the base activation.</param>
/// <param name="rounds">Whether the expansion is rounded to bfloat16.</param>
internal sealed unsafe class PanelExpansion(PanelLayout layout, IBasisKernel basis, BaseActivation? activation, bool separate, bool rounds)
{
    // The inputs whose parameters' gradients are added up over a group of tokens before the next inputs' are: they stay in the first-level cache.
    private const int InputsAtOnce = 16;

    private readonly int _basisOffset = activation is null ? 0 : layout.Panel;
    private readonly IFunctionKernel? _function = activation is null ? basis as IFunctionKernel : null;

    /// <summary>The layer norm in front of the basis; null where there is none, or where the inputs are normalised already.</summary>
    public PanelNorm? Norm { get; init; }

    /// <summary>The floats of a block's transposed inputs.</summary>
    public nint TransposedFloats => 2 * (nint)layout.BlockInputs * layout.Panel;

    /// <summary>The floats of a panel's expansion.</summary>
    public nint RowFloats => (nint)layout.BlockRows * layout.Panel;

    /// <summary>Whether the expansion is a single value that can be computed together with its derivative, so that the backward pass need not expand first.</summary>
    public bool IsFunction => _function is not null;

    /// <summary>Writes the expansion.</summary>
    /// <param name="x">The input.</param>
    /// <param name="token">The panel's first token.</param>
    /// <param name="tokens">The tokens of the panel; the others are taken as 0.</param>
    /// <param name="block">The block of inputs.</param>
    /// <param name="transposed">The block's inputs, <see cref="TransposedFloats"/>, overwritten.</param>
    /// <param name="to">(block rows, panel), overwritten; zeros where there is no input.</param>
    public void Expand(PanelInput x, int token, int tokens, int block, float* transposed, float* to)
    {
        int inputs = layout.InputsOf(block), panel = layout.Panel;
        nint stride = (nint)layout.Width * panel;
        float* seen = Transpose(x, token, tokens, block, transposed);
        if (activation is BaseActivation act)
            BaseBranch.Expand(act, transposed, inputs, panel, to, stride);
        basis.Expand(block * layout.BlockInputs, seen, inputs, to + _basisOffset, stride);
        FillUp(block, to);
    }

    /// <summary>Writes the transposed inputs alone.</summary>
    /// <param name="x">The input.</param>
    /// <param name="token">The panel's first token.</param>
    /// <param name="tokens">The tokens of the panel; the others are taken as 0.</param>
    /// <param name="block">The block of inputs.</param>
    /// <param name="to"><see cref="TransposedFloats"/>, overwritten.</param>
    /// <returns>What the basis sees of them.</returns>
    public float* Transpose(PanelInput x, int token, int tokens, int block, float* to)
    {
        int inputs = layout.InputsOf(block), first = block * layout.BlockInputs;
        nint from = (nint)token * layout.Inputs + first;
        Transpose(x.X + from, tokens, inputs, to);
        float* seen = separate ? to + inputs * layout.Panel : to;
        if (Norm is not null)
            Norm.Apply(to, token, first, inputs, seen);
        else if (separate)
            Transpose(x.Z + from, tokens, inputs, seen);
        return seen;
    }

    /// <summary>dx = the gradient of the expansion times the expansion's derivative, for a group of panels; where <see cref="IsFunction"/>, the expansion takes the gradient's place.</summary>
    /// <param name="dx">The gradient of the input: the block's inputs are overwritten.</param>
    /// <param name="token">The group's first token.</param>
    /// <param name="tokens">The tokens of the group.</param>
    /// <param name="block">The block of inputs.</param>
    /// <param name="memory">The group's inputs and the gradient.</param>
    public void Contract(PanelInput dx, int token, int tokens, int block, PanelMemory memory)
    {
        int inputs = layout.InputsOf(block), first = block * layout.BlockInputs, panel = layout.Panel;
        for (int i = 0; i < inputs; i += InputsAtOnce)
        {
            int rows = Math.Min(InputsAtOnce, inputs - i);
            float* sums = memory.Sums is null ? null : memory.Sums + i * memory.SumsStride;
            nint to = (nint)token * layout.Inputs + first + i, row = (nint)i * panel;
            float* x = memory.Transposed + row, gradient = memory.Gradient + row * layout.Width;
            for (int t = 0; t < tokens; t += panel, to += (nint)panel * layout.Inputs, x += TransposedFloats, gradient += RowFloats)
            {
                float* seen = separate ? x + (nint)inputs * panel : x;
                if (_function is not null)
                    _function.Replace(first + i, seen, rows, gradient, memory.Scratch, sums);
                else
                    basis.Contract(first + i, seen, rows, gradient + _basisOffset, (nint)layout.Width * panel, memory.Scratch, sums);
                if (dx.X is not null)
                    Put(dx, to, Math.Min(panel, tokens - t), rows, x, gradient, memory.Scratch);
            }
        }

        if (_function is null)
            return;
        float* expanded = memory.Gradient;
        for (int t = 0; t < tokens; t += panel, expanded += RowFloats)
            FillUp(block, expanded);
    }

    /// <summary>Makes the gradients of a block's parameters of what <see cref="Contract"/> added up.</summary>
    /// <param name="block">The block of inputs.</param>
    /// <param name="sums">The sums, or null.</param>
    public void Finish(int block, float* sums)
    {
        if (sums is not null)
            _function?.Finish(block * layout.BlockInputs, layout.InputsOf(block), sums);
    }

    private void Transpose(float* from, int tokens, int inputs, float* to)
    {
        if (tokens < layout.Panel)
            new Span<float>(to, inputs * layout.Panel).Clear();
        Transposition.Run(from, layout.Inputs, tokens, inputs, to, layout.Panel);
    }

    private void Put(PanelInput dx, nint to, int tokens, int rows, float* x, float* gradient, float* scratch)
    {
        int panel = layout.Panel;
        if (separate)
        {
            Transposition.Run(scratch, panel, rows, tokens, dx.Z + to, layout.Inputs);
            new Span<float>(scratch, rows * panel).Clear();
        }

        if (activation is BaseActivation act)
            BaseBranch.Contract(act, x, rows, panel, gradient, (nint)layout.Width * panel, scratch);
        Transposition.Run(scratch, panel, rows, tokens, dx.X + to, layout.Inputs);
    }

    private void FillUp(int block, float* expanded)
    {
        int panel = layout.Panel, filled = layout.InputsOf(block) * layout.Width * panel;
        new Span<float>(expanded + filled, layout.BlockRows * panel - filled).Clear();
        if (rounds)
            BFloat16Math.Round(expanded, filled);
    }
}

/// <summary>What a thread works with in the backward pass: a block of inputs of a group of panels.</summary>
/// <param name="transposed">Per panel the transposed inputs, as <see cref="PanelExpansion"/> wrote them.</param>
/// <param name="gradient">Per panel the gradient of the expansion, (block rows, panel).</param>
/// <param name="scratch">(block inputs, panel), overwritten.</param>
/// <param name="sums">The gradients of the block's parameters so far, or null.</param>
/// <param name="sumsStride">From an input's to the next's.</param>
internal readonly unsafe struct PanelMemory(float* transposed, float* gradient, float* scratch, float* sums, int sumsStride)
{
    public readonly float* Transposed = transposed, Gradient = gradient, Scratch = scratch, Sums = sums;
    public readonly int SumsStride = sumsStride;
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
