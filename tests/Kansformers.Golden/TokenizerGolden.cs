using System.Globalization;
using System.Text.Json;
using Kansformers.Text;

namespace Kansformers.Golden;

/// <summary>A golden file of texts and their ids by several tokenizers, whose vocabularies lie in a folder <c>vocab</c> beside the file or beside its folder.</summary>
internal static class TokenizerGolden
{
    public const string Kind = "tokenizers";

    public static bool Is(string path) => Path.GetExtension(path).Equals(".json", StringComparison.OrdinalIgnoreCase);

    public static GoldenReport Run(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            return new GoldenReport(path, Kind, [.. Rows(document.RootElement.GetProperty("cases"), path)]);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new KansformersException($"'{path}' is no golden file of a known kind: one of tokenizers has cases, each a text with ids", failure);
        }
    }

    private static IEnumerable<GoldenRow> Rows(JsonElement cases, string path)
    {
        Dictionary<string, Tokenizer> tokenizers = [];
        foreach ((JsonElement item, int index) in cases.EnumerateArray().Select((item, index) => (item, index)))
        {
            string text = item.GetProperty("text").GetString()!;
            foreach (JsonProperty ids in item.EnumerateObject().Where(property => property.Value.ValueKind == JsonValueKind.Array))
            {
                if (!tokenizers.TryGetValue(ids.Name, out Tokenizer? tokenizer))
                    tokenizers.Add(ids.Name, tokenizer = Open(ids.Name, path));
                int[] expected = [.. ids.Value.EnumerateArray().Select(id => id.GetInt32())], actual = tokenizer.Encode(text);
                yield return Row(string.Create(CultureInfo.InvariantCulture, $"{ids.Name}[{index}]"), expected, actual);
            }
        }
    }

    private static GoldenRow Row(string name, int[] expected, int[] actual)
    {
        string shape = $"({expected.Length})";
        if (expected.Length != actual.Length)
            return new GoldenRow($"{name}: computed ({actual.Length})", shape, double.NaN, double.NaN, 0);
        double worst = expected.Zip(actual, (left, right) => Math.Abs((double)left - right)).DefaultIfEmpty(0).Max();
        return new GoldenRow(name, shape, worst, worst / Math.Max(1, expected.DefaultIfEmpty(0).Max()), 0);
    }

    private static Tokenizer Open(string name, string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        string? vocabularies = new[] { Path.Combine(folder, "vocab"), Path.Combine(folder, "..", "vocab") }.FirstOrDefault(Directory.Exists);
        string At(string file) => vocabularies is not null && File.Exists(Path.Combine(vocabularies, file)) ? Path.Combine(vocabularies, file)
            : throw new KansformersException($"the ids of '{name}' need the vocabulary {file}, in a folder 'vocab' beside '{path}' or beside its folder");
        return name switch
        {
            "gpt2" when vocabularies is null => Gpt2Tokenizer.Instance,
            "gpt2" => Tokenizer.Open(At("gpt2-encoder.json")),
            "roberta" => Roberta(At("roberta-dict.txt"), At("gpt2-encoder.json"), At("gpt2-vocab.bpe")),
            "bert_uncased" => Tokenizer.Open(At("bert-base-uncased-vocab.txt")),
            "bert_cased" => Tokenizer.Open(At("bert-base-cased-vocab.txt")),
            _ => throw new KansformersException($"'{path}' has ids of '{name}', which is no tokenizer known here: gpt2, roberta, bert_uncased, bert_cased"),
        };
    }

    /// <summary>fairseq counts GPT-2's ids in its own order: a line of its list is one of them, after four special tokens; the mask comes last.</summary>
    public static Tokenizer Roberta(string list, string encoder, string merges)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(encoder));
        Dictionary<string, string> tokens = document.RootElement.EnumerateObject().ToDictionary(entry => entry.Value.GetInt32().ToString(CultureInfo.InvariantCulture), entry => entry.Name);
        Dictionary<string, int> vocabulary = new() { ["<s>"] = 0, ["<pad>"] = 1, ["</s>"] = 2, ["<unk>"] = 3 };
        foreach (string line in File.ReadLines(list).Where(line => line.Length > 0))
        {
            string name = line.Split(' ')[0];
            vocabulary.Add(tokens.GetValueOrDefault(name, name), vocabulary.Count);
        }

        vocabulary.Add("<mask>", vocabulary.Count);
        byte[] json = VocabularyFiles.Pairs(JsonSerializer.SerializeToUtf8Bytes(vocabulary), File.ReadAllBytes(merges), new TokenizerConfig(), list);
        return HuggingFaceTokenizer.Parse(json);
    }
}
