using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Kansformers.Text;

/// <summary>Writes what older vocabulary files say as a <c>tokenizer.json</c>, so that there is one way on from here.</summary>
internal static class VocabularyFiles
{
    private static readonly JsonSerializerOptions Writing = new() { TypeInfoResolver = new DefaultJsonTypeInfoResolver(), Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary><c>vocab.json</c> and <c>merges.txt</c>, of GPT-2 or, when the vocabulary has <c>&lt;s&gt;</c> and <c>&lt;mask&gt;</c>, of RoBERTa and BART.</summary>
    public static byte[] Pairs(byte[] vocabulary, byte[] merges, TokenizerConfig config, string source)
    {
        JsonObject tokens = Object(vocabulary, source);
        RequireByteLevel(tokens, config, source);
        JsonArray list = [.. Lines(merges, source).Where(line => line.Length > 0 && !line.StartsWith("#version", StringComparison.Ordinal)).Select(line => (JsonNode)line)];
        bool roberta = tokens.ContainsKey("<s>") && tokens.ContainsKey("</s>") && tokens.ContainsKey("<mask>");
        string[] special = roberta ? ["<s>", "<pad>", "</s>", "<unk>", "<mask>"] : [Tokenizer.EndOfTextMark, "<unk>"];
        string unknown = config.Unknown ?? (roberta || tokens.ContainsKey("<unk>") ? "<unk>" : Tokenizer.EndOfTextMark);
        bool prefix = config.AddPrefixSpace ?? false;
        JsonNode? template = roberta
            ? new JsonObject { ["type"] = "RobertaProcessing", ["sep"] = new JsonArray("</s>", tokens["</s>"]!.DeepClone()), ["cls"] = new JsonArray("<s>", tokens["<s>"]!.DeepClone()), ["trim_offsets"] = true, ["add_prefix_space"] = prefix }
            : null;
        JsonObject model = new()
        {
            ["type"] = "BPE", ["dropout"] = null, ["unk_token"] = tokens.ContainsKey(unknown) ? unknown : null, ["continuing_subword_prefix"] = "", ["end_of_word_suffix"] = "",
            ["fuse_unk"] = false, ["byte_fallback"] = false, ["vocab"] = tokens.DeepClone(), ["merges"] = list,
        };
        return Whole(config.With(Added(tokens, special)), null, Bytes(prefix), template, Bytes(true), model);
    }

    /// <summary>A BERT <c>vocab.txt</c>, one token to a line, with the original program's normalization.</summary>
    public static byte[] WordPieces(byte[] list, TokenizerConfig config, string source)
    {
        JsonObject tokens = [];
        string[] lines = Lines(list, source);
        for (int id = 0; id < lines.Length - (lines[^1].Length == 0 ? 1 : 0); id++)
        {
            tokens[lines[id]] = id; // of a line that is there twice the later counts, as in the original program
        }

        config.RequireUsual();
        if (!tokens.ContainsKey("[UNK]"))
            throw new KansformersException($"'{source}' is no BERT vocabulary: it has no [UNK]");
        bool lower = config.LowerCase ?? !tokens.Any(token => !token.Key.StartsWith('[') && token.Key.Any(char.IsAsciiLetterUpper));
        JsonObject normalizer = new()
        {
            ["type"] = "BertNormalizer", ["clean_text"] = true, ["handle_chinese_chars"] = config.SpaceIdeographs ?? true,
            ["strip_accents"] = config.StripAccents, ["lowercase"] = lower, ["kansformers_original"] = true,
        };
        JsonNode? template = tokens.ContainsKey("[CLS]") && tokens.ContainsKey("[SEP]")
            ? new JsonObject { ["type"] = "BertProcessing", ["sep"] = new JsonArray("[SEP]", tokens["[SEP]"]!.DeepClone()), ["cls"] = new JsonArray("[CLS]", tokens["[CLS]"]!.DeepClone()) }
            : null;
        JsonArray added = config.With(Added(tokens, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]));
        JsonObject model = new() { ["type"] = "WordPiece", ["unk_token"] = "[UNK]", ["continuing_subword_prefix"] = "##", ["max_input_chars_per_word"] = 100, ["vocab"] = tokens };
        return Whole(added, normalizer, new JsonObject { ["type"] = "BertPreTokenizer" }, template, new JsonObject { ["type"] = "WordPiece", ["prefix"] = "##", ["cleanup"] = true }, model);
    }

