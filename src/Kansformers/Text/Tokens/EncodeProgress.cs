namespace Kansformers.Text;

/// <summary>What <see cref="TokenizedCorpus.Prepare"/> is doing.</summary>
public enum PrepareStage
{
    /// <summary>Downloading a data set of a hub.</summary>
    Downloading,

    /// <summary>Reading the files to see whether their tokens are already in the cache.</summary>
    Hashing,

    /// <summary>Collecting the characters for a character tokenizer.</summary>
    CollectingCharacters,

    /// <summary>Turning the text into tokens.</summary>
    Encoding,
}

/// <summary>How far the preparation of a corpus has come.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="BytesDone">The bytes of the source that are done with in this stage.</param>
/// <param name="BytesTotal">The bytes of the source in all.</param>
/// <param name="Notice">Instead of all these, what a person should know: that a hub does not answer and its cache serves.</param>
public readonly record struct EncodeProgress(PrepareStage Stage, long BytesDone, long BytesTotal, string? Notice = null);
