namespace Kansformers.Text;

/// <summary>Well-known corpora by one word each: those that the original Kansformers was trained on.</summary>
internal static class NamedCorpora
{
    /// <summary>The corpora, in the order in which they are listed to users.</summary>
    public static IReadOnlyList<NamedCorpus> All { get; } =
    [
        new("philosophy", "AiresPucrs/stanford-encyclopedia-philosophy", null),
        new("openwebtext", "Skylion007/openwebtext", null),
        new("wikitext", "Salesforce/wikitext", "wikitext-2-raw-v1"),
        new("shakespeare", "karpathy/tiny_shakespeare", null),
    ];

    /// <summary>The words, as they are told to users.</summary>
    public static string Words { get; } = string.Join(", ", All.Select(corpus => corpus.Word));

    /// <summary>The corpus of a word, in any case; null when there is none.</summary>
    public static NamedCorpus? Find(string word) => All.FirstOrDefault(corpus => corpus.Word.Equals(word, StringComparison.OrdinalIgnoreCase));
}

/// <summary>Where a well-known corpus lies on the Hugging Face hub.</summary>
/// <param name="Word">The word that stands for it.</param>
/// <param name="HubId">The data set: owner and name.</param>
/// <param name="Subset">The subset that is meant, where there are several.</param>
internal sealed record NamedCorpus(string Word, string HubId, string? Subset);
