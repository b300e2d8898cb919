using System.Text.Json;
using System.Text.Json.Nodes;

namespace Kansformers.Text;

/// <summary>
/// What <c>tokenizer_config.json</c> and <c>added_tokens.json</c> beside vocabulary files add to them. A <c>tokenizer.json</c> is whole without them.
/// </summary>
internal sealed class TokenizerConfig
{
    private static readonly (string Key, string Usual)[] Special = [("unk_token", "[UNK]"), ("cls_token", "[CLS]"), ("sep_token", "[SEP]"), ("pad_token", "[PAD]"), ("mask_token", "[MASK]")];

    private readonly List<AddedToken> _added = [];
    private string? _unusual;

    public bool? AddPrefixSpace { get; private set; }

    public bool? LowerCase { get; private set; }

    public bool? StripAccents { get; private set; }

    public bool? SpaceIdeographs { get; private set; }

    public string? Unknown { get; private set; }

    /// <summary>The class of Hugging Face's library that the files were made for.</summary>
    public string? Class { get; private set; }

    public static TokenizerConfig Read(string folder)
    {
        TokenizerConfig config = new();
        Use(folder, "tokenizer_config.json", config.ReadConfig);
        Use(folder, "added_tokens.json", config.ReadAdded);
        return config;
    }

    /// <summary>Refuses what changes the ids of BERT's vocabularies in a way that is not supported.</summary>
    public void RequireUsual()
    {
        if (_unusual is not null)
            throw new KansformersException($"tokenizer_config.json beside the vocabulary has {_unusual}, which is not supported; give a tokenizer.json");
    }

    /// <summary>The added tokens of a file, and those of these.</summary>
    public JsonArray With(JsonArray added)
    {
        HashSet<string> there = [.. added.Select(token => token!["content"]!.GetValue<string>())];
        foreach (AddedToken token in _added.Where(token => there.Add(token.Content)))
        {
            added.Add((JsonNode)new JsonObject
            {
                ["id"] = token.Id, ["content"] = token.Content, ["single_word"] = token.SingleWord, ["lstrip"] = token.TakesLeft, ["rstrip"] = token.TakesRight,
                ["normalized"] = token.Normalized, ["special"] = token.Special,
            });
        }

        return added;
    }

    private void ReadConfig(JsonField root)
    {
        (AddPrefixSpace, LowerCase, StripAccents, SpaceIdeographs) = (Flag(root["add_prefix_space"]), Flag(root["do_lower_case"]), Flag(root["strip_accents"]), Flag(root["tokenize_chinese_chars"]));
        Unknown = Token(root["unk_token"]);
        Class = root["tokenizer_class"].IsNull ? null : root["tokenizer_class"].Text();
        foreach ((string key, string usual) in Special)
        {
            if (Token(root[key]) is string token && token != usual)
                _unusual ??= $"{key} '{token}'";
        }

        if (Flag(root["do_basic_tokenize"]) == false)
            _unusual ??= "do_basic_tokenize: false";
        if (!root["never_split"].IsNull && root["never_split"].Items().Any())
            _unusual ??= "never_split";
        if (root["added_tokens_decoder"].IsNull)
            return;
        foreach ((string id, JsonField token) in root["added_tokens_decoder"].Entries())
            _added.Add(AddedToken.Read(token, Number(id, token)));
    }

    private void ReadAdded(JsonField root)
    {
        foreach ((string content, JsonField id) in root.Entries())
            _added.Add(new AddedToken(id.Number(0, ModelReader.MostIds - 1), content, Special: false, SingleWord: false, TakesLeft: false, TakesRight: false, Normalized: true));
    }

    private static int Number(string text, JsonField field) =>
        int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int id) && id < ModelReader.MostIds ? id : throw field.Wrong("named by a token's id");

    private static string? Token(JsonField field) => field.IsNull ? null : field.IsObject ? field["content"].Text() : field.Text();

    private static bool? Flag(JsonField field) => field.IsNull ? null : field.FlagOr(false);

    private static void Use(string folder, string name, Action<JsonField> read)
    {
        string path = Path.Combine(folder, name);
        if (!File.Exists(path))
            return;
        try
        {
            using JsonDocument document = JsonDocument.Parse(TokenizerSource.Read(path));
            read(new JsonField(document.RootElement, ""));
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw new KansformersException($"'{path}' is not JSON that can be read; restore or remove it", failure);
        }
        catch (KansformersException failure)
        {
            throw new KansformersException($"'{path}' cannot be used: {failure.Message}", failure);
        }
    }
}
