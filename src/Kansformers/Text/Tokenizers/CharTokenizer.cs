using System.Collections;
using System.IO.Hashing;
using System.Text;

namespace Kansformers.Text;

/// <summary>What a <see cref="CharTokenizer"/> does with a character that is not in its vocabulary.</summary>
public enum UnknownCharacters
{
    /// <summary>It is an error that names the character.</summary>
    Refuse,

    /// <summary>It is left out.</summary>
    Skip,

    /// <summary>It becomes the first of U+FFFD, <c>?</c> and space that the vocabulary has.</summary>
    Replace,
}

/// <summary>
/// One token per distinct Unicode character (code point) of a corpus; ids follow the order of the code points,
/// as in nanoGPT's character data sets. tinyshakespeare gives 65 ids.
/// </summary>
public sealed class CharTokenizer : Tokenizer
{
    private const int Ascii = 128, CodePoints = 0x110000;

    private readonly Rune[] _characters;
    private readonly byte[] _utf8;
    private readonly int[] _starts;
    private readonly int[] _asciiIds = new int[Ascii];
    private readonly Dictionary<Rune, int> _ids;
    private readonly int _replacement = -1;

    /// <summary>Makes a tokenizer of the distinct characters of a text.</summary>
    /// <param name="characters">Each character of the vocabulary at least once, in any order.</param>
    /// <param name="unknown">What to do with other characters.</param>
    /// <exception cref="KansformersException">There are no characters, or unknown ones are to be replaced and the vocabulary has no replacement.</exception>
    public CharTokenizer(string characters, UnknownCharacters unknown = UnknownCharacters.Refuse)
        : this(Distinct(characters), unknown)
    {
    }

    private CharTokenizer(IEnumerable<Rune> sorted, UnknownCharacters unknown)
    {
        _characters = [.. sorted];
        if (_characters.Length == 0)
            throw new KansformersException("a character tokenizer needs at least one character; is the corpus empty?");
        Unknown = unknown;
        _ids = new(_characters.Length);
        _starts = new int[_characters.Length + 1];
        _asciiIds.AsSpan().Fill(-1);
        for (int id = 0; id < _characters.Length; id++)
        {
            Rune rune = _characters[id];
            _ids.Add(rune, id);
            if (rune.Value < Ascii)
                _asciiIds[rune.Value] = id;
            _starts[id + 1] = _starts[id] + rune.Utf8SequenceLength;
        }

        _utf8 = new byte[_starts[^1]];
        for (int id = 0; id < _characters.Length; id++)
            _characters[id].EncodeToUtf8(_utf8.AsSpan(_starts[id]));
        if (unknown == UnknownCharacters.Replace)
            _replacement = FindReplacement();
    }

    /// <inheritdoc/>
    public override string Kind => "char";

    /// <inheritdoc/>
    public override int VocabularySize => _characters.Length;

    /// <summary>What the tokenizer does with characters that it does not know.</summary>
    public UnknownCharacters Unknown { get; }

    /// <summary>The characters of the vocabulary in the order of their ids.</summary>
    public string Characters => Encoding.UTF8.GetString(_utf8);

    internal override string Identity => $"char {Unknown} {Convert.ToHexStringLower(XxHash128.Hash(_utf8))}";

    /// <summary>Makes a tokenizer of the distinct characters of corpora, reading each once.</summary>
    /// <param name="corpora">The corpora.</param>
    /// <param name="unknown">What to do with other characters.</param>
    /// <returns>The tokenizer.</returns>
    /// <exception cref="KansformersException">A corpus is empty or cannot be read.</exception>
    public static CharTokenizer FromCorpora(IEnumerable<Corpus> corpora, UnknownCharacters unknown = UnknownCharacters.Refuse)
    {
        ArgumentNullException.ThrowIfNull(corpora);
        return FromCorpora(corpora, unknown, _ => { });
    }

