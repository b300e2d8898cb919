using System.Text.Json;
using Kansformers.Files;

namespace Kansformers.Text;

/// <summary>The file of a tokenizer: <c>{"kind": "char", "characters": "...", "unknown": "Refuse"}</c>; the other kinds need no more than their kind.</summary>
internal static class TokenizerFile
{
    public const string Name = "tokenizer.kansformers.json";

    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static void Save(Tokenizer tokenizer, string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        CharTokenizer? characters = tokenizer as CharTokenizer;
        Content content = new(tokenizer.Kind, characters?.Characters, characters?.Unknown.ToString());
        AtomicFile.WriteText(Path.Combine(folder, Name), JsonSerializer.Serialize(content, Options) + "\n");
    }

    public static Tokenizer Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string path = Path.Combine(folder, Name);
        try
        {
            return Make(JsonSerializer.Deserialize<Content>(File.ReadAllBytes(path), Options), path);
        }
        catch (JsonException failure)
        {
            throw Damaged(path, "it is not the JSON that was written", failure);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new KansformersException($"there is no tokenizer in '{folder}': {Name} is missing; give the folder of a run or of a saved tokenizer", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new KansformersException($"cannot read '{path}': {AtomicFile.Reason(failure)}", failure);
        }
    }

    /// <summary>The tokenizer of a kind that needs no corpus, or null.</summary>
    public static Tokenizer? OfKind(string? kind) => kind switch
    {
        "gpt2" => Gpt2Tokenizer.Instance,
        "byte" => ByteTokenizer.Instance,
        _ => null,
    };

    private static Tokenizer Make(Content? content, string path)
    {
        if (OfKind(content?.Kind) is { } simple)
            return simple;
        if (content?.Kind != "char")
            throw Damaged(path, $"it names no known kind of tokenizer ('{content?.Kind}'; known are gpt2, char and byte)");
        if (content.Characters is not { Length: > 0 } characters)
            throw Damaged(path, "it holds no characters");
        UnknownCharacters unknown = UnknownCharacters.Refuse;
        if (content.Unknown is not null && !Enum.TryParse(content.Unknown, out unknown))
            throw Damaged(path, $"'{content.Unknown}' says nothing about unknown characters");
        CharTokenizer tokenizer = new(characters, unknown);
        // A changed order or a lost character would silently change what every id means.
        return tokenizer.Characters == characters ? tokenizer : throw Damaged(path, "its characters are not distinct and in order");
    }

    private static KansformersException Damaged(string path, string why, Exception? inner = null) =>
        new($"the tokenizer file '{path}' is damaged: {why}; restore it from a copy, or train again", inner);

    private sealed record Content(string? Kind, string? Characters, string? Unknown);
}
