namespace Kansformers.Kan;

/// <summary>
/// How the panel engine cuts a layer up. A panel is as many tokens (or outputs) as two vectors hold. The expanded inputs, each input's base activation and
/// bases together, are cut into blocks of inputs whose slab of the weight fits into the second-level cache; a block is filled up with zeros to whole sixes.
/// </summary>
internal readonly struct PanelLayout
{
    // The panels of a group, unless all tokens of a call make one; and the most tokens for which they do.
    private const int UsualGroup = 8, MostTokensOfOneGroup = 512;

    // Two slabs, of the weight and of its gradient, share a cache of 512 KiB with what streams through it; shorter blocks cost the forward product its rhythm.
    private const int SlabFloats = 40 << 10, ShortestBlock = 48, LongestBlock = 288;

    /// <param name="inputs">The layer's inputs.</param>
    /// <param name="width">The expanded values of an input.</param>
    /// <param name="outputs">The layer's outputs.</param>
    /// <param name="lanes">The lanes of a vector.</param>
    /// <param name="threads">The threads that share the blocks.</param>
    /// <param name="tokens">The most tokens of a call.</param>
    public PanelLayout(int inputs, int width, int outputs, int lanes, int threads, long tokens)
    {
        (Inputs, Outputs, Width, Panel) = (inputs, outputs, width, 2 * lanes);
        (OutputRows, OutputPanels) = (Up(outputs, PanelKernel.Rows), (outputs + Panel - 1) / Panel);
        IsOneGroup = tokens <= MostTokensOfOneGroup;
        GroupPanels = IsOneGroup ? Math.Max(1, ((int)tokens + Panel - 1) / Panel) : UsualGroup;
        int longest = Math.Clamp(SlabFloats / (IsOneGroup ? GroupPanels * Panel : outputs), ShortestBlock, LongestBlock);
        BlockInputs = BestBlock(Math.Max(1, longest / Width), threads);
        Blocks = (inputs + BlockInputs - 1) / BlockInputs;
        BlockRows = Up(BlockInputs * Width, PanelKernel.Rows);
    }

    /// <summary>
    /// Whether the tokens of a call are few, and a group of their own. The weights are then packed on the way, a part at a time: kept, they would cost as much
    /// memory traffic as the products take time. It is the group's expansion of a block that has to stay in cache then, not the block's slab.
    /// </summary>
    public bool IsOneGroup { get; }

    /// <summary>The panels whose tokens a thread works on together.</summary>
    public int GroupPanels { get; }

    /// <summary>The layer's inputs.</summary>
    public int Inputs { get; }

    /// <summary>The layer's outputs.</summary>
    public int Outputs { get; }

    /// <summary>The expanded values of an input: its base activation where there is one, then its basis functions.</summary>
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

    // Among blocks of about this length, the one with the least work: zeros that fill up sixes, and threads that wait when there are few blocks.
    private int BestBlock(int most, int threads)
    {
        int count = (Inputs + most - 1) / most, about = count < 4 * threads ? (Inputs + Up(count, threads) - 1) / Up(count, threads) : most;
        int best = about;
        long least = long.MaxValue;
        for (int length = Math.Max(1, about * 3 / 4); length <= Math.Min(Inputs, about + 1); length++)
        {
            int blocks = (Inputs + length - 1) / length;
            long work = (long)(blocks < 4 * threads ? Up(blocks, threads) : blocks) * Up(length * Width, PanelKernel.Rows);
            if (work <= least)
                (best, least) = (length, work);
        }

        return best;
    }

    private static int Up(int value, int unit) => (value + unit - 1) / unit * unit;
}
