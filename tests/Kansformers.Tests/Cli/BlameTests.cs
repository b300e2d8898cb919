using Kansformers.Text;

namespace Kansformers.Tests.Cli;

/// <summary>Messages name the file that is at fault, and where in it.</summary>
[Collection(TrainedRunTests.Name)]
public class BlameTests
{
    private const string Mark = Tokenizer.EndOfTextMark;

    [Theory]
    [InlineData("byte", "x", 1)]
    [InlineData("char", "a", 1)]
    [InlineData("gpt2", "the", 1)]
    public void Text_to_validate_on_that_is_too_short_is_named(string tokenizer, string text, int tokens)
    {
        using TestFolder folder = new();
        string train = folder.Write("train.txt", string.Concat(Enumerable.Repeat("some words to train on. ", 40))), validation = folder.Write("valid.txt", text);
        string[] call = [.. Cli.Args("train " + Cli.Small), "--data", train, "--val-data", validation, "--tokenizer", tokenizer, "--out", folder["run"]];
        Cli.AssertFails(1, [validation, $"{tokens} token to validate on"], call);
        Assert.DoesNotContain(train, Cli.Run(call).ErrorLines[^1], StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["run"]));
        Cli.AssertFails(1, [$"'valid.txt' has {tokens} tokens to train on"], [.. Cli.Args("train " + Cli.Small), "--data", validation, "--val-data", train, "--tokenizer", tokenizer, "--out", folder["run"]]);
    }

    [Theory]
    [InlineData("char", "a.txt", "one\ntwo\n" + "three " + Mark, "line 3")]
    [InlineData("byte", "a.txt", Mark, "line 1")]
    [InlineData("gpt2", "a.txt", "one\n\n\nfour " + Mark + " x\n", "line 4")]
    [InlineData("gpt2", "a.jsonl", "{\"text\":\"one\"}\n{\"text\":\"two\\n" + Mark + "\"}\n", "row 2")]
    [InlineData("char", "a.jsonl", "{\"text\":\"one\"}\n{\"text\":\"\"}\n{\"text\":\"" + Mark + "\"}\n", "row 3")]
    [InlineData("byte", "a.csv", "id,text\n1,one\n2,\"two\n" + Mark + "\"\n", "row 2")]
    public void A_special_token_that_is_refused_is_named_with_its_file_and_row(string tokenizer, string name, string text, string place)
    {
        using TestFolder folder = new();
        string bad = folder.Write(name, text), clean = folder.Write("clean.txt", string.Concat(Enumerable.Repeat("some words to train on. <|endoftex|>", 40)));
        string[] options = [.. Cli.Args(Cli.Small), "--special-tokens", "refuse", "--tokenizer", tokenizer, "--out", folder["run"]];
        Cli.AssertFails(1, [$"'{bad}' {place}: the text holds the special token {Mark}"], ["tokenize", "--data", bad, "--special-tokens", "refuse", "--tokenizer", tokenizer]);
        Cli.AssertFails(1, [$"'{bad}' {place}: the text holds the special token {Mark}"], ["train", .. options, "--data", clean, "--val-data", bad]);
        Assert.Equal(0, Cli.Run(["train", .. options, "--data", clean]).Code);
    }

    [Theory]
    [InlineData("char", 1)]
    [InlineData("byte", 2)]
    [InlineData("char", 7)]
    public void A_refused_token_is_found_wherever_a_stream_is_cut(string kind, int chunk)
    {
        Tokenizer tokenizer = kind == "byte" ? ByteTokenizer.Instance : new CharTokenizer("<|endoftext>. ");
        for (int before = 0; before < 20; before++)
        {
            TextPiece[] pieces = [.. (new string('.', before) + Mark + new string('.', 30)).Chunk(3).Select(part => new TextPiece(part, false, 0))];
            Assert.Throws<KansformersException>(() => new ParallelEncoder(tokenizer, SpecialTokens.Refuse, default, chunk).Encode(pieces).Count());
            Assert.Equal(before + Mark.Length + 30, new ParallelEncoder(tokenizer, SpecialTokens.AsText, default, chunk).Encode(pieces).Sum(part => part.Utf8Bytes));
        }

        TextPiece[] near = [.. ("<|endoftex" + new string('<', 40) + "|endoftext|>").Chunk(3).Select(part => new TextPiece(part, false, 0))];
        Assert.Throws<KansformersException>(() => new ParallelEncoder(tokenizer, SpecialTokens.Refuse, default, chunk).Encode(near).Count());
    }

    [Theory]
    [InlineData("char")]
    [InlineData("byte")]
    [InlineData("saved")]
    [InlineData("json")]
    public void Tokenizers_without_special_tokens_have_none_to_recognise(string kind)
    {
        using TestFolder folder = new();
        new CharTokenizer("abc ").Save(folder["saved"]);
        folder.Write("json/tokenizer.json", """{"pre_tokenizer":null,"decoder":null,"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}}""");
        string text = folder.Write("a.txt", "abc"), tokenizer = kind is "saved" or "json" ? folder[kind] : kind;
        Cli.AssertFails(1, ["--special-tokens recognise", "no special tokens"], "tokenize", "--data", text, "--tokenizer", tokenizer, "--special-tokens", "recognise");
        Cli.AssertFails(1, ["--special-tokens recognise", "no special tokens"], [.. Cli.Args("train " + Cli.Small), "--data", text, "--tokenizer", tokenizer, "--special-tokens", "recognise"]);
    }

    [Theory]
    [InlineData("a.txt", "abc\nab\n\naäb", "line 4", "'ä' (U+00E4)")]
    [InlineData("a.jsonl", "{\"text\":\"abc\"}\n{\"text\":\"q\"}\n", "row 2", "'q' (U+0071)")]
    public void A_character_that_is_not_known_is_named_with_its_file_and_row(string name, string text, string place, string character)
    {
        using TestFolder folder = new();
        string clean = folder.Write("clean.txt", string.Concat(Enumerable.Repeat("abc\n", 60))), bad = folder.Write(name, text);
        Assert.Equal(0, Cli.Run([.. Cli.Args("train " + Cli.Small), "--data", clean, "--out", folder["run"]]).Code);
        Cli.AssertFails(1, [$"'{bad}' {place}: ", character], "eval", folder["run"], "--data", bad);
        Cli.AssertFails(1, [$"'{bad}' {place}: ", character], "tokenize", "--data", bad, "--tokenizer", folder["run"]);
    }

    [Fact]
    public void A_line_far_into_a_file_is_found()
    {
        using TestFolder folder = new();
        string text = folder.Write("a.txt", string.Concat(Enumerable.Repeat("0123456789abcdef\n", 20_000)) + Mark);
        Cli.AssertFails(1, [$"'{text}' line 20001: "], "tokenize", "--data", text, "--tokenizer", "byte", "--special-tokens", "refuse");
    }

    [Fact]
    public void A_text_to_evaluate_that_is_too_short_and_a_text_to_validate_on_that_changed_are_named()
    {
        using TestFolder folder = new();
        string train = folder.Write("train.txt", string.Concat(Enumerable.Repeat("abc\n", 60))), validation = folder.Write("valid.txt", "abc abc abc abc"), one = folder.Write("one.txt", "a");
        Assert.Equal(0, Cli.Run([.. Cli.Args("train " + Cli.Small), "--data", train, "--val-data", validation, "--out", folder["run"]]).Code);
        Cli.AssertFails(1, [one, "1 token to evaluate"], "eval", folder["run"], "--data", one);
        folder.Write("valid.txt", "cba cba cba cba a");
        Cli.AssertFails(1, [train, validation, "is not the one"], "eval", folder["run"]);
    }
}
