using System.IO.Hashing;
using System.Text;
using Kansformers.Files;

namespace Kansformers.Text;

/// <summary>
/// The folder of token files: <c>KEY.tokens</c>, and <c>KEY.char/</c> for the character tokenizers of corpora. Every file is
/// written atomically and its content follows from its key, so processes that work at once can only write the same.
/// </summary>
internal sealed class CorpusCache
{
    /// <summary>Raise it when the encoding changes; the format of token files has a version of its own.</summary>
    private const string Version = "1";

    /// <summary>
    /// Raise it when the same files give other text than before, as when mistakes in reading are mended: what was made of them is then made again.
    /// It is a part of the names of files only, so that a run whose text is read as it was still finds its fingerprint.
    /// </summary>
    private const string Reading = "2";

    private readonly string _folder;
    private readonly IProgress<EncodeProgress>? _progress;
    private readonly CancellationToken _cancellation;
    private readonly Dictionary<Corpus, string> _contents = [];
    private readonly Dictionary<Corpus, IReadOnlyList<KnownContent>> _files = [];
    private readonly List<string> _notes = [];

    public CorpusCache(string folder, Corpus[] corpora, IProgress<EncodeProgress>? progress, CancellationToken cancellation)
    {
        _folder = Path.GetFullPath(folder);
        _progress = progress;
        _cancellation = cancellation;
        MakeFolder();
        Action<long> advance = Advance(PrepareStage.Hashing, corpora);
        ContentHashes hashes = new(_folder);
        foreach (Corpus corpus in corpora)
        {
            _files[corpus] = hashes.Of(corpus.Files, advance, cancellation);
            _contents[corpus] = Key(corpus.Identity, Key([.. _files[corpus].Select(file => file.Hash)]));
        }
    }

    /// <summary>Whether anything had to be made.</summary>
    public bool Wrote { get; private set; }

    public IReadOnlyList<string> Notes => _notes;

    /// <summary>A key of 32 hexadecimal digits for parts that may be of any length.</summary>
    public static string Key(params string[] parts)
    {
        XxHash128 hash = new();
        foreach (string part in parts)
            hash.Append(Encoding.UTF8.GetBytes($"{part.Length}:{part}"));
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    /// <summary>The tokenizer of all characters of the corpora.</summary>
    public Tokenizer CharactersOf(Corpus[] corpora)
    {
        string folder = Path.Combine(_folder, Key([Version, Reading, "char", .. corpora.Select(corpus => _contents[corpus])]) + ".char");
        if (File.Exists(Path.Combine(folder, TokenizerFile.Name)))
        {
            try
            {
                return Tokenizer.Load(folder);
            }
            catch (KansformersException damage)
            {
                _notes.Add($"{damage.Message} (this was done)");
            }
        }

        CharTokenizer tokenizer = CharTokenizer.FromCorpora(corpora, UnknownCharacters.Refuse, Advance(PrepareStage.CollectingCharacters, corpora));
        foreach (Corpus corpus in corpora)
            RequireUnchanged(corpus);
        tokenizer.Save(folder);
        return tokenizer;
    }

    /// <summary>The tokens of a corpus, and the key under which they lie.</summary>
    public (TokenFile File, string Key) TokensOf(Corpus corpus, Tokenizer tokenizer, SpecialTokens special)
    {
        string key = Key(Version, _contents[corpus], tokenizer.Identity, special.ToString());
        string path = Path.Combine(_folder, Key(Reading, key) + ".tokens");
        if (TryOpen(path, tokenizer) is { } cached)
            return (cached, key);

        Wrote = true;
        RemoveLeftovers();
        try
        {
            TokenFileWriter.Write(path, corpus, tokenizer, special, Advance(PrepareStage.Encoding, [corpus]), () => RequireUnchanged(corpus), _cancellation);
        }
        catch (KansformersException failure) when (failure.InnerException is IOException or UnauthorizedAccessException)
        {
            // On Windows a file that another process has just made and mapped cannot be replaced. It is as good as ours.
            if (TryOpen(path, tokenizer) is { } others)
                return (others, key);
            throw;
        }

        return (TokenFile.Open(path), key);
    }

    private TokenFile? TryOpen(string path, Tokenizer tokenizer)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            TokenFile file = TokenFile.Open(path);
            if (file.VocabularySize == tokenizer.VocabularySize)
                return file;
            file.Dispose();
            throw new KansformersException($"the token file '{path}' was made by another tokenizer");
        }
        catch (KansformersException damage)
        {
            _notes.Add($"{damage.Message} (this was done)");
            return null;
        }
    }

    /// <summary>A corpus that changed while it was encoded must not stay under the key of what it was.</summary>
    private void RequireUnchanged(Corpus corpus)
    {
        if (!ContentHashes.AreUnchanged(_files[corpus], _cancellation))
            throw new KansformersException($"the corpus {corpus.Description} changed while it was read; start again when it is complete");
    }

    private void MakeFolder()
    {
        try
        {
            Directory.CreateDirectory(_folder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new KansformersException($"cannot make the cache folder '{_folder}': {AtomicFile.Reason(failure)}, or set KANSFORMERS_CACHE", failure);
        }
    }

    /// <summary>Removes what runs that were killed while they wrote have left, a day later.</summary>
    private void RemoveLeftovers()
    {
        foreach (FileInfo file in new DirectoryInfo(_folder).EnumerateFiles("*.tmp"))
        {
            if (DateTime.UtcNow - file.LastWriteTimeUtc < TimeSpan.FromDays(1))
                continue;
            try
            {
                file.Delete();
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // It is only untidy.
            }
        }
    }

    private Action<long> Advance(PrepareStage stage, Corpus[] corpora)
    {
        if (_progress is null)
            return _ => _cancellation.ThrowIfCancellationRequested();
        long total = corpora.SelectMany(corpus => corpus.Files).Sum(file => File.Exists(file) ? RealFile.Of(file).Length : 0);
        long done = 0;
        return bytes =>
        {
            _cancellation.ThrowIfCancellationRequested();
            done += bytes;
            _progress.Report(new EncodeProgress(stage, Math.Min(done, total), total));
        };
    }
}
