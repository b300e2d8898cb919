namespace Kansformers.Text;

/// <summary>The part of a tokenizer that turns words into ids: its vocabulary, and how to make an encoder for one thread.</summary>
/// <param name="Kind">BPE or WordPiece.</param>
/// <param name="Vocabulary">The tokens and their ids.</param>
/// <param name="Unknown">How the unknown token is written, if there is one.</param>
/// <param name="KnowsAllBytes">Whether words are encoded as bytes, each of which is a token.</param>
/// <param name="MakeEncoder">Makes an encoder.</param>
internal sealed record WordModel(string Kind, IReadOnlyDictionary<string, int> Vocabulary, string? Unknown, bool KnowsAllBytes, Func<WordEncoder> MakeEncoder);

/// <summary>Reads the model of a tokenizer file.</summary>
internal static class ModelReader
{
    /// <summary>More ids than any vocabulary has; a number beyond it is damage.</summary>
    public const int MostIds = 1 << 24;

    public static WordModel Read(JsonField field, bool bytes)
    {
        // Old files do not name the type.
        string type = !field["type"].IsNull ? field["type"].Text() : !field["merges"].IsNull ? "BPE" : !field["max_input_chars_per_word"].IsNull ? "WordPiece" : "";
        return type switch
        {
            "BPE" => Pairs(field, bytes),
            "WordPiece" => Pieces(field, bytes),
            _ => throw PipelineReader.Unsupported("model", field, type, "BPE and WordPiece"),
        };
    }

    private static WordModel Pieces(JsonField field, bool bytes)
    {
        field.Only("type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab");
        if (bytes)
            throw new KansformersException($"{field.Path}: WordPiece after the pre-tokenizer ByteLevel is not supported");
        Dictionary<string, int> vocabulary = Vocabulary(field["vocab"]);
        string unknown = field["unk_token"].TextOr("[UNK]");
        if (!vocabulary.TryGetValue(unknown, out int unknownId))
            throw new KansformersException($"{field.Path}: the unknown token '{unknown}' is not in the vocabulary");
        int longest = field["max_input_chars_per_word"].IsNull ? 100 : field["max_input_chars_per_word"].Number(0, int.MaxValue);
        WordPieces pieces = new(vocabulary, field["continuing_subword_prefix"].TextOr("##"), unknownId, longest);
        return new WordModel("WordPiece", vocabulary, unknown, KnowsAllBytes: false, () => new WordPieceEncoder(pieces));
    }

    private static WordModel Pairs(JsonField field, bool bytes)
    {
        field.Only("type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges", "vocab", "merges");
        if (field["dropout"].NumberOr(0) != 0)
            throw new KansformersException($"{field["dropout"].Path} makes the encoding random, which is not supported");
        Dictionary<string, int> vocabulary = Vocabulary(field["vocab"]);
        string? unknown = field["unk_token"].IsNull ? null : field["unk_token"].Text();
        PairOptions options = new()
        {
            Bytes = bytes,
            ContinuingPrefix = field["continuing_subword_prefix"].TextOr(""),
            WordSuffix = field["end_of_word_suffix"].TextOr(""),
            Unknown = unknown is null ? null : vocabulary.TryGetValue(unknown, out int id) ? id
                : bytes ? null // nothing is unknown where bytes are tokens
                : throw new KansformersException($"{field.Path}: the unknown token '{unknown}' is not in the vocabulary"),
            FuseUnknown = field["fuse_unk"].FlagOr(false),
            ByteFallback = field["byte_fallback"].FlagOr(false),
            WholeWordsFirst = field["ignore_merges"].FlagOr(false),
        };
        BytePairMerges merges = Merges(field["merges"], vocabulary, options.ContinuingPrefix);
        bool affixed = options.ContinuingPrefix.Length > 0 || options.WordSuffix.Length > 0, knowsAll = bytes && !affixed;
        for (int value = 0; value < 256 && knowsAll; value++)
            knowsAll = vocabulary.TryGetValue(ByteCharacters.Of((byte)value).ToString(), out merges.ByteIds[value]);
        Lazy<string[]> names = new(() => NamesOf(vocabulary));
        return new WordModel("BPE", vocabulary, unknown, knowsAll, () => knowsAll && !options.WholeWordsFirst
            ? new BytePairEncoder(merges, id => names.Value[id].Length) // each character of which is a byte
            : new CharacterPairEncoder(merges, vocabulary, options, names));
    }

    private static string[] NamesOf(Dictionary<string, int> vocabulary)
    {
        string[] names = new string[vocabulary.Values.Max() + 1];
        foreach ((string token, int id) in vocabulary)
            names[id] = token;
        return names;
    }

    private static Dictionary<string, int> Vocabulary(JsonField field)
    {
        Dictionary<string, int> vocabulary = [];
        HashSet<int> seen = [];
        foreach ((string token, JsonField value) in field.Entries())
        {
            int id = value.Number(0, MostIds - 1);
            if (!seen.Add(id))
                throw new KansformersException($"{value.Path} has the id {id}, which another token has too");
            vocabulary.Add(token, id);
        }

        return vocabulary;
    }

    private static BytePairMerges Merges(JsonField field, Dictionary<string, int> vocabulary, string prefix)
    {
        List<(int Left, int Right, int Merged)> list = [];
        Dictionary<(int, int), int> ranks = []; // of a merge that is listed twice the later place counts, as in the format's own library
        foreach (JsonField item in field.Items())
        {
            (string left, string right) = PairOf(item);
            string merged = left + (prefix.Length > 0 && right.StartsWith(prefix, StringComparison.Ordinal) ? right[prefix.Length..] : right);
            (int Left, int Right, int Merged) merge = (Id(item, left), Id(item, right), Id(item, merged));
            ranks[(merge.Left, merge.Right)] = list.Count;
            list.Add(merge);
        }

        BytePairMerges merges = new(list.Count, [.. list.Select(merge => merge.Merged)]);
        foreach (((int left, int right), int rank) in ranks)
            merges.Add(left, right, rank);
        return merges;

        int Id(JsonField item, string token) =>
            vocabulary.TryGetValue(token, out int id) ? id : throw new KansformersException($"{item.Path} names the token '{token}', which is not in the vocabulary");
    }

    // "a b", or since version 0.20 of the format's library ["a", "b"], where tokens may hold spaces
    private static (string Left, string Right) PairOf(JsonField item)
    {
        string[] parts = item.IsArray ? [.. item.Items().Select(part => part.Text())] : item.Text().Split(' ');
        return parts.Length == 2 ? (parts[0], parts[1]) : throw item.Wrong("two tokens");
    }
}