    /// <summary>As the public one, and tells how many bytes of the sources it has read since the last call.</summary>
    internal static CharTokenizer FromCorpora(IEnumerable<Corpus> corpora, UnknownCharacters unknown, Action<long> advance)
    {
        BitArray seen = new(CodePoints);
        foreach (TextPiece piece in corpora.SelectMany(corpus => corpus.Read()))
        {
            if (piece.StartsLaterDocument)
                seen['\n'] = true; // the blank line that will separate the documents
            See(piece.Text.Span, seen);
            advance(piece.SourceBytes);
        }

        return Of(seen, unknown);
    }

    /// <summary>Makes a tokenizer of the distinct characters of texts, however they divide the characters among them.</summary>
    internal static CharTokenizer FromTexts(IEnumerable<string> texts)
    {
        BitArray seen = new(CodePoints);
        foreach (string text in texts)
            See(text, seen);
        return Of(seen, UnknownCharacters.Refuse);
    }

    /// <summary>The same characters with another treatment of those that it does not know.</summary>
    internal CharTokenizer With(UnknownCharacters unknown) => new(Characters, unknown);

    internal override bool CountsById => Unknown == UnknownCharacters.Refuse;

    private protected override void EncodeCounted(string text, List<int> destination, TextTally tally, SpecialTokens special)
    {
        if (special == SpecialTokens.Refuse && text.Contains(EndOfTextMark, StringComparison.Ordinal))
            throw Refused(EndOfTextMark);
        tally.Begin(text);
        for (int at = 0; at < text.Length;)
        {
            int start = at, before = destination.Count;
            Rune.DecodeFromUtf16(text.AsSpan(at), out _, out int consumed);
            at += consumed;
            EncodeText(text.AsSpan(start, consumed), destination);
            if (destination.Count > before)
                tally.Token(at);
            else
                tally.Leave(start, at);
        }
    }

    private protected override void EncodeText(ReadOnlySpan<char> text, List<int> destination)
    {
        destination.EnsureCapacity(destination.Count + text.Length);
        int[] ascii = _asciiIds;
        for (int at = 0; at < text.Length;)
        {
            char first = text[at];
            if (first < ascii.Length && ascii[first] >= 0)
            {
                destination.Add(ascii[first]);
                at++;
                continue;
            }

            Rune.DecodeFromUtf16(text[at..], out Rune rune, out int consumed);
            at += consumed;
            if (_ids.TryGetValue(rune, out int id))
                destination.Add(id);
            else if (_replacement >= 0)
                destination.Add(_replacement);
            else if (Unknown == UnknownCharacters.Refuse)
                throw new KansformersException($"the character {CharacterKinds.Name(rune)} is not among the {VocabularySize} characters of the tokenizer; remove it, or choose a tokenizer that knows all text (byte or gpt2)");
        }
    }

    private protected override ReadOnlySpan<byte> BytesOfKnown(int id) => _utf8.AsSpan(_starts[id].._starts[id + 1]);

    private static IEnumerable<Rune> Distinct(string characters)
    {
        ArgumentNullException.ThrowIfNull(characters);
        return characters.EnumerateRunes().Distinct().OrderBy(rune => rune.Value);
    }

    private static void See(ReadOnlySpan<char> text, BitArray seen)
    {
        foreach (Rune rune in text.EnumerateRunes())
            seen[rune.Value] = true;
    }

    private static CharTokenizer Of(BitArray seen, UnknownCharacters unknown) =>
        new(Enumerable.Range(0, seen.Length).Where(value => seen[value]).Select(value => new Rune(value)), unknown);

    private int FindReplacement()
    {
        foreach (char candidate in "\uFFFD? ")
        {
            if (_ids.TryGetValue(new Rune(candidate), out int id))
                return id;
        }

        throw new KansformersException("unknown characters cannot be replaced: the vocabulary has neither U+FFFD nor '?' nor a space; skip or refuse them instead");
    }
}
