using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Kansformers.Files;

namespace Kansformers.Text;

/// <summary>
/// A tokenizer of Hugging Face's <c>tokenizer.json</c> format, of the kinds BPE and WordPiece: its ids, special tokens and template.
/// Truncation and padding, which are for batches, are left to those who make them. A character that neither the vocabulary nor an
/// unknown token covers is left out, as there.
/// </summary>
public sealed class HuggingFaceTokenizer : Tokenizer
{
    /// <summary>By this kind files name these tokenizers.</summary>
    internal const string KindName = "huggingface";

    private static readonly string[] EndOfTextNames = [EndOfTextMark, "</s>", "[SEP]", "<|end_of_text|>", "<eos>", "<|im_end|>"];

    private readonly TokenizerDefinition _definition;
    private readonly byte[][] _bytes;
    private readonly byte[][] _bytesAtStart;
    private readonly HashSet<int> _controls;
    private readonly AddedTokenFinder _asText, _asTextNormalized, _all, _allNormalized;
    private readonly BytePreTokenizer? _plainWords;
    private readonly ConcurrentBag<WordEncoder> _encoders = [];

    internal HuggingFaceTokenizer(TokenizerDefinition definition)
    {
        _definition = definition;
        AddedToken[] controls = [.. definition.Added.Where(token => token.Special)];
        EndOfText = EndOfTextNames.Select(name => controls.FirstOrDefault(token => token.Content == name)?.Id).FirstOrDefault(id => id is not null);
        _controls = [.. controls.Select(token => token.Id)];
        HashSet<int> added = [.. definition.Added.Select(token => token.Id)];
        _bytes = [.. definition.Tokens.Select((token, id) => Decode(token, added.Contains(id), atStart: false))];
        _bytesAtStart = [.. definition.Tokens.Select((token, id) => Decode(token, added.Contains(id), atStart: true))];
        _all = Finder(normalized: false, special: true);
        _allNormalized = Finder(normalized: true, special: true);
        _asText = Finder(normalized: false, special: false);
        _asTextNormalized = Finder(normalized: true, special: false);
        CountsById = definition is { Normalizer: null, Model.KnowsAllBytes: true, PreTokenizer.KeepsText: true, Decoder: ByteTokenDecoder }
            && !definition.Added.Any(token => !token.Special && (token.TakesLeft || token.TakesRight));
        _plainWords = definition is { Normalizer: null, PreTokenizer: BytePreTokenizer { SplitsAtSpaces: true, AddsPrefixSpace: false } words } ? words : null;
        Identity = $"{KindName} 1 {Convert.ToHexStringLower(XxHash128.Hash(definition.Json))}";
    }

    /// <inheritdoc/>
    public override string Kind => KindName;

    /// <inheritdoc/>
    public override int VocabularySize => _definition.Tokens.Length;

    /// <summary>The id of the first special token of the usual names: <c>&lt;|endoftext|&gt;</c>, <c>&lt;/s&gt;</c>, <c>[SEP]</c>; null when there is none.</summary>
    public override int? EndOfText { get; }

    /// <summary>How it cuts a text into words; null when it does not.</summary>
    internal PreTokenizer? PreTokenizer => _definition.PreTokenizer;

    /// <summary>The content of the file, for saving.</summary>
    internal ReadOnlySpan<byte> Json => _definition.Json;

    internal override string Identity { get; }

    /// <summary>Reads the content of a <c>tokenizer.json</c>.</summary>
    /// <param name="json">The JSON, as UTF-8.</param>
    /// <returns>The tokenizer.</returns>
    /// <exception cref="KansformersException">It is damaged, or needs something that is not supported, which the message names.</exception>
    public static HuggingFaceTokenizer Parse(ReadOnlySpan<byte> json) => new(TokenizerDefinition.Read(json.ToArray(), "given"));

