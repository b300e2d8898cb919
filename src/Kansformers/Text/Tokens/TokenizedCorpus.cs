using System.Globalization;
using Kansformers.Files;

namespace Kansformers.Text;

/// <summary>
/// A corpus as tokens, in a training and a validation part. The tokens lie in a cache that is keyed by content: the same text,
/// tokenizer and settings are encoded once, and a changed file is encoded anew.
/// </summary>
public sealed class TokenizedCorpus : IDisposable
{
    private readonly TokenFile[] _files;
    private readonly PrepareOptions _options;

    private TokenizedCorpus(PrepareOptions options, CorpusCache cache, Tokenizer tokenizer, (TokenFile File, string Key)[] encoded)
    {
        _files = [.. encoded.Select(part => part.File)];
        _options = options;
        Name = options.Corpus.Name;
        Description = options.Corpus.Description;
        Source = options.Corpus.Source;
        ValidationDescription = options.ValidationCorpus?.Description;
        ValidationSource = options.ValidationCorpus?.Source;
        Files = [.. options.Corpus.Files, .. options.ValidationCorpus?.Files ?? []];
        Counts = _files[0].Counts;
        Lost = _files[0].Lost;
        ValidationLost = _files.Length == 2 ? _files[1].Lost : default;
        Tokenizer = tokenizer;
        FromCache = !cache.Wrote;
        Notes = [.. OtherColumn(options), .. cache.Notes];
        TokenSpan whole = new(_files[0], tokenizer, 0, _files[0].Count);
        if (_files.Length == 2)
        {
            Train = whole;
            Validation = new TokenSpan(_files[1], tokenizer, 0, _files[1].Count);
            Fingerprint = CorpusCache.Key(encoded[0].Key, encoded[1].Key);
        }
        else
        {
            long train = (long)(whole.Count * (1 - options.ValidationFraction));
            Train = whole.Slice(0, train);
            Validation = whole.Slice(train, whole.Count - train);
            Fingerprint = CorpusCache.Key(encoded[0].Key, train.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The name of the corpus.</summary>
    public string Name { get; }

    /// <summary>What it is, in a few words, with the column that holds the text: <c>'a.csv' (column 'text')</c>.</summary>
    public string Description { get; }

    /// <summary>The same of the validation corpus; null when there is none.</summary>
    public string? ValidationDescription { get; }

    /// <summary>How to name the corpus so that the same is found again, see <see cref="Corpus.Source"/>.</summary>
    public string Source { get; }

    /// <summary>The same of the validation corpus; null when there is none.</summary>
    public string? ValidationSource { get; }

    /// <summary>What became of the rows of the corpus; those of a validation corpus are not among them.</summary>
    public CorpusCounts Counts { get; }

    /// <summary>What of the corpus has no token, and was left out.</summary>
    public LostText Lost { get; }

    /// <summary>The same of the validation corpus.</summary>
    public LostText ValidationLost { get; }

    /// <summary>The tokenizer that made the tokens.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>The tokens to train on.</summary>
    public TokenSpan Train { get; }

    /// <summary>The tokens that are held out; empty when the validation fraction is 0.</summary>
    public TokenSpan Validation { get; }

    /// <summary>Whether nothing had to be encoded.</summary>
    public bool FromCache { get; }

    /// <summary>What a user should know, one line each: that a damaged file was found in the cache and made again, or that the validation text lies in another column.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>32 hexadecimal digits that are the same exactly when text, tokenizer, settings and split are the same.</summary>
    public string Fingerprint { get; }

    /// <summary>The files that the text came from.</summary>
    internal IReadOnlyList<string> Files { get; }

    /// <summary>Whether a file is one of those that the text came from, under this name or by links: it must not be written over.</summary>
    /// <param name="path">Any path.</param>
    public bool IsMadeOf(string path)
    {
        StringComparer names = OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;
        return Files.Select(RealFile.PathOf).Contains(RealFile.PathOf(path), names);
    }

    /// <summary>Encodes a corpus, or finds its tokens in the cache.</summary>
    /// <param name="options">What to encode and how.</param>
    /// <param name="progress">Is told how far the work has come, a few times per megabyte.</param>
    /// <param name="cancellation">Stops the work; nothing is left half-written.</param>
    /// <returns>The tokens, to be disposed.</returns>
    /// <exception cref="KansformersException">An option is wrong, the corpus cannot be read or is empty, or the cache cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped.</exception>
    public static TokenizedCorpus Prepare(PrepareOptions options, IProgress<EncodeProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Corpus[] corpora = options.ValidationCorpus is null ? [options.Corpus] : [options.Corpus, options.ValidationCorpus];
        CorpusCache cache = new(options.CacheFolder ?? Path.Combine(UserCache.Folder, "tokens"), corpora, progress, cancellation);
        Tokenizer tokenizer = options.Tokenizer ?? options.TokenizerKind switch
        {
            "char" => cache.CharactersOf(corpora),
            string other => Tokenizer.Open(other),
        };

        List<(TokenFile File, string Key)> encoded = [];
        try
        {
            foreach (Corpus corpus in corpora)
                encoded.Add(cache.TokensOf(corpus, tokenizer, options.SpecialTokens));
            return new TokenizedCorpus(options, cache, tokenizer, [.. encoded]);
        }
        catch
        {
            foreach ((TokenFile file, _) in encoded)
                file.Dispose();
            throw;
        }
    }

    private static string[] OtherColumn(PrepareOptions options) =>
        options is { Corpus.TextField: string training, ValidationCorpus.TextField: string validation } && training != validation
            ? [$"the text to validate on is the column '{validation}' of {options.ValidationCorpus.Description}, for there is no '{training}', which holds the text to train on"]
            : [];

    /// <summary>Where the first of the characters is that have no token.</summary>
    internal string PlaceOfLost() => CorpusPlace.Find(
        Lost.Characters > 0 ? _options.Corpus : _options.ValidationCorpus!,
        text => Tokenizer.LostIn(text, _options.SpecialTokens).Characters > 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (TokenFile file in _files)
            file.Dispose();
    }
}
