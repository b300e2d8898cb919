using Kansformers.Text;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>Text on which a model's layers are calibrated, as token ids in sequences that the model reads.</summary>
public static class CalibrationText
{
    private const int Longest = 256, SequencesTogether = 4;

    // Text of which most characters have no token is another language's, or another model's.
    private const double MostLost = 0.5;
    private static readonly string[] Unknown = ["[UNK]", "<unk>", "<|unk|>", "\uFFFD"];

    /// <summary>Reads the beginning of a text.</summary>
    /// <param name="source">What <see cref="Corpus.Open"/> takes: a file, a folder, the name of a corpus.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="options">The model.</param>
    /// <param name="tokens">About how many tokens to read, at least 1.</param>
    /// <returns>Token ids, int64, (B, T) each, with the special tokens that the model expects around a text.</returns>
    /// <exception cref="KansformersException">There is no such text, or none in it; or its characters have no tokens, or are tokens that the model does not have.</exception>
    public static IReadOnlyList<Tensor> Read(string source, Tokenizer tokenizer, ModelOptions options, int tokens = 8192)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        // Of a model that reads both sides those that its tokenizer lacks lie beyond the vocabulary.
        SpecialTemplate template = options.Family.IsCausal ? tokenizer.Template ?? SpecialTemplate.None : EncoderTokens.Of(tokenizer, options.VocabularySize).Template;
        int around = template.Fill([], null).Ids.Count, length = Math.Min(options.BlockSize, Longest) - around;
        if (length < 1)
            throw new KansformersException($"a block size of {options.BlockSize} leaves no room for text beside {around} special tokens");
        List<int> ids = Encode(source, tokenizer, tokens);
        if (ids.Max() is int largest && largest >= options.VocabularySize)
            throw new KansformersException($"'{source}' becomes token {largest}, which the model with its vocabulary of {options.VocabularySize} does not have");
        List<long[]> rows = [];
        for (int at = 0; at < ids.Count; at += length)
        {
            int[] part = [.. ids.Skip(at).Take(length)];
            if (part.Length == length || rows.Count == 0)
                rows.Add([.. template.Fill(part, null).Ids.Select(id => (long)id)]);
        }

        return [.. rows.Chunk(SequencesTogether).Select(some => stack([.. some.Select(row => tensor(row))]))];
    }

    private static List<int> Encode(string source, Tokenizer tokenizer, int tokens)
    {
        List<int> ids = [];
        long characters = 0, lost = 0;
        foreach (TextPiece piece in Corpus.Open(source).Read())
        {
            string text = piece.Text.ToString();
            characters += text.Length;
            lost += tokenizer.LostIn(text).Characters;
            tokenizer.Encode(text, ids);
            if (ids.Count >= tokens)
                break;
        }

        if (characters > 0 && lost > characters * MostLost)
            throw new KansformersException($"'{source}' is no text for this model: {lost} of the {characters} characters read have no token of its tokenizer");
        if (ids.Count == 0)
            throw new KansformersException($"'{source}' holds no text to calibrate on");
        if (ids.GroupBy(id => id).MaxBy(group => group.Count()) is { } most && most.Count() > ids.Count * MostLost && Unknown.Contains(tokenizer.Decode([most.Key]).Trim()))
            throw new KansformersException($"'{source}' is no text for this model: {most.Count()} of the {ids.Count} tokens read are unknown to its tokenizer");
        if (ids.Count > tokens)
            ids.RemoveRange(tokens, ids.Count - tokens);
        return ids;
    }
}
