namespace Kansformers.Text;

/// <summary>Text to learn from or to evaluate on, read as a stream of pieces: it may be larger than memory, and may be read again.</summary>
public abstract class Corpus
{
    private protected Corpus(string name, string description, string source)
    {
        Name = name;
        Description = description;
        Source = source;
    }

    /// <summary>A short name: the file's or folder's, or the built-in corpus's.</summary>
    public string Name { get; }

    /// <summary>What it is, in a few words: <c>folder 'notes' (12 files)</c>.</summary>
    public string Description { get; }

    /// <summary>How to name it so that <see cref="Open"/> finds the same again, from any working folder: a full path, or a data set at its commit.</summary>
    public string Source { get; }

    /// <summary>The words that <see cref="Open"/> takes for well-known data sets of the Hugging Face hub.</summary>
    public static IReadOnlyList<string> WellKnown { get; } = [.. NamedCorpora.All.Select(corpus => corpus.Word)];

    /// <summary>The files that hold the text, in the order in which they are read.</summary>
    public abstract IReadOnlyList<string> Files { get; }

    /// <summary>Other than the files, what decides which text is read. Part of cache keys.</summary>
    internal abstract string Identity { get; }

    /// <summary>The column that holds the text; null where there are no columns.</summary>
    internal virtual string? TextField => null;

    /// <summary>Opens a corpus.</summary>
    /// <param name="pathOrName">
    /// <para>
    /// A text file (<c>.txt</c>, <c>.md</c> or any other that is text), a table (<c>.jsonl</c>, <c>.csv</c>, <c>.tsv</c>, <c>.parquet</c>; a row is a
    /// document), either of them packed (<c>.gz</c>, <c>.zst</c>), a folder of these (run folders in it are passed over) or a pattern like
    /// <c>data/**/*.jsonl</c>; a part of the rows of these, like <c>corpus.parquet[:1%]</c>, <c>[10%:20%]</c> or <c>[-500:]</c>;
    /// ready tokens (<c>.bin</c>), see <see cref="TokenFormat"/>; or the name of a built-in corpus: <c>dotnet-docs</c>.
    /// </para>
    /// <para>
    /// Or a data set of a hub, which is downloaded into the hub's own cache: <c>hub:owner/name</c>, with a revision, a split or subset and split, and a
    /// slice: <c>hub:owner/name@main:subset/train[:1%]</c>; or files of it: <c>hub:owner/name:data/*.jsonl</c>. One word stands for those that the
    /// original Kansformers was trained on: <c>philosophy</c>, <c>openwebtext</c>, <c>wikitext</c> and <c>shakespeare</c>.
    /// </para>
    /// </param>
    /// <param name="options">How to read it; the defaults when null.</param>
    /// <param name="progress">Is told how far a download has come.</param>
    /// <param name="cancellation">Stops a download; what has come stays, and is gone on with.</param>
    /// <returns>The corpus; its text is read by <see cref="Read()"/>.</returns>
    /// <exception cref="KansformersException">
    /// There is no such file, folder or name; it cannot be read; it has no text column; it holds no text; or the hub does not give it.
    /// </exception>
    public static Corpus Open(string pathOrName, CorpusOptions? options = null, IProgress<EncodeProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(pathOrName);
        options = (options ?? new CorpusOptions()).Validated();
        if (!Path.Exists(pathOrName) && DatasetName.Parse(pathOrName) is { } dataset)
            return new HubCorpus(dataset, options, progress, cancellation).Open();
        CorpusPath path = CorpusPath.Parse(pathOrName);
        if (File.Exists(path.Name) && CorpusFiles.FormatOf(path.Name) == TokenBinCorpus.Extension)
            return TokenBinCorpus.Open(path, options);
        if (Path.Exists(path.Name) || CorpusFiles.IsPattern(path.Name))
            return FileCorpus.Open(path, options);
        if (pathOrName == DotnetDocsCorpus.BuiltInName)
            return DotnetDocsCorpus.Find(options.BuiltInBytes);
        if (path.Name == DotnetDocsCorpus.BuiltInName)
            throw new KansformersException($"the built-in corpus cannot be sliced; leave out {path.Slice}");
        throw new KansformersException($"there is no file or folder '{Path.GetFullPath(path.Name)}'; give a {CorpusFiles.Kinds}, a folder of these, hub:owner/name, {NamedCorpora.Words}, or '{DotnetDocsCorpus.BuiltInName}'");
    }

    /// <summary>Reads the text from its beginning.</summary>
    /// <returns>The pieces in order.</returns>
    /// <exception cref="KansformersException">While reading: a file cannot be read or is not UTF-8, a line is bad, or there is no text at all.</exception>
    public IEnumerable<TextPiece> Read() => Read(new CorpusTally());

    /// <summary>As above, and counts what becomes of the rows.</summary>
    internal IEnumerable<TextPiece> Read(CorpusTally tally)
    {
        bool any = false, inDocument = false;
        long sourceBytes = 0;
        foreach (RawPiece piece in ReadRaw(tally))
        {
            sourceBytes += piece.SourceBytes;
            for (ReadOnlyMemory<char> rest = piece.Text; rest.Length > 0;)
            {
                int length = Math.Min(rest.Length, TextPiece.MaximumLength);
                if (length < rest.Length && char.IsHighSurrogate(rest.Span[length - 1]))
                    length--;
                yield return new TextPiece(rest[..length], any && !inDocument, sourceBytes);
                any = inDocument = true;
                sourceBytes = 0;
                rest = rest[length..];
            }

            if (!piece.EndsDocument)
                continue;
            tally.Documents += inDocument ? 1 : 0;
            tally.EmptyRows += inDocument ? 0 : 1;
            inDocument = false;
        }

        if (!any)
            throw new KansformersException($"the corpus {Description} holds no text; choose another");
    }

    /// <summary>The text as the source gives it. Counts only what it leaves out on request: documents and empty rows are counted by the caller.</summary>
    private protected abstract IEnumerable<RawPiece> ReadRaw(CorpusTally tally);
}
