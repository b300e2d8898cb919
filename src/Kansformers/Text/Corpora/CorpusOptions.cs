namespace Kansformers.Text;

/// <summary>How <see cref="Corpus.Open"/> reads a corpus.</summary>
public sealed record CorpusOptions
{
    /// <summary>The field of each <c>.jsonl</c> line that holds the text.</summary>
    public string TextField { get; init; } = "text";

    /// <summary>About how many bytes of UTF-8 a built-in corpus gives at most; it chooses the same part every time.</summary>
    public long BuiltInBytes { get; init; } = 4_000_000;

    internal CorpusOptions Validated()
    {
        if (string.IsNullOrEmpty(TextField))
            throw new KansformersException("the text field is empty; give the name of the .jsonl field that holds the text");
        if (BuiltInBytes < 1)
            throw new KansformersException($"the size of the built-in corpus is {BuiltInBytes} bytes; give at least 1");
        return this;
    }
}
