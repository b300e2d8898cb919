using System.Text;
using Kansformers.Generation;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Tests.Generation;

public class TextGeneratorTests
{
    private static readonly SamplingOptions Wild = new() { MaxNewTokens = 60, Temperature = 3, Seed = 2 };

    [Fact]
    public void Pieces_hold_whole_characters_and_make_up_the_text()
    {
        using Gpt model = TinyGpt.Make(KanPlacement.None, vocabulary: 256);
        TextGenerator generator = new(model, ByteTokenizer.Instance);
        int[] ids = [.. new TokenGenerator(model).Generate(ByteTokenizer.Instance.Encode("ab"), Wild)];
        List<string> pieces = [];
        GeneratedText generated = generator.Generate("ab", Wild, pieces.Add);
        Assert.Equal(ByteTokenizer.Instance.Decode(ids), generated.Text);
        Assert.Equal(generated.Text, string.Concat(pieces));
        Assert.All(pieces, piece => Assert.Equal(piece, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(piece))));
        Assert.Equal((FinishReason.Length, 2, 60, 0), (generated.FinishReason, generated.PromptTokens, generated.NewTokens, generated.Sample));
        Assert.InRange(generated.SecondsToFirstToken, 0, generated.Seconds);
        Assert.True(generated.TokensPerSecond > 0);
    }

    [Fact]
    public void Characters_of_several_tokens_come_whole()
    {
        const string Emoji = "😀é"; // the stop string differs from the emoji in its last byte only
        TokenStreamDecoder decoder = new(ByteTokenizer.Instance);
        StopScanner scanner = new(["😁"]);
        List<string> pieces = [.. ByteTokenizer.Instance.Encode(Emoji).Select(id => scanner.Append(decoder.Append(id))).Where(piece => piece.Length > 0)];
        Assert.Equal(["😀", "é"], pieces);
    }

    [Fact]
    public void A_stop_string_that_spans_tokens_is_cut_off_exactly()
    {
        CharTokenizer tokenizer = new("\nabcdefghijklmnop");
        using Gpt model = TinyGpt.Make(KanPlacement.All, vocabulary: tokenizer.VocabularySize);
        TextGenerator generator = new(model, tokenizer);
        string whole = generator.Generate("abc", Wild).Text;
        Assert.Equal(60, whole.Length);
        foreach ((int at, int length) in ((int, int)[])[(0, 1), (5, 3), (20, 5), (57, 3)])
        {
            string stop = whole.Substring(at, length);
            List<string> pieces = [];
            GeneratedText cut = generator.Generate("abc", Wild with { StopStrings = ["zzz", stop] }, pieces.Add);
            Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], cut.Text);
            Assert.Equal(cut.Text, string.Concat(pieces));
            Assert.Equal(FinishReason.StopString, cut.FinishReason);
            Assert.Equal(cut.Text.Length + length, cut.NewTokens);
        }

        string almost = whole[^3..] + "z";
        GeneratedText kept = generator.Generate("abc", Wild with { StopStrings = [almost] });
        Assert.Equal(whole, kept.Text);
        Assert.Equal(FinishReason.Length, kept.FinishReason);
    }

    [Fact]
    public void The_end_of_text_token_ends_the_text_unless_told_otherwise()
    {
        using Gpt model = TinyGpt.Make(KanPlacement.None, vocabulary: 50257);
        SamplingOptions greedy = new() { Temperature = 0, MaxNewTokens = 5 };
        using (TorchSharp.torch.no_grad())
        {
            // The head's rows are the tokens: one as large as this and of the sign of the hidden state wins always.
            TorchSharp.torch.Tensor head = model.named_parameters().First(entry => entry.name == "lm_head.weight").parameter;
            head.zero_();
            TorchSharp.torch.Tensor norm = model.named_parameters().First(entry => entry.name == "transformer.ln_f.bias").parameter;
            norm.fill_(100);
            head[50256].fill_(1);
        }

        TextGenerator generator = new(model, Gpt2Tokenizer.Instance);
        GeneratedText ended = generator.Generate("Hello", greedy);
        Assert.Equal((string.Empty, FinishReason.EndOfText, 1, 1), (ended.Text, ended.FinishReason, ended.NewTokens, ended.PromptTokens));
        GeneratedText on = generator.Generate("Hello", greedy with { StopAtEndOfText = false });
        Assert.Equal((5, FinishReason.Length), (on.NewTokens, on.FinishReason));
        Assert.Equal(string.Concat(Enumerable.Repeat("<|endoftext|>", 5)), on.Text);
        Assert.Equal(0, generator.Generate(string.Empty, greedy).PromptTokens);
    }

    [Fact]
    public void An_empty_prompt_starts_after_a_line_break_or_the_first_token()
    {
        using Gpt model = TinyGpt.Make(KanPlacement.None, vocabulary: 6);
        Assert.Equal(new TextGenerator(model, new CharTokenizer("\n\tabcd")).Generate("\n", Wild).Text, new TextGenerator(model, new CharTokenizer("\n\tabcd")).Generate(string.Empty, Wild).Text);
        Assert.Equal(new TextGenerator(model, new CharTokenizer("abcdef")).Generate("a", Wild).Text, new TextGenerator(model, new CharTokenizer("abcdef")).Generate(string.Empty, Wild).Text);
    }

    [Fact]
    public void Samples_differ_and_a_seed_repeats_them()
    {
        using Gpt model = TinyGpt.Make(KanPlacement.Mlp, vocabulary: 20);
        TextGenerator generator = new(model, new CharTokenizer("abcdefghijklmnop"));
        List<(int, string)> pieces = [];
        GeneratedText[] samples = [.. generator.GenerateAll("abc", Wild with { Samples = 3 }, (sample, piece) => pieces.Add((sample, piece)))];
        Assert.Equal([0, 1, 2], samples.Select(sample => sample.Sample));
        Assert.Equal(3, samples.Select(sample => sample.Text).Distinct().Count());
        Assert.Equal(samples.Select(sample => sample.Text), generator.GenerateAll("abc", Wild with { Samples = 3 }).Select(sample => sample.Text));
        Assert.Equal(samples[0].Text, generator.Generate("abc", Wild).Text);
        Assert.Equal(samples[1].Text, string.Concat(pieces.Where(piece => piece.Item1 == 1).Select(piece => piece.Item2)));
        Assert.NotEqual(samples[0].Text, generator.Generate("abc", Wild with { Seed = 3 }).Text);
        Assert.Contains("q", Assert.Throws<KansformersException>(() => generator.Generate("q", Wild)).Message, StringComparison.Ordinal);
    }
}
