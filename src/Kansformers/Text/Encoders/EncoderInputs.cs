namespace Kansformers.Text;

/// <summary>A text, or a pair of texts, as token ids without special tokens.</summary>
/// <param name="First">The ids of the text.</param>
/// <param name="Second">Those of the second text; null where there is none.</param>
internal sealed record EncodedText(int[] First, int[]? Second)
{
    /// <summary>Encodes a text, or a pair.</summary>
    public static EncodedText Of(Tokenizer tokenizer, string text, string? pair) => new(tokenizer.Encode(text), pair is null ? null : tokenizer.Encode(pair));
}

/// <summary>Puts special tokens around texts, and cuts those that are too long for a model.</summary>
/// <param name="tokens">The special tokens.</param>
/// <param name="blockSize">The most tokens of a sequence.</param>
internal sealed class EncoderInputs(EncoderTokens tokens, int blockSize)
{
    private readonly int _around = tokens.AroundText, _aroundPair = tokens.Template.Fill([], []).Ids.Count;

    /// <summary>What fills up short sequences; an id that is there, whatever it is, where nothing is meant for that.</summary>
    public int Padding => tokens.Padding ?? 0;

    /// <summary>A text as the model takes it.</summary>
    /// <param name="text">The text.</param>
    /// <param name="cut">Whether something of it was left out at the end: of a pair the longer text gives first.</param>
    /// <exception cref="KansformersException">The block has no room for any text.</exception>
    public ModelInput Of(EncodedText text, out bool cut)
    {
        int room = blockSize - (text.Second is null ? _around : _aroundPair), first = text.First.Length, second = text.Second?.Length ?? 0;
        if (room < 1)
            throw new KansformersException($"block size is {blockSize}, all of which special tokens take; it must be larger");
        cut = first + second > room;
        if (cut)
        {
            int least = Math.Min(first, second), half = room / 2;
            (first, second) = least <= half ? (first >= second ? (room - second, second) : (first, room - first)) : (room - half, half);
        }

        return Filled(text.First[..first], text.Second?[..second]);
    }

    // A text of nothing, without special tokens around it, is one of padding: a sequence needs a token.
    private ModelInput Filled(int[] first, int[]? second)
    {
        ModelInput input = tokens.Template.Fill(first, second);
        return input.Ids.Count > 0 ? input : new ModelInput([Padding], [0]);
    }
}
