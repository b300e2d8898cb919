using System.Buffers;
using System.Text;

namespace Kansformers.Text;

/// <summary>
/// Turns text into token ids and back. Instances are immutable and may be used by many threads at once.
/// </summary>
public abstract class Tokenizer
{
    /// <summary>How the end-of-text token is written.</summary>
    public const string EndOfTextMark = "<|endoftext|>";

    private protected Tokenizer()
    {
    }

    /// <summary>The kind by which options and files name it: <c>gpt2</c>, <c>char</c>, <c>byte</c> or <c>huggingface</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>The number of ids; they are 0 to this minus one.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>The id of <c>&lt;|endoftext|&gt;</c>, which separates documents; null when the tokenizer has none.</summary>
    public virtual int? EndOfText => null;

    /// <summary>Two tokenizers with the same identity give the same ids for every text. Part of cache keys.</summary>
    internal abstract string Identity { get; }

    /// <summary>
    /// Whether a model with so many ids can have been made for this tokenizer: as many, or more, which programs add for speed (up to a round number)
    /// or for tokens to come. The ids beyond stand for nothing.
    /// </summary>
    public bool Fits(int modelVocabulary) => modelVocabulary >= VocabularySize;

    /// <summary>What a user should know of a model with more ids than this tokenizer; null when it has as many.</summary>
    public string? Padding(int modelVocabulary) => modelVocabulary == VocabularySize ? null
        : $"the model has {modelVocabulary} ids, the tokenizer {VocabularySize}: the {modelVocabulary - VocabularySize} beyond are padding, which stands for no text and is never drawn; if it should be more text than that, give the tokenizer that the model was trained with";

    /// <summary>The tokenizer as a <c>tokenizer.json</c> that other programs read; null where it has no such form.</summary>
    internal virtual byte[]? StandardJson() => null;

    /// <summary>Appends the ids of a text to a list. A lone surrogate is read as U+FFFD.</summary>
    /// <param name="text">Any text; it is encoded as a whole, nothing is added at its ends.</param>
    /// <param name="destination">Receives the ids, after those that it holds.</param>
    /// <param name="special">What to do with <c>&lt;|endoftext|&gt;</c> in the text.</param>
    /// <exception cref="KansformersException">The text holds a character that the tokenizer does not know, or a special token that it was told to refuse.</exception>
    public void Encode(ReadOnlySpan<char> text, List<int> destination, SpecialTokens special = SpecialTokens.AsText)
    {
        ArgumentNullException.ThrowIfNull(destination);
        EncodeWhole(text, destination, special);
    }

    /// <summary>Encodes a text, or a pair of texts, and puts the special tokens around them that the tokenizer's template asks for; without a template, none.</summary>
    /// <param name="text">Any text; special tokens in it are read as text.</param>
    /// <param name="pair">The second text of a pair, or null.</param>
    /// <returns>The ids, and to which part each belongs.</returns>
    /// <exception cref="KansformersException">A text holds a character that the tokenizer does not know.</exception>
    public virtual ModelInput EncodeForModel(string text, string? pair = null) => (Template ?? SpecialTemplate.None).Fill(Encode(text), pair is null ? null : Encode(pair));

    /// <summary>
    /// Whether the bytes of text that a token stands for follow from its id, and nothing is ever left out. Where not (an unknown token, white space that is
    /// taken away, a normalizer), they are counted while a text is encoded.
    /// </summary>
    internal virtual bool CountsById => true;

