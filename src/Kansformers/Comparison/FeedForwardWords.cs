namespace Kansformers.Comparison;

/// <summary>The forms of feed-forward parts that a model can be described by.</summary>
internal static class FeedForwardWords
{
    public static IReadOnlyList<string> All { get; } = [];

    public static bool Is(string word) => All.Contains(word);
}
