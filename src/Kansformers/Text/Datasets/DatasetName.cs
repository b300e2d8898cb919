using Kansformers.Hub;

namespace Kansformers.Text;

/// <summary>
/// How a data set of a hub is named: <c>hub:owner/name</c>, with a revision (<c>@main</c>), what is wanted of it (<c>:train</c>, <c>:subset/train</c>, a
/// file or a pattern of files) and a slice (<c>[:1%]</c>); or the one word of a <see cref="NamedCorpora"/> in place of <c>hub:owner/name</c>.
/// </summary>
/// <param name="Repository">The data set.</param>
/// <param name="Selection">What is wanted of it; null for its training split.</param>
/// <param name="Slice">Which rows; null for all.</param>
internal sealed record DatasetName(HubRepository Repository, string? Selection, CorpusSlice? Slice)
{
    /// <summary>Reads a name; null where it names no data set.</summary>
    /// <exception cref="KansformersException">It names one, but not in this form.</exception>
    public static DatasetName? Parse(string text)
    {
        string word = text[..(text.AsSpan().IndexOfAny(':', '@', '[') is int end and >= 0 ? end : text.Length)];
        NamedCorpus? named = NamedCorpora.Find(word);
        if (named is null && !text.StartsWith(HubRepository.Scheme, StringComparison.Ordinal))
            return null;
        (string name, CorpusSlice? slice) = CorpusSlice.Split(named is null ? text[HubRepository.Scheme.Length..] : named.HubId + text[word.Length..]);
        string[] parts = name.Split(':', 2);
        HubRepository repository = HubRepository.Parse(HubRepository.Scheme + parts[0], isDataset: true);
        if (parts.Length == 2 && !parts[1].Split('/').All(part => HubRepository.IsName(part.Replace('*', 'x').Replace('?', 'x'))))
            throw new KansformersException($"'{text}' does not tell what is wanted of the data set; write hub:owner/name:train, :subset/train, or :path/of/*.parquet");
        return new DatasetName(repository, parts.Length == 2 ? parts[1] : null, slice) { DefaultSubset = named?.Subset };
    }

    /// <summary>The subset that is meant when none is named; null for the data set's own default.</summary>
    public string? DefaultSubset { get; private init; }

    /// <summary>A short name for files.</summary>
    public string Short => Repository.Id[(Repository.Id.IndexOf('/', StringComparison.Ordinal) + 1)..];

    /// <summary>The name as it is written.</summary>
    public override string ToString() =>
        $"{HubRepository.Scheme}{Repository.Id}{(Repository.Revision == "main" ? "" : $"@{Repository.Revision}")}{((Selection ?? DefaultSubset) is string wanted ? $":{wanted}" : "")}{Slice}";
}
