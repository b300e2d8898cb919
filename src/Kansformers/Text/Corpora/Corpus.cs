namespace Kansformers.Text;

/// <summary>Text to learn from or to evaluate on, read as a stream of pieces: it may be larger than memory, and may be read again.</summary>
public abstract class Corpus
{
    private protected Corpus(string name, string description)
    {
        Name = name;
        Description = description;
    }

    /// <summary>A short name: the file's or folder's, or the built-in corpus's.</summary>
    public string Name { get; }

    /// <summary>What it is, in a few words: <c>folder 'notes' (12 files)</c>.</summary>
    public string Description { get; }

    /// <summary>The files that hold the text, in the order in which they are read.</summary>
    public abstract IReadOnlyList<string> Files { get; }

    /// <summary>Other than the files, what decides which text is read. Part of cache keys.</summary>
    internal abstract string Identity { get; }

    /// <summary>Opens a corpus.</summary>
    /// <param name="pathOrName">
    /// A text file (<c>.txt</c>, <c>.md</c> or any other that is text), a folder of <c>.txt</c> and <c>.md</c> files (run folders in it are passed over), a <c>.jsonl</c> file,
    /// or the name of a built-in corpus: <c>dotnet-docs</c>.
    /// </param>
    /// <param name="options">How to read it; the defaults when null.</param>
    /// <returns>The corpus; its text is read by <see cref="Read"/>.</returns>
    /// <exception cref="KansformersException">There is no such file, folder or name; it cannot be read; or it holds no text.</exception>
    public static Corpus Open(string pathOrName, CorpusOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(pathOrName);
        options = (options ?? new CorpusOptions()).Validated();
        if (Directory.Exists(pathOrName))
            return FolderCorpus.Open(pathOrName);
        if (File.Exists(pathOrName))
        {
            SourceFile.RequireContent(pathOrName);
            return Path.GetExtension(pathOrName).Equals(".jsonl", StringComparison.OrdinalIgnoreCase)
                ? new JsonLinesCorpus(pathOrName, options.TextField)
                : new TextFileCorpus(pathOrName);
        }

        if (pathOrName == DotnetDocsCorpus.BuiltInName)
            return DotnetDocsCorpus.Find(options.BuiltInBytes);
        throw new KansformersException($"there is no file or folder '{Path.GetFullPath(pathOrName)}'; give a .txt, .md or .jsonl file, a folder of text files, or '{DotnetDocsCorpus.BuiltInName}'");
    }

    /// <summary>Reads the text from its beginning.</summary>
    /// <returns>The pieces in order.</returns>
    /// <exception cref="KansformersException">While reading: a file cannot be read or is not UTF-8, a line is bad, or there is no text at all.</exception>
    public IEnumerable<TextPiece> Read()
    {
        bool any = false, inDocument = false;
        long sourceBytes = 0;
        foreach (RawPiece piece in ReadRaw())
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

            inDocument &= !piece.EndsDocument;
        }

        if (!any)
            throw new KansformersException($"the corpus {Description} holds no text; choose another with --data");
    }

    /// <summary>The text as the source gives it: pieces of any length, empty ones too, not cut inside a surrogate pair.</summary>
    private protected abstract IEnumerable<RawPiece> ReadRaw();

    private protected readonly record struct RawPiece(ReadOnlyMemory<char> Text, bool EndsDocument, long SourceBytes);
}