    /// <summary>Writes the tokenizer as a <c>tokenizer.json</c>, atomically, as it was read or made.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="KansformersException">It cannot be written.</exception>
    public void SaveJson(string path) => AtomicFile.Write(path, stream => stream.Write(_definition.Json));

    internal override byte[] StandardJson() => _definition.Json;

    /// <summary>The token of an id as the vocabulary writes it.</summary>
    /// <param name="id">A token id.</param>
    /// <returns>The token.</returns>
    /// <exception cref="KansformersException">The vocabulary has no such id.</exception>
    public string TokenOf(int id) => (uint)id < (uint)VocabularySize ? _definition.Tokens[id]
        : throw new KansformersException($"token id {id} is outside the vocabulary (0 to {VocabularySize - 1})");

    internal override bool CountsById { get; }

    internal override IReadOnlySet<int> SpecialIds => _controls;

    internal override SpecialTemplate? Template => _definition.Template;

    internal override int? SpecialIdOf(string token) => _definition.Added.FirstOrDefault(added => added.Special && added.Content == token)?.Id;

    internal override bool[]? WordStarts()
    {
        bool?[] starts = [.. _definition.Tokens.Select(_definition.Decoder.BeginsWord)];
        return starts.Contains(null) ? null : [.. starts.Select(start => start!.Value)];
    }

    internal override bool HasSpecialTokens => _definition.Added.Any(token => token.Special);

    internal override ReadOnlySpan<byte> BytesAtStart(int id)
    {
        _ = BytesOf(id); // which checks
        return _bytesAtStart[id];
    }

    internal override int[] TextBytesPerToken() => [.. _bytes.Select((bytes, id) => _controls.Contains(id) ? 0 : bytes.Length)];

    internal override int FindCut(ReadOnlySpan<char> text, int from, SpecialTokens special)
    {
        (AddedTokenFinder raw, AddedTokenFinder normalized) = Finders(special);
        if (_plainWords is not null && raw.IsEmpty && normalized.IsEmpty)
            return Gpt2Words.FindCut(text, from, onlyBeforeWhiteSpace: false);
        bool possible = _definition.Normalizer is not { AllowsCuts: false } && _definition.PreTokenizer is { AllowsCuts: true, SplitsAtSpaces: true };
        if (!possible || (!normalized.IsEmpty && _definition.Normalizer is not null))
            return -1;
        for (int at = text.Length - 1; at > Math.Max(from, 0); at--)
        {
            // After a letter or the like: what a normalizer takes away must not join two stretches of white space.
            if (text[at] == ' ' && Prints(text[at - 1]) && !raw.MayCross(text, at) && !normalized.MayCross(text, at))
                return at;
        }

        return -1;
    }

    private protected override void EncodeWhole(ReadOnlySpan<char> text, List<int> destination, SpecialTokens special)
    {
        if (text.IsEmpty)
            return;
        if (!_encoders.TryTake(out WordEncoder? encoder))
            encoder = _definition.Model.MakeEncoder();
        (AddedTokenFinder raw, AddedTokenFinder normalized) = Finders(special);
        if (_plainWords is not null && normalized.IsEmpty && raw.IsEmpty)
        {
            for (ReadOnlySpan<char> rest = text; rest.Length > 0;)
            {
                int length = Gpt2Words.NextLength(rest);
                encoder.Encode(rest[..length], destination);
                rest = rest[length..];
            }
        }
        else
        {
            EncodeParts(CharacterKinds.WithoutLoneSurrogates(text), raw, normalized, new Target(special, encoder, destination, null));
        }

        _encoders.Add(encoder);
    }

    private protected override void EncodeText(ReadOnlySpan<char> text, List<int> destination) => EncodeWhole(text, destination, SpecialTokens.AsText);

    private protected override ReadOnlySpan<byte> BytesOfKnown(int id) => _bytes[id];

