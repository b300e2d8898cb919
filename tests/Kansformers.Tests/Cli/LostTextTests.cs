using System.Globalization;
using System.Text;
using System.Text.Json;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Tests.Cli;

/// <summary>Characters without a token are counted and told by every verb, and bits per byte divide by the text that was scored.</summary>
[Collection(TrainedRunTests.Name)]
public class LostTextTests
{
    private const string Lossy = """
        {"pre_tokenizer":{"type":"WhitespaceSplit"},"decoder":null,"model":{"type":"BPE","vocab":{"u":0,"g":1,"ug":2,"b":3},"merges":["u g"]}}
        """;

    private const string NoSpaces = """
        {"pre_tokenizer":null,"decoder":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"Ġ":3,"c":4},"merges":["a b"]}}
        """;

    private const string Pieces = """
        {"normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},"pre_tokenizer":{"type":"BertPreTokenizer"},
         "decoder":{"type":"WordPiece","prefix":"##"},"model":{"type":"WordPiece","unk_token":"[UNK]","vocab":{"[UNK]":0,"hello":1,"##s":2,"cafe":3}}}
        """;

    [Theory]
    [InlineData(Pieces, "hello q q q q", null, 8, 0)]
    [InlineData(Pieces, "hello q q q q\n", null, 8, 0)]
    [InlineData(Pieces, "hello q q q q", 2, 4, 0)]
    [InlineData(Pieces, "q CAFÉ hellos 日本語", null, 23, 0)]
    [InlineData(Lossy, "bug mug😀", null, 5, 2)]
    [InlineData(Lossy, "bug mug😀 b", null, 7, 2)]
    [InlineData(NoSpaces, "ab ab c", null, 3, 2)]
    public void Bits_per_byte_divide_by_the_text_that_was_scored(string tokenizer, string text, int? most, int bytes, int lost)
    {
        using TestFolder folder = new();
        string[] call = [.. Call(folder, tokenizer, text), .. most is int tokens ? ["--max-tokens", tokens.ToString(CultureInfo.InvariantCulture)] : Array.Empty<string>()];
        for (int again = 0; again < 2; again++)
        {
            CliResult result = Cli.Run(call);
            Assert.True(result.Code == 0, result.Error);
            JsonElement json = JsonDocument.Parse(result.Out).RootElement;
            double nats = json.GetProperty("loss").GetDouble() * json.GetProperty("tokens").GetInt64();
            Assert.Equal(bytes, nats / Math.Log(2) / json.GetProperty("bits_per_byte").GetDouble(), 6);
            Assert.Equal(lost, json.GetProperty("lost_characters").GetInt64());
            Assert.Equal(lost > 0, result.Error.Contains($"{lost} characters", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Bits_per_byte_are_absent_where_tokens_do_not_tell_their_text()
    {
        using TestFolder folder = new();
        string[] call = Call(folder, Pieces, "x"), plain = [.. call.Where(word => word != "--json")];
        File.WriteAllBytes(folder["ready.bin"], [1, 0, 2, 0, 3, 0]);
        JsonElement json = JsonDocument.Parse(Cli.Run([.. call.Select(word => word.EndsWith("text.txt", StringComparison.Ordinal) ? folder["ready.bin"] : word)]).Out).RootElement;
        Assert.Equal(JsonValueKind.Null, json.GetProperty("bits_per_byte").ValueKind);
        Assert.Contains("bits per byte   unknown", Cli.Run([.. plain.Select(word => word.EndsWith("text.txt", StringComparison.Ordinal) ? folder["ready.bin"] : word)]).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Lossy, "bug mug😀 ", "2 characters (5 bytes) without a token, the first 'm' (U+006D)")]
    [InlineData(NoSpaces, "ab ab ", "2 characters (2 bytes) without a token, the first U+0020")]
    public void Every_verb_says_what_it_leaves_out_and_training_refuses(string json, string text, string told)
    {
        using TestFolder folder = new();
        string tokenizer = folder.Write("tokenizer.json", json), one = folder.Write("one.txt", text), run = folder["run"];
        CliResult encode = Cli.Run("tokenizer", "encode", text, "--tokenizer", tokenizer, "--json");
        Assert.Contains(told, encode.Error, StringComparison.Ordinal);
        Assert.Equal(2, JsonDocument.Parse(encode.Out).RootElement.GetProperty("lost_characters").GetInt32());
        CliResult tokenize = Cli.Run("tokenize", "--data", one, "--tokenizer", tokenizer, "--json");
        Assert.Contains(told, tokenize.Error, StringComparison.Ordinal);
        Assert.Equal(2, JsonDocument.Parse(tokenize.Out).RootElement.GetProperty("lost_characters").GetInt32());
        Assert.Contains(told, Cli.Run("tokenize", "--data", one, "--tokenizer", tokenizer).Out, StringComparison.Ordinal);

        string many = folder.Write("many.txt", string.Concat(Enumerable.Repeat(text, 100))), clean = folder.Write("clean.txt", string.Concat(Enumerable.Repeat(json == Lossy ? "bug " : "ab", 100)));
        string[] train = [.. Cli.Args("train " + Cli.Small), "--tokenizer", tokenizer, "--out", run];
        Cli.AssertFails(1, [many, "200 characters", told[told.IndexOf("the first", StringComparison.Ordinal)..], "--unknown-characters skip"], [.. train, "--data", many]);
        Cli.AssertFails(1, [one, told, "--unknown-characters skip"], [.. train, "--data", clean, "--val-data", one]);
        Assert.False(Directory.Exists(run));
        CliResult trained = Cli.Run([.. train, "--data", many, "--unknown-characters", "skip", "--json", "--prompt", text]);
        Assert.True(trained.Code == 0, trained.Error);
        Assert.Equal(200, JsonDocument.Parse(trained.Out).RootElement.GetProperty("lost_characters").GetInt32());
        Assert.Contains("200 characters", trained.Error, StringComparison.Ordinal);
        Assert.Contains($"--prompt: {told}", trained.Error, StringComparison.Ordinal);
        Assert.Contains("200 characters", File.ReadAllText(Path.Combine(run, "README.md")), StringComparison.Ordinal);
        CliResult sample = Cli.Run("sample", run, "--prompt", text, "--max-new-tokens", "2");
        Assert.True(sample.Code == 0, sample.Error);
        Assert.Contains($"the prompt: {told}", sample.Error, StringComparison.Ordinal);
        Assert.Equal(0, Cli.Run("train", "--resume", run).Code);
        Cli.AssertFails(2, ["--unknown-characters"], "train", "--unknown-characters", "drop");
    }

    [Fact]
    public void A_tokenizer_of_characters_leaves_out_what_it_does_not_know_when_told_so()
    {
        using TestFolder folder = new();
        new CharTokenizer("ab ").Save(folder["saved"]);
        string text = folder.Write("text.txt", string.Concat(Enumerable.Repeat("ab ac é ", 50)));
        string[] train = [.. Cli.Args("train " + Cli.Small), "--tokenizer", folder["saved"], "--data", text, "--out", folder["run"], "--json"];
        Cli.AssertFails(1, ["'c' (U+0063)"], train);
        CliResult trained = Cli.Run([.. train, "--unknown-characters", "skip"]);
        Assert.True(trained.Code == 0, trained.Error);
        Assert.Equal(100, JsonDocument.Parse(trained.Out).RootElement.GetProperty("lost_characters").GetInt32());
        CliResult sample = Cli.Run("sample", folder["run"], "--prompt", "abc", "--max-new-tokens", "2", "--json");
        Assert.Equal(1, JsonDocument.Parse(sample.Out).RootElement.GetProperty("prompt_lost_characters").GetInt32());
    }

    // An evaluation of a model with such a tokenizer.
    private static string[] Call(TestFolder folder, string tokenizer, string text)
    {
        string path = folder["model"];
        using (Gpt model = TinyGpt.Make(KanPlacement.None, vocabulary: HuggingFaceTokenizer.Parse(Encoding.UTF8.GetBytes(tokenizer)).VocabularySize))
            HuggingFaceModel.Save(model, path);
        File.WriteAllText(Path.Combine(path, "tokenizer.json"), tokenizer);
        return ["eval", path, "--data", folder.Write("text.txt", text), "--json"];
    }
}
