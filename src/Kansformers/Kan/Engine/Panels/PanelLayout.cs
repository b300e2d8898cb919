namespace Kansformers.Kan;

/// <summary>
/// How the panel engine cuts a layer up. A panel is as many tokens (or outputs) as two vectors hold. The expanded inputs, each input's base activation and
/// bases together, are cut into blocks of inputs whose slab of the weight fits into the second-level cache; a block is filled up with zeros to whole sixes.
/// </summary>
internal readonly struct PanelLayout
{
    /// <summary>The panels whose tokens a thread works on together.</summary>
    public const int GroupPanels = 8;

    // Two slabs, of the weight and of its gradient, share a cache of 512 KiB with what streams through it; shorter blocks cost the forward product its rhythm.
    private const int SlabFloats = 40 << 10, ShortestBlock = 48, LongestBlock = 288;

    /// <param name="inputs">The layer's inputs.</param>
    /// <param name="bases">The bases of an input.</param>
    /// <param name="outputs">The layer's outputs.</param>
    /// <param name="lanes">The lanes of a vector.</param>
    /// <param name="threads">The threads that share the blocks.</param>
    public PanelLayout(int inputs, int bases, int outputs, int lanes, int threads)
    {
        (Inputs, Outputs, Width, Panel) = (inputs, outputs, bases + 1, 2 * lanes);
        (OutputRows, OutputPanels) = (Up(outputs, PanelKernel.Rows), (outputs + Panel - 1) / Panel);
        int most = Math.Max(1, Math.Clamp(SlabFloats / outputs, ShortestBlock, LongestBlock) / Width), blocks = (inputs + most - 1) / most;

        // Few blocks are shared out evenly.
        if (blocks < 4 * threads)
            blocks = Math.Min(inputs, Up(blocks, threads));
        BlockInputs = (inputs + blocks - 1) / blocks;
        Blocks = (inputs + BlockInputs - 1) / BlockInputs;
        BlockRows = Up(BlockInputs * Width, PanelKernel.Rows);
    }

    /// <summary>The layer's inputs.</summary>
    public int Inputs { get; }

    /// <summary>The layer's outputs.</summary>
    public int Outputs { get; }

    /// <summary>The expanded values of an input: its base activation, then its bases.</summary>
    public int Width { get; }

    /// <summary>The tokens or outputs of a panel: two vectors.</summary>
    public int Panel { get; }

    /// <summary>The outputs, filled up to whole sixes.</summary>
    public int OutputRows { get; }

    /// <summary>The panels that hold all outputs.</summary>
    public int OutputPanels { get; }

    /// <summary>The inputs of a block; the last block may have fewer.</summary>
    public int BlockInputs { get; }

    /// <summary>The blocks.</summary>
    public int Blocks { get; }

    /// <summary>The expanded values of a block, filled up to whole sixes.</summary>
    public int BlockRows { get; }

    /// <summary>The floats of a block's weights: per six outputs (expanded value, output).</summary>
    public nint Slab => (nint)OutputRows * BlockRows;

    /// <summary>The floats of a block's weight gradient: per panel of outputs (expanded value, output).</summary>
    public nint GradientSlab => (nint)OutputPanels * Panel * BlockRows;

    /// <summary>The inputs that a block really has.</summary>
    public int InputsOf(int block) => Math.Min(BlockInputs, Inputs - block * BlockInputs);

    private static int Up(int value, int unit) => (value + unit - 1) / unit * unit;
}