    /// <summary>What of a text has no token, and is left out of its ids.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="special">What to do with special tokens in the text.</param>
    /// <returns>How much that is: nothing for tokenizers that know all text.</returns>
    /// <exception cref="KansformersException">As for <see cref="Encode(ReadOnlySpan{char}, List{int}, SpecialTokens)"/>.</exception>
    public LostText LostIn(string text, SpecialTokens special = SpecialTokens.AsText)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (CountsById)
            return default;
        TextTally tally = new();
        Encode(text, [], tally, special);
        return tally.Lost;
    }

    /// <summary>As the public one, and counts the text of each token. Only where <see cref="CountsById"/> is false.</summary>
    internal void Encode(ReadOnlySpan<char> text, List<int> destination, TextTally tally, SpecialTokens special) =>
        EncodeCounted(CharacterKinds.WithoutLoneSurrogates(text), destination, tally, special);

    private protected virtual void EncodeCounted(string text, List<int> destination, TextTally tally, SpecialTokens special) =>
        throw new NotSupportedException("the tokens of this tokenizer are counted by their ids");

    private protected virtual void EncodeWhole(ReadOnlySpan<char> text, List<int> destination, SpecialTokens special)
    {
        if (EndOfText is null && special == SpecialTokens.Refuse && text.Contains(EndOfTextMark, StringComparison.Ordinal))
            throw Refused(EndOfTextMark);
        if (EndOfText is not int endOfText || special == SpecialTokens.AsText)
        {
            EncodeText(text, destination);
            return;
        }

        for (int at; (at = text.IndexOf(EndOfTextMark, StringComparison.Ordinal)) >= 0; text = text[(at + EndOfTextMark.Length)..])
        {
            if (special == SpecialTokens.Refuse)
                throw Refused(EndOfTextMark);
            EncodeText(text[..at], destination);
            destination.Add(endOfText);
        }

        EncodeText(text, destination);
    }

    /// <summary>The ids of a text, with special tokens read as text.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>One id per token.</returns>
    /// <exception cref="KansformersException">The text holds a character that the tokenizer does not know.</exception>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<int> ids = [];
        Encode(text, ids);
        return [.. ids];
    }

    /// <summary>The UTF-8 bytes that a token stands for; they may begin or end inside a character.</summary>
    /// <param name="id">A token id.</param>
    /// <returns>The bytes, valid for the life of the tokenizer.</returns>
    /// <exception cref="KansformersException">The vocabulary has no such id.</exception>
    public ReadOnlySpan<byte> BytesOf(int id)
    {
        if ((uint)id >= (uint)VocabularySize)
            throw new KansformersException($"token id {id} is outside the {Kind} vocabulary (0 to {VocabularySize - 1}); were the tokens made by another tokenizer?");
        return BytesOfKnown(id);
    }

    /// <summary>The text of the tokens. Bytes that are not UTF-8 become U+FFFD, as Python's <c>errors="replace"</c> does.</summary>
    /// <param name="ids">Token ids.</param>
    /// <returns>The text.</returns>
    /// <exception cref="KansformersException">An id is not in the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids)
    {
        ArrayBufferWriter<byte> bytes = new(Math.Max(16, ids.Length * 4));
        for (int i = 0; i < ids.Length; i++)
            bytes.Write(i == 0 ? BytesAtStart(ids[0]) : BytesOf(ids[i]));
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>Writes the tokenizer to <c>tokenizer.kansformers.json</c> in a folder, atomically.</summary>
    /// <param name="folder">The folder, made when missing.</param>
    /// <exception cref="KansformersException">The file cannot be written.</exception>
    public void Save(string folder) => TokenizerFile.Save(this, folder);

    /// <summary>Opens a tokenizer by name or from files.</summary>
    /// <param name="nameOrPath">
    /// <c>gpt2</c>, <c>byte</c>; a <c>tokenizer.json</c>; a <c>vocab.json</c> (or <c>encoder.json</c>) with its <c>merges.txt</c> (or <c>vocab.bpe</c>) beside it;
    /// a BERT <c>vocab.txt</c>; or a folder with such files, a saved tokenizer or a run.
    /// </param>
    /// <returns>The tokenizer.</returns>
    /// <exception cref="KansformersException">There is no such tokenizer, or its files cannot be used.</exception>
    public static Tokenizer Open(string nameOrPath) => TokenizerSource.Open(nameOrPath);

    /// <summary>Whether there is something that <see cref="Open"/> could open: for a refusal before any work is done.</summary>
    /// <param name="nameOrPath">As for <see cref="Open"/>.</param>
    public static bool Exists(string nameOrPath) => TokenizerSource.Exists(nameOrPath);

    /// <summary>Encodes a text on all cores and counts its tokens.</summary>
    /// <param name="text">The text, such as <see cref="Corpus.Read()"/> gives it.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="KansformersException">Something of the text has no token, and this tokenizer leaves nothing out.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped.</exception>
    public long CountTokens(IEnumerable<TextPiece> text, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        int stride = TokenLayout.For(this).Stride;
        return new ParallelEncoder(this, SpecialTokens.AsText, cancellation).Encode(text).Sum(chunk => (long)chunk.Tokens.Length / stride);
    }

    /// <summary>Reads the tokenizer that <see cref="Save"/> wrote.</summary>
    /// <param name="folder">The folder that holds <c>tokenizer.kansformers.json</c>.</param>
    /// <returns>A tokenizer that gives the same ids as the saved one.</returns>
    /// <exception cref="KansformersException">The file is missing, damaged, or names a tokenizer that this version does not know.</exception>
    public static Tokenizer Load(string folder) => TokenizerFile.Load(folder);

    /// <summary>As <see cref="BytesOf"/>, for the first token of a text: tokenizers that join words by spaces put none there.</summary>
    internal virtual ReadOnlySpan<byte> BytesAtStart(int id) => BytesOf(id);

    /// <summary>
    /// The largest position in (<paramref name="from"/>, length) at which the text can be cut so that encoding the parts one by
    /// one gives the ids of the whole, whatever follows the text; -1 when there is none.
    /// </summary>
    internal virtual int FindCut(ReadOnlySpan<char> text, int from, SpecialTokens special)
    {
        // Characters and bytes have no context: any place but the middle of a surrogate pair will do, or of what is to be refused.
        for (int cut = text.Length - 1; cut > from; cut--)
        {
            if (!char.IsLowSurrogate(text[cut]) && (special != SpecialTokens.Refuse || !IsInMark(text, cut)))
                return cut;
        }

        return -1;
    }

    private static bool IsInMark(ReadOnlySpan<char> text, int cut)
    {
        for (int start = Math.Max(0, cut - EndOfTextMark.Length + 1); start < cut; start++)
        {
            int known = Math.Min(EndOfTextMark.Length, text.Length - start);
            if (text.Slice(start, known).SequenceEqual(EndOfTextMark.AsSpan(0, known)))
                return true;
        }

        return false;
    }

    /// <summary>How many bytes of text each id stands for; the end-of-text token, which is no text, counts as zero.</summary>
    internal virtual int[] TextBytesPerToken()
    {
        int[] lengths = new int[VocabularySize];
        for (int id = 0; id < lengths.Length; id++)
            lengths[id] = id == EndOfText ? 0 : BytesOfKnown(id).Length;
        return lengths;
    }

    /// <summary>Whether it has tokens that are no text; else there is nothing to recognise.</summary>
    internal virtual bool HasSpecialTokens => EndOfText is not null;

    /// <summary>The ids of tokens that are no text.</summary>
    internal virtual IReadOnlySet<int> SpecialIds => EndOfText is int id ? new HashSet<int> { id } : [];

    /// <summary>The id of a token that is no text; null where there is none of that name.</summary>
    internal virtual int? SpecialIdOf(string token) => token == EndOfTextMark ? EndOfText : null;

    /// <summary>Where special tokens stand around texts; null where the tokenizer has no say in it.</summary>
    internal virtual SpecialTemplate? Template => null;

    /// <summary>Of every id whether it begins a word; null where ids do not tell.</summary>
    internal virtual bool[]? WordStarts() => null;

    private protected static KansformersException Refused(string token) =>
        new($"the text holds the special token {token}; remove it, or let it be recognised or read as text");

    private protected abstract void EncodeText(ReadOnlySpan<char> text, List<int> destination);

    private protected abstract ReadOnlySpan<byte> BytesOfKnown(int id);
}
