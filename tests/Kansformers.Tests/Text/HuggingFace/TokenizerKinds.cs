using System.Text;
using System.Text.Json.Nodes;
using Kansformers.Text;

namespace Kansformers.Tests.Text;

/// <summary>
/// Tokenizer files of many kinds, made so that the ids show where words end: where pieces touch, their bytes or characters would merge.
/// </summary>
internal static class TokenizerKinds
{
    private const string Characters = "abcdehlorstTHxyz0123456789½٣.,!?'é\u0301你好안녕नमस्ते😀";

    private const string Cl100k =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string O200k =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|" +
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|" +
        @"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Clip = @"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

    private const string Bytes = """{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}""";
    private const string BytesAlone = """{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}""";
    private const string BytesAfterSpace = """{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}""";
    private const string Bert = """{"type":"BertPreTokenizer"}""";

    /// <summary>The kinds by name.</summary>
    public static readonly IReadOnlyDictionary<string, Func<string>> All = new Dictionary<string, Func<string>>
    {
        ["gpt2"] = () => Whole(null, Bytes, ByteModel()),
        ["gpt2, prefix"] = () => Whole(null, BytesAfterSpace, ByteModel()),
        ["cl100k"] = () => Whole(null, Steps(Split(Cl100k), BytesAlone), ByteModel()),
        ["llama 3"] = () => Whole(null, Steps(Split(Cl100k), BytesAlone), ByteModel(wholeFirst: true)),
        ["o200k"] = () => Whole(null, Steps(Split(O200k, "Removed", invert: true), BytesAlone), ByteModel()),
        ["qwen"] = () => Whole("""{"type":"NFC"}""", Steps(Split(Cl100k.Replace("{1,3}", "", StringComparison.Ordinal)), BytesAlone), ByteModel()),
        ["digits"] = () => Whole(null, Steps("""{"type":"Digits","individual_digits":true}""", BytesAlone), ByteModel()),
        ["punctuation"] = () => Whole(null, Steps("""{"type":"Punctuation","behavior":"Contiguous"}""", BytesAlone), ByteModel()),
        ["words"] = () => Whole(null, Steps("""{"type":"Whitespace"}""", BytesAlone), ByteModel()),
        ["lower"] = () => Whole(Normalizers("""{"type":"Lowercase"}""", """{"type":"Strip","strip_left":true,"strip_right":true}"""), Bytes, ByteModel()),
        ["nfkc"] = () => Whole("""{"type":"NFKC"}""", Bytes, ByteModel()),
        ["nfkd, no accents"] = () => Whole(Normalizers("""{"type":"NFKD"}""", """{"type":"StripAccents"}"""), Bytes, ByteModel()),
        ["clip"] = () => Whole(
            Normalizers("""{"type":"NFC"}""", """{"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "}""", """{"type":"Lowercase"}"""),
            Steps(Split(Clip, "Removed", invert: true), Bytes), ByteModel("</w>")),
        ["added tokens"] = () => Whole(null, Bytes, ByteModel(), Added),
        ["llama 2"] = () => Whole(
            Normalizers("""{"type":"Prepend","prepend":"▁"}""", """{"type":"Replace","pattern":{"String":" "},"content":"▁"}"""), null, CharacterModel(fallback: true)),
        ["metaspace"] = () => Whole(null, """{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true}""", CharacterModel(fallback: false)),
        ["bert, uncased"] = () => Whole(BertNormalizer("null", "true"), Bert, Pieces()),
        ["bert, cased"] = () => Whole(BertNormalizer("null", "false"), Bert, Pieces()),
        ["bert, cased, no accents"] = () => Whole(BertNormalizer("true", "false"), Bert, Pieces()),
    };

    private static string Whole(string? normalizer, string? preTokenizer, JsonObject model, Func<int, string>? added = null) =>
        $$"""{"version":"1.0","truncation":null,"padding":null,"added_tokens":[{{added?.Invoke(model["vocab"]!.AsObject().Count)}}],"normalizer":{{normalizer ?? "null"}},"pre_tokenizer":{{preTokenizer ?? "null"}},"post_processor":null,"decoder":null,"model":{{model.ToJsonString()}}}""";

