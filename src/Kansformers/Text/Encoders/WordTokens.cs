namespace Kansformers.Text;

/// <summary>A text of words as token ids without special tokens.</summary>
/// <param name="Ids">The ids: those of the words with a space between two.</param>
/// <param name="First">For each word the place of its first token; -1 where it has none, or shares its only one with the word before.</param>
internal sealed record WordTokens(int[] Ids, int[] First)
{
    /// <summary>Encodes words.</summary>
    /// <exception cref="KansformersException">The tokenizer refuses a character; the message names the text.</exception>
    public static WordTokens Of(Tokenizer tokenizer, TaggedText text)
    {
        PlacedTokens placed;
        try
        {
            placed = PlacedTokens.Of(tokenizer, text.Joined);
        }
        catch (KansformersException failure)
        {
            throw new KansformersException($"{text.Place}: {failure.Message}", failure);
        }

        int[] first = new int[text.Words.Count];
        int token = 0, start = 0;
        for (int word = 0; word < first.Length; word++)
        {
            int end = start + text.Words[word].Length;
            while (token < placed.Ids.Length && (placed.Places[token].Start < start || placed.Places[token].End == placed.Places[token].Start))
                token++;
            first[word] = token < placed.Ids.Length && placed.Places[token].Start < end ? token : -1;
            start = end + 1;
        }

        return new WordTokens(placed.Ids, first);
    }
}

/// <summary>A text of words as a model takes it.</summary>
/// <param name="Input">The text.</param>
/// <param name="Places">For each word the place of its first token; -1 where it has none, or was cut.</param>
internal sealed record WordInput(ModelInput Input, int[] Places)
{
    /// <summary>Whether something was left out at the end.</summary>
    public bool WasCut { get; init; }

    /// <summary>The words that were left out with it.</summary>
    public int CutWords { get; init; }

    /// <summary>The words that have no token.</summary>
    public int Bare => Places.Count(place => place < 0) - CutWords;
}

/// <summary>Puts special tokens around texts of words, and cuts those that are too long for a model.</summary>
/// <param name="tokens">The special tokens.</param>
/// <param name="blockSize">The most tokens of a sequence.</param>
internal sealed class WordInputs(EncoderTokens tokens, int blockSize)
{
    private readonly EncoderInputs _inputs = new(tokens, blockSize);

    /// <summary>What fills up short sequences.</summary>
    public int Padding => _inputs.Padding;

    /// <summary>A text as the model takes it.</summary>
    /// <exception cref="KansformersException">The block has no room for any text.</exception>
    public WordInput Of(WordTokens text)
    {
        ModelInput input = _inputs.Of(new EncodedText(text.Ids, null), out bool cut);
        int before = tokens.Template.Before(isPair: false, isSecond: false, 0), room = blockSize - tokens.AroundText;
        return new WordInput(input, [.. text.First.Select(place => place < 0 || place >= room ? -1 : before + place)]) { WasCut = cut, CutWords = text.First.Count(place => place >= room) };
    }
}