    private protected override void EncodeCounted(string text, List<int> destination, TextTally tally, SpecialTokens special)
    {
        if (!_encoders.TryTake(out WordEncoder? encoder))
            encoder = _definition.Model.MakeEncoder();
        (AddedTokenFinder raw, AddedTokenFinder normalized) = Finders(special);
        tally.Begin(text);
        EncodeParts(text, raw, normalized, new Target(special, encoder, destination, tally));
        _encoders.Add(encoder);
    }

    private void EncodeParts(string text, AddedTokenFinder raw, AddedTokenFinder normalized, Target target)
    {
        List<Piece> pieces = [];
        foreach ((int start, int end, AddedToken? token) in raw.Find(text))
        {
            if (token is not null)
            {
                target.Take(token, new Source(end, null), 0);
                continue;
            }

            string part = start == 0 && end == text.Length ? text : text[start..end];
            int[]? alignment = null;
            if (_definition.Normalizer is not null)
                part = target.Counts ? _definition.Normalizer.Apply(part, out alignment) : _definition.Normalizer.Apply(part);
            Source source = new(start, alignment);
            foreach ((int from, int to, AddedToken? inside) in normalized.Find(part))
            {
                if (inside is not null)
                {
                    target.Take(inside, source, to);
                    continue;
                }

                pieces.Clear();
                Piece whole = new(part.AsMemory(from..to), start == 0 && from == 0, from);
                if (_definition.PreTokenizer is null)
                    pieces.Add(whole);
                else
                    _definition.PreTokenizer.Split(whole, pieces);
                foreach (Piece piece in pieces)
                    target.Encode(piece, source);
            }
        }
    }

    /// <summary>Places of a text whose normalized form's are given.</summary>
    private readonly record struct Source(int Start, int[]? Alignment)
    {
        public int Of(int place) => Start + (place <= 0 ? 0 : Alignment is null ? place : Alignment[place]);
    }

    /// <summary>Where ids go, and, if there is a tally, the text that they stand for.</summary>
    private readonly struct Target(SpecialTokens special, WordEncoder encoder, List<int> destination, TextTally? tally)
    {
        public bool Counts => tally is not null;

        public void Take(AddedToken token, Source source, int end)
        {
            if (token.Special && special == SpecialTokens.Refuse)
                throw Refused(token.Content);
            destination.Add(token.Id);
            if (token.Special)
                tally?.Control(source.Of(end));
            else
                tally?.Token(source.Of(end));
        }

        public void Encode(Piece piece, Source source)
        {
            if (tally is null)
            {
                encoder.Encode(piece.Text.Span, destination);
                return;
            }

            foreach ((int id, int start, int end) in encoder.Parts(piece.Text.Span))
            {
                if (id == WordPart.NoToken)
                {
                    tally.Leave(source.Of(piece.Start + start), source.Of(piece.Start + end));
                    continue;
                }

                destination.Add(id);
                tally.Token(source.Of(piece.Start + end));
            }
        }
    }

    private (AddedTokenFinder Raw, AddedTokenFinder Normalized) Finders(SpecialTokens special) =>
        special == SpecialTokens.AsText ? (_asText, _asTextNormalized) : (_all, _allNormalized);

    private AddedTokenFinder Finder(bool normalized, bool special) => new(_definition.Added
        .Where(token => token.Normalized == normalized && (special || !token.Special))
        .Select(token => (normalized && _definition.Normalizer is not null ? _definition.Normalizer.Apply(CharacterKinds.WithoutLoneSurrogates(token.Content)) : token.Content, token)));

    // An added token stands as it is written, and between spaces where words are joined by spaces.
    private byte[] Decode(string token, bool added, bool atStart) =>
        added && _definition.Decoder is not (WordDecoder or WordPieceDecoder) ? Encoding.UTF8.GetBytes(token) : _definition.Decoder.Decode(token, atStart);

    private static bool Prints(char character) => CharUnicodeInfo.GetUnicodeCategory(character)
        is <= UnicodeCategory.OtherLetter or (>= UnicodeCategory.DecimalDigitNumber and <= UnicodeCategory.OtherNumber) or (>= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation);
}