    private static string Added(int id) => $$"""
        {"id":{{id}},"content":"<|endoftext|>","single_word":false,"lstrip":false,"rstrip":true,"normalized":false,"special":true},
        {"id":{{id + 1}},"content":"the","single_word":true,"lstrip":true,"rstrip":false,"normalized":false,"special":false},
        {"id":{{id + 2}},"content":"好","single_word":false,"lstrip":false,"rstrip":false,"normalized":true,"special":false}
        """;

    private static string Steps(params string[] steps) => $$"""{"type":"Sequence","pretokenizers":[{{string.Join(',', steps)}}]}""";

    private static string Normalizers(params string[] steps) => $$"""{"type":"Sequence","normalizers":[{{string.Join(',', steps)}}]}""";

    private static string Split(string regex, string behavior = "Isolated", bool invert = false) => new JsonObject
    {
        ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = regex }, ["behavior"] = behavior, ["invert"] = invert,
    }.ToJsonString();

    private static string BertNormalizer(string strip, string lower) =>
        $$"""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":{{strip}},"lowercase":{{lower}}}""";

    /// <summary>All bytes, and each pair of two from three of them, merged in no order of theirs.</summary>
    private static JsonObject ByteModel(string suffix = "", bool wholeFirst = false)
    {
        string[] bytes = [.. Enumerable.Range(0, 256).Select(value => ByteCharacters.Of((byte)value).ToString())];
        JsonObject vocabulary = [];
        JsonArray merges = [];
        void Token(string token) => vocabulary[token] = vocabulary.Count;
        foreach (string end in suffix.Length > 0 ? ["", suffix] : new[] { "" })
        {
            foreach (string token in bytes)
                Token(token + end);
        }

        for (int i = 0; i < 65536; i++)
        {
            (int left, int right) = Math.DivRem((i * 40503) & 0xFFFF, 256);
            if ((left + right) % 6 != 0)
                continue;
            foreach (string end in suffix.Length > 0 ? ["", suffix] : new[] { "" })
            {
                Token(bytes[left] + bytes[right] + end);
                merges.Add(new JsonArray(bytes[left], bytes[right] + end));
            }
        }

        return new JsonObject
        {
            ["type"] = "BPE", ["unk_token"] = null, ["continuing_subword_prefix"] = "", ["end_of_word_suffix"] = suffix,
            ["fuse_unk"] = false, ["byte_fallback"] = false, ["ignore_merges"] = wholeFirst, ["vocab"] = vocabulary, ["merges"] = merges,
        };
    }

    /// <summary>A few characters, each pair of which merges; others are unknown or, where asked for, their bytes.</summary>
    private static JsonObject CharacterModel(bool fallback)
    {
        JsonObject vocabulary = new() { ["<unk>"] = 0 };
        JsonArray merges = [];
        for (int value = 0; value < 256 && fallback; value++)
            vocabulary[$"<0x{value:X2}>"] = vocabulary.Count;
        string[] characters = [.. ("▁" + Characters).EnumerateRunes().Distinct().Select(rune => rune.ToString())];
        foreach (string character in characters)
            vocabulary[character] = vocabulary.Count;
        int pairs = characters.Length * characters.Length;
        for (int i = 0; i < pairs; i++)
        {
            (int left, int right) = Math.DivRem((int)(i * 7919L % pairs), characters.Length);
            vocabulary[characters[left] + characters[right]] = vocabulary.Count;
            merges.Add($"{characters[left]} {characters[right]}");
        }

        return new JsonObject
        {
            ["type"] = "BPE", ["unk_token"] = "<unk>", ["fuse_unk"] = fallback, ["byte_fallback"] = fallback, ["vocab"] = vocabulary, ["merges"] = merges,
        };
    }

    private static JsonObject Pieces()
    {
        JsonObject vocabulary = new() { ["[UNK]"] = 0 };
        foreach (Rune rune in Characters.EnumerateRunes().Distinct())
        {
            vocabulary[rune.ToString()] = vocabulary.Count;
            vocabulary[$"##{rune}"] = vocabulary.Count;
        }

        return new JsonObject
        {
            ["type"] = "WordPiece", ["unk_token"] = "[UNK]", ["continuing_subword_prefix"] = "##", ["max_input_chars_per_word"] = 20, ["vocab"] = vocabulary,
        };
    }
}
