using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Kansformers.Files;

namespace Kansformers.Text;

/// <summary>The file of a tokenizer: <c>{"kind": "char", "characters": "...", "unknown": "Refuse"}</c>; <c>gpt2</c> and <c>byte</c> need no more than their kind, and <c>huggingface</c> holds the whole <c>tokenizer.json</c>.</summary>
internal static class TokenizerFile
{
    public const string Name = "tokenizer.kansformers.json";

    private static readonly JsonSerializerOptions Options = new()
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(), WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static void Save(Tokenizer tokenizer, string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        CharTokenizer? characters = tokenizer as CharTokenizer;
        if (tokenizer is HuggingFaceTokenizer foreign)
        {
            // As it stands: what another program wrote must not change on the way.
            byte[] json = foreign.Json.ToArray();
            AtomicFile.Write(Path.Combine(folder, Name), stream =>
            {
                stream.Write(Encoding.UTF8.GetBytes($"{{\"kind\": \"{HuggingFaceTokenizer.KindName}\", \"tokenizer\":\n"));
                stream.Write(json);
                stream.Write("\n}\n"u8);
            });
            return;
        }

        Content content = new(tokenizer.Kind, characters?.Characters, characters?.Unknown.ToString(), null);
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
        if (content is { Kind: HuggingFaceTokenizer.KindName, Tokenizer: JsonElement json })
            return new HuggingFaceTokenizer(TokenizerDefinition.Read(JsonMarshal.GetRawUtf8Value(json).ToArray(), $"file '{path}'"));
        if (content?.Kind != "char")
            throw Damaged(path, $"it names no known kind of tokenizer ('{content?.Kind}'; known are gpt2, char, byte and {HuggingFaceTokenizer.KindName})");
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

    private sealed record Content(string? Kind, string? Characters, string? Unknown, JsonElement? Tokenizer);
}
