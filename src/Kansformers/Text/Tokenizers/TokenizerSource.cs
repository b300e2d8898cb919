using System.Text.Json;
using Kansformers.Files;

namespace Kansformers.Text;

/// <summary>Finds out what kind of tokenizer a name or path is.</summary>
internal static class TokenizerSource
{
    private const long LargestFile = 1L << 29;

    private static readonly (string Vocabulary, string Merges)[] Pairs = [("vocab.json", "merges.txt"), ("encoder.json", "vocab.bpe")];

    /// <summary>Whether a name may be opened: for a refusal before any work is done.</summary>
    public static bool Exists(string nameOrPath) => TokenizerFile.OfKind(nameOrPath) is not null || Path.Exists(nameOrPath);

    /// <summary>Whether a folder holds a file of a tokenizer.</summary>
    public static bool IsIn(string folder) => FileIn(folder) is not null;

    public static Tokenizer Open(string nameOrPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(nameOrPath);
        if (TokenizerFile.OfKind(nameOrPath) is { } simple)
            return simple;
        if (Directory.Exists(nameOrPath))
            return OpenFolder(nameOrPath);
        return File.Exists(nameOrPath) ? OpenFile(nameOrPath)
            : throw new KansformersException($"there is no tokenizer '{nameOrPath}'; choose gpt2, char, byte, a tokenizer.json, a vocab.json or vocab.txt, or a folder with such files or a saved tokenizer");
    }

    private static Tokenizer OpenFolder(string folder) => FileIn(folder) switch
    {
        null => throw new KansformersException($"there is no tokenizer in '{folder}': it has none of {TokenizerFile.Name}, tokenizer.json, vocab.json and vocab.txt; give the folder of a run or of a saved tokenizer"),
        TokenizerFile.Name => Tokenizer.Load(folder),
        string name => OpenFile(Path.Combine(folder, name)),
    };

    private static string? FileIn(string folder) =>
        Array.Find([TokenizerFile.Name, "tokenizer.json", "vocab.json", "encoder.json", "vocab.txt"], name => File.Exists(Path.Combine(folder, name)));

    private static HuggingFaceTokenizer OpenFile(string path)
    {
        string name = Path.GetFileName(path), folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (Path.GetExtension(name).Equals(".json", StringComparison.OrdinalIgnoreCase))
        {
            byte[] content = Read(path);
            foreach ((string vocabulary, string merges) in Pairs)
            {
                if (name.EndsWith(vocabulary, StringComparison.Ordinal))
                {
                    string beside = Path.Combine(folder, name[..^vocabulary.Length] + merges);
                    if (!File.Exists(beside))
                        throw new KansformersException($"'{path}' is a vocabulary without its merges: put {Path.GetFileName(beside)} beside it, or give a tokenizer.json");
                    return Make(VocabularyFiles.Pairs(content, Read(beside), TokenizerConfig.Read(folder), path), path);
                }
            }

            return Make(content, path);
        }

        if (Path.GetExtension(name).Equals(".txt", StringComparison.OrdinalIgnoreCase) && name.Contains("vocab", StringComparison.OrdinalIgnoreCase))
            return Make(VocabularyFiles.WordPieces(Read(path), TokenizerConfig.Read(folder), path), path);
        throw new KansformersException($"'{path}' is no tokenizer by its name; give a tokenizer.json, a vocab.json with merges.txt beside it, a vocab.txt, or a folder with such files");
    }

    private static HuggingFaceTokenizer Make(byte[] json, string path) => new(TokenizerDefinition.Read(json, $"'{path}'"));

    internal static byte[] Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length > LargestFile)
                throw new KansformersException($"'{path}' is larger than any tokenizer; give a tokenizer.json, a vocab.json or a vocab.txt");
            return File.ReadAllBytes(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new KansformersException($"cannot read '{path}': {AtomicFile.Reason(failure)}", failure);
        }
    }
}

/// <summary>What a <c>tokenizer_config.json</c> beside vocabulary files adds to them; all null where there is none.</summary>
internal sealed record TokenizerConfig(bool? AddPrefixSpace, bool? LowerCase, bool? StripAccents, bool? SpaceIdeographs, string? Unknown, string? Class = null)
{
    public static TokenizerConfig Read(string folder)
    {
        string path = Path.Combine(folder, "tokenizer_config.json");
        if (!File.Exists(path))
            return new TokenizerConfig(null, null, null, null, null);
        try
        {
            using JsonDocument document = JsonDocument.Parse(TokenizerSource.Read(path));
            JsonField root = new(document.RootElement, "");
            JsonField unknown = root["unk_token"];
            return new TokenizerConfig(Flag(root["add_prefix_space"]), Flag(root["do_lower_case"]), Flag(root["strip_accents"]), Flag(root["tokenize_chinese_chars"]), unknown.IsNull ? null : unknown.IsObject ? unknown["content"].Text() : unknown.Text(), root["tokenizer_class"].IsNull ? null : root["tokenizer_class"].Text());
        }
        catch (JsonException failure)
        {
            throw new KansformersException($"'{path}' is not JSON that can be read; restore or remove it", failure);
        }
        catch (KansformersException failure)
        {
            throw new KansformersException($"'{path}' cannot be used: {failure.Message}", failure);
        }

        static bool? Flag(JsonField field) => field.IsNull ? null : field.FlagOr(false);
    }
}