    // CLIP, GPT-1, CTRL and others have files of these names too, and mean something else by them.
    private static void RequireByteLevel(JsonObject tokens, TokenizerConfig config, string source)
    {
        string[] known = ["GPT2Tokenizer", "RobertaTokenizer", "BartTokenizer", "LongformerTokenizer", "LEDTokenizer", "BlenderbotTokenizer"];
        if (config.Class is string type && !known.Contains(type.EndsWith("Fast", StringComparison.Ordinal) ? type[..^4] : type))
            throw new KansformersException($"'{source}' is the vocabulary of a {type}; of such files only those of GPT-2, RoBERTa and BART are supported: give its tokenizer.json");
        if (Array.Find(["</w>", "@@"], end => tokens.Count(token => token.Key.EndsWith(end, StringComparison.Ordinal)) > tokens.Count / 100) is string mark)
            throw new KansformersException($"'{source}' has tokens that end in '{mark}', which those of GPT-2, RoBERTa and BART do not; give its tokenizer.json");
    }

    /// <summary>A byte-level BPE as GPT-2's file has it.</summary>
    public static byte[] ByteLevel(IReadOnlyList<string> tokens, IEnumerable<string> merges)
    {
        JsonObject vocabulary = [];
        for (int id = 0; id < tokens.Count; id++)
            vocabulary.Add(tokens[id], id);
        JsonObject model = new()
        {
            ["type"] = "BPE", ["dropout"] = null, ["unk_token"] = null, ["continuing_subword_prefix"] = null, ["end_of_word_suffix"] = null,
            ["fuse_unk"] = false, ["byte_fallback"] = false, ["vocab"] = vocabulary, ["merges"] = new JsonArray([.. merges.Select(merge => (JsonNode)merge)]),
        };
        return Whole(Added(vocabulary, [Tokenizer.EndOfTextMark]), null, Bytes(false), Bytes(true), Bytes(true), model);
    }

    private static byte[] Whole(JsonArray added, JsonNode? normalizer, JsonNode preTokenizer, JsonNode? template, JsonNode decoder, JsonObject model)
    {
        JsonObject whole = new()
        {
            ["version"] = "1.0", ["truncation"] = null, ["padding"] = null, ["added_tokens"] = added, ["normalizer"] = normalizer,
            ["pre_tokenizer"] = preTokenizer, ["post_processor"] = template, ["decoder"] = decoder, ["model"] = model,
        };
        return Encoding.UTF8.GetBytes(whole.ToJsonString(Writing));
    }

    private static JsonObject Bytes(bool prefix) => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = prefix, ["trim_offsets"] = true, ["use_regex"] = true };

    private static JsonArray Added(JsonObject tokens, string[] names) => [.. names.Where(name => tokens.ContainsKey(name)).Select(name => new JsonObject
    {
        ["id"] = tokens[name]!.DeepClone(), ["content"] = name, ["single_word"] = false, ["lstrip"] = name == "<mask>", ["rstrip"] = false, ["normalized"] = false, ["special"] = true,
    })];

    private static JsonObject Object(byte[] json, string source)
    {
        try
        {
            return JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject is { Count: > 0 } tokens && tokens.All(token => token.Value is JsonValue) ? tokens
                : throw new KansformersException($"the vocabulary '{source}' must be an object of tokens and ids");
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new KansformersException($"the vocabulary '{source}' is not JSON that can be read: {failure.Message.ReplaceLineEndings(" ").TrimEnd('.')}", failure);
        }
    }

    private static string[] Lines(byte[] content, string source)
    {
        try
        {
            return [.. Strict.GetString(content).TrimStart('\uFEFF').Split('\n').Select(line => line.TrimEnd('\r'))];
        }
        catch (DecoderFallbackException failure)
        {
            throw new KansformersException($"the vocabulary beside or at '{source}' is not UTF-8", failure);
        }
    }
}
