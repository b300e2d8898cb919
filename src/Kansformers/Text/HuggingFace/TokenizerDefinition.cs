using System.Text.Json;

namespace Kansformers.Text;

/// <summary>What a <c>tokenizer.json</c> says, checked.</summary>
internal sealed record TokenizerDefinition
{
    private const int MostHoles = 1 << 16;

    public required byte[] Json { get; init; }

    public required WordModel Model { get; init; }

    public required IReadOnlyList<AddedToken> Added { get; init; }

    /// <summary>The tokens in the order of their ids.</summary>
    public required string[] Tokens { get; init; }

    public TextNormalizer? Normalizer { get; init; }

    public PreTokenizer? PreTokenizer { get; init; }

    public SpecialTemplate? Template { get; init; }

    public required TokenDecoder Decoder { get; init; }

    /// <summary>Reads the content of a <c>tokenizer.json</c>.</summary>
    /// <param name="json">UTF-8.</param>
    /// <param name="source">What to call the file in messages.</param>
    public static TokenizerDefinition Read(byte[] json, string source)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return Read(new JsonField(document.RootElement, ""), json);
        }
        catch (JsonException failure)
        {
            throw new KansformersException($"the tokenizer {source} is not JSON that can be read: {failure.Message.ReplaceLineEndings(" ").TrimEnd('.')}", failure);
        }
        catch (InvalidOperationException failure)
        {
            // What the JSON reader throws at a name that is not Unicode while it looks for others of the same name.
            throw new KansformersException($"the tokenizer {source} holds text that is not Unicode", failure);
        }
        catch (KansformersException failure)
        {
            throw new KansformersException($"the tokenizer {source} cannot be used: {failure.Message}", failure);
        }
    }

    // Truncation and padding are for the batches of a model, not for text, and have no part in what a text's ids are.
    private static TokenizerDefinition Read(JsonField root, byte[] json)
    {
        root.Only("version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder", "model");
        PreTokenizer? preTokenizer = PipelineReader.PreTokenizer(root["pre_tokenizer"], out bool bytes);
        WordModel model = ModelReader.Read(root["model"], bytes);
        AddedToken[] added = root["added_tokens"].IsNull ? [] : [.. root["added_tokens"].Items().Select(ReadAdded)];
        string[] tokens = Join(model.Vocabulary, added);
        return new TokenizerDefinition
        {
            Json = json,
            Model = model,
            Added = added,
            Tokens = tokens,
            Normalizer = PipelineReader.Normalizer(root["normalizer"]),
            PreTokenizer = preTokenizer,
            Template = new TemplateReader(tokens.Length).Read(root["post_processor"]),
            Decoder = DecoderReader.Read(root["decoder"]),
        };
    }

    private static AddedToken ReadAdded(JsonField item) =>
        AddedToken.Read(item.Only("id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"), item["id"].Number(0, ModelReader.MostIds - 1));

    private static string[] Join(IReadOnlyDictionary<string, int> vocabulary, AddedToken[] added)
    {
        Dictionary<int, string> byId = vocabulary.ToDictionary(entry => entry.Value, entry => entry.Key);
        HashSet<string> contents = [];
        foreach (AddedToken token in added)
        {
            if (!contents.Add(token.Content))
                throw new KansformersException($"the token '{token.Content}' is added twice");
            if (vocabulary.TryGetValue(token.Content, out int id) && id != token.Id)
                throw new KansformersException($"the added token '{token.Content}' has the id {token.Id}, and {id} in the vocabulary");
            if (byId.TryGetValue(token.Id, out string? other) && other != token.Content)
                throw new KansformersException($"the added token '{token.Content}' has the id {token.Id}, which '{other}' has too");
            byId[token.Id] = token.Content;
        }

        if (byId.Count == 0)
            throw new KansformersException("it has no tokens");
        // Some files leave ids out. They stand for nothing, and no text has them.
        int most = byId.Keys.Max();
        if (most > (2L * byId.Count) + MostHoles)
            throw new KansformersException($"it has {byId.Count} tokens, but ids up to {most}; the file is damaged");
        string[] tokens = new string[most + 1];
        for (int id = 0; id < tokens.Length; id++)
            tokens[id] = byId.GetValueOrDefault(id, "");
        return tokens;
    }
}
