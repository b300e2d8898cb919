namespace Kansformers.Kan;

/// <summary>
/// How tokens are divided: into blocks, small enough for the caches, and into chunks of a few blocks that threads take. Both depend on the sizes alone, so that sums
/// do not depend on the number of threads.
/// </summary>
internal readonly record struct ElementBlocks
{
    // The values of a block's row matrix, of which a backward pass has up to nine.
    private const int BlockValues = 1 << 13, MostChunks = 32, Panel = 32;
    private readonly int _tokens;

    /// <param name="tokens">The tokens.</param>
    /// <param name="width">The channels.</param>
    /// <param name="isTransposed">Whether vectors run over tokens rather than over channels.</param>
    public ElementBlocks(long tokens, int width, bool isTransposed)
    {
        _tokens = checked((int)tokens);
        int most = Math.Max(1, BlockValues / width), fits = isTransposed ? Math.Max(Panel, most / Panel * Panel) : Math.Min(most, 64);
        BlockTokens = Math.Max(1, Math.Min(fits, _tokens));
        int blocks = (_tokens + BlockTokens - 1) / BlockTokens;
        ChunkTokens = Math.Max(1, (blocks + MostChunks - 1) / MostChunks) * BlockTokens;
    }

    /// <summary>The most tokens of a block.</summary>
    public int BlockTokens { get; }

    /// <summary>The most tokens of a chunk.</summary>
    public int ChunkTokens { get; }

    /// <summary>The number of chunks.</summary>
    public int Chunks => (_tokens + ChunkTokens - 1) / ChunkTokens;

    /// <summary>The tokens of a chunk.</summary>
    public (int First, int End) Chunk(int chunk) => (chunk * ChunkTokens, (int)Math.Min((long)(chunk + 1) * ChunkTokens, _tokens));
}
