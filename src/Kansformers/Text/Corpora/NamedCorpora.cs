namespace Kansformers.Text;

/// <summary>Well-known corpora by one word each: those that the original Kansformers was trained on.</summary>
internal static class NamedCorpora
{
    /// <summary>The corpora, in the order in which they are listed to users.</summary>
    public static IReadOnlyList<NamedCorpus> All { get; } =
    [
        new("philosophy", "AiresPucrs/stanford-encyclopedia-philosophy", null, "train", "text"),
        new("openwebtext", "Skylion007/openwebtext", null, "train", "text"),
        new("wikitext", "Salesforce/wikitext", "wikitext-2-raw-v1", "train", "text"),
        new("shakespeare", "karpathy/tiny_shakespeare", null, "train", "text"),
    ];

    /// <summary>The corpus of a name, in any case; null when there is none.</summary>
    public static NamedCorpus? Find(string name) => All.FirstOrDefault(corpus => corpus.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}

/// <summary>Where a well-known corpus lies on the Hugging Face hub.</summary>
/// <param name="Name">The word that stands for it.</param>
/// <param name="HubId">The data set: owner and name.</param>
/// <param name="Configuration">The configuration, where there are several.</param>
/// <param name="Split">The split to train on.</param>
/// <param name="TextColumn">The column that holds the text.</param>
internal sealed record NamedCorpus(string Name, string HubId, string? Configuration, string Split, string TextColumn)
{
    /// <summary>What to tell a user who names it where it is not.</summary>
    public KansformersException IsNotHere() => new(
        $"the corpus '{Name}' is not on this machine, and this version does not download it: get {(Configuration is null ? "" : $"configuration {Configuration} of ")}https://huggingface.co/datasets/{HubId} (split {Split}) and pass --data with its files");
}
