namespace Kansformers.Benchmarks;

/// <summary>The size of one layer's work, shown as <c>8192 x 128 -> 512</c>.</summary>
public sealed record LayerSize(int Tokens, int In, int Out)
{
    /// <summary>Both layers of a feed-forward of width 128, and the first one of gpt-nano.</summary>
    public static IEnumerable<LayerSize> All => [new(8192, 128, 512), new(8192, 512, 128), new(768, 48, 192)];

    public override string ToString() => $"{Tokens} x {In} -> {Out}";
}
