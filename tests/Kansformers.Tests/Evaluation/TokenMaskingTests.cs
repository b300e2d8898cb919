using Kansformers.Evaluation;
using Kansformers.Runtime;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Tests.Evaluation;

/// <summary>Which tokens are hidden from a model, and what stands in their place.</summary>
public class TokenMaskingTests
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz ";

    private static readonly CharTokenizer Characters = new(Letters);

    [Fact]
    public void Shares_are_those_that_were_asked_for()
    {
        EncoderTokens tokens = EncoderTokens.Of(Characters);
        TokenMasking masking = new(new MaskingOptions(), Characters, tokens);
        int rows = 4000, length = 62, chosen = 0, masked = 0, same = 0, other = 0;
        long[] seen = new long[length], text = [.. Enumerable.Range(0, length).Select(i => (long)(i * 7 % Letters.Length))], targets = new long[length];
        for (int row = 0; row < rows; row++)
        {
            text.CopyTo(seen, 0);
            chosen += masking.Apply(seen, targets, KeyedDraws.Key(1, row));
            for (int i = 0; i < length; i++)
            {
                Assert.True(targets[i] == TokenMasking.NoTarget ? seen[i] == text[i] : targets[i] == text[i]);
                if (targets[i] == TokenMasking.NoTarget)
                    continue;
                masked += seen[i] == tokens.Mask ? 1 : 0;
                same += seen[i] == text[i] ? 1 : 0;
                other += seen[i] != tokens.Mask && seen[i] != text[i] ? 1 : 0;
                Assert.InRange(seen[i], 0, Letters.Length); // a character, or the mask
            }
        }

        // Another token drawn is the same one in a 27th of all cases.
        double all = chosen;
        Assert.Equal(0.15, all / (rows * length), 0.001);
        Assert.Equal(0.8, masked / all, 0.006);
        Assert.Equal(0.1 * 26 / 27, other / all, 0.005);
        Assert.Equal(0.1 + (0.1 / 27), same / all, 0.005);
    }

    [Fact]
    public void The_same_key_hides_the_same_and_another_key_others()
    {
        TokenMasking masking = new(new MaskingOptions(), Characters, EncoderTokens.Of(Characters));
        string[] found = [.. ((long[])[1, 1, 2, 3]).Select(key =>
        {
            long[] row = [.. Enumerable.Range(0, 27).Select(i => (long)i)], targets = new long[27];
            masking.Apply(row, targets, KeyedDraws.Key(key));
            return string.Join(' ', row.Concat(targets));
        })];
        Assert.Equal(found[0], found[1]);
        Assert.Equal(3, found.Distinct().Count());
    }

    [Fact]
    public void Special_tokens_are_never_hidden_and_a_text_of_one_token_is()
    {
        using TestFolder folder = new();
        Tokenizer tokenizer = WordPieces(folder);
        TokenMasking masking = new(new MaskingOptions { Share = 0.99 }, tokenizer, EncoderTokens.Of(tokenizer));
        for (int key = 0; key < 200; key++)
        {
            long[] row = [2, 7, 1, 3, 0, 0], targets = new long[6];
            Assert.Equal(1, masking.Apply(row, targets, (ulong)key));
            Assert.Equal([-1, 7, -1, -1, -1, -1], targets);
            Assert.Equal([2, 1, 3, 0, 0], row.Where((_, i) => i != 1));
        }

        Assert.Equal(0, masking.Apply([2, 3], new long[2], 1));
    }

    [Fact]
    public void Words_are_hidden_as_a_whole()
    {
        using TestFolder folder = new();
        Tokenizer tokenizer = WordPieces(folder);
        long[] text = [.. tokenizer.Encode("the quickly fox quickest jumps").Select(id => (long)id)];
        Assert.Equal("the quick ##ly fox quick ##est jumps", string.Join(' ', text.Select(id => ((HuggingFaceTokenizer)tokenizer).TokenOf((int)id))));
        Whole(tokenizer, text, [[0], [1, 2], [3], [4, 5], [6]]);
        long[] pairs = [.. Gpt2Tokenizer.Instance.Encode("Kolmogorov and Arnoldistic").Select(id => (long)id)];
        int and = Array.IndexOf(pairs, Gpt2Tokenizer.Instance.Encode(" and")[0]);
        Assert.True(and > 1 && and < pairs.Length - 2);
        Whole(Gpt2Tokenizer.Instance, pairs, [[.. Enumerable.Range(0, and)], [and], [.. Enumerable.Range(and + 1, pairs.Length - and - 1)]]);
    }

    [Fact]
    public void Rows_have_special_tokens_around_their_text_which_are_not_guessed()
    {
        MaskedRows rows = new(new MaskingOptions { Share = 0.5 }, Characters, new BertOptions { BlockSize = 8, VocabularySize = 31 });
        Assert.Equal((8, 6), (rows.Length, rows.TextLength));
        long[] text = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
        RowBatch batch = rows.Make(text, 6, row => (ulong)row);
        Assert.Equal((2, 6, 12), (batch.Rows, batch.Wanted, batch.Tokens));
        for (int row = 0; row < 2; row++)
        {
            long[] ids = batch.Ids[(8 * row)..(8 * (row + 1))], targets = batch.Targets[(8 * row)..(8 * (row + 1))];
            Assert.Equal((29, 30, -1, -1), (ids[0], ids[7], targets[0], targets[7]));
            Assert.Equal(3, targets.Count(target => target >= 0));
            for (int i = 1; i < 7; i++)
                Assert.Equal(text[(6 * row) + i - 1], targets[i] >= 0 ? targets[i] : ids[i]);
        }

        Assert.Contains("block size is 2, of which 2 tokens stand around", Assert.Throws<KansformersException>(() => new MaskedRows(new MaskingOptions(), Characters, new BertOptions { BlockSize = 2, VocabularySize = 31 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_is_told()
    {
        Told("the char tokenizer does not tell where words begin", () => new TokenMasking(new MaskingOptions { Unit = MaskedUnit.Word }, Characters, EncoderTokens.Of(Characters)));
        Told("the char tokenizer has no mask token, and the model's 27 ids leave no room", () => new TokenMasking(new MaskingOptions(), Characters, EncoderTokens.Of(Characters, 27)));
        Told("mask share is 0; it must be above 0", () => new TokenMasking(new MaskingOptions { Share = 0 }, Characters, EncoderTokens.Of(Characters)));
        Told("random share is 0.5", () => new TokenMasking(new MaskingOptions { Random = 0.5 }, Characters, EncoderTokens.Of(Characters)));

        static void Told(string words, Func<object> action) => Assert.Contains(words, Assert.Throws<KansformersException>(action).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Special_tokens_are_the_tokenizers_own_or_lie_beyond_its_vocabulary()
    {
        using TestFolder folder = new();
        EncoderTokens own = EncoderTokens.Of(WordPieces(folder)), beyond = EncoderTokens.Of(Characters), none = EncoderTokens.Of(Characters, 28);
        Assert.Equal((11, 4, 0, 2), (own.Vocabulary, own.Mask, own.Padding, own.AroundText));
        Assert.Equal([2, 7, 3], own.Template.Fill([7], null).Ids);
        Assert.Equal((31, 27, 28, 2), (beyond.Vocabulary, beyond.Mask, beyond.Padding, beyond.AroundText));
        ModelInput pair = beyond.Template.Fill([1, 2], [3]);
        Assert.Equal([29, 1, 2, 30, 3, 30], pair.Ids);
        Assert.Equal([0, 0, 0, 0, 1, 1], pair.TypeIds);
        Assert.Equal((28, 27, null, 0), (none.Vocabulary, none.Mask, none.Padding, none.AroundText));
        Assert.Equal([5], none.Template.Fill([5], null).Ids);
    }

    [Fact]
    public void Long_texts_are_cut_and_the_longer_of_a_pair_gives_first()
    {
        EncoderInputs inputs = new(EncoderTokens.Of(Characters), 9);
        Assert.Equal([29, 0, 1, 30], Ids([0, 1], null, false));
        Assert.Equal([29, 0, 1, 2, 3, 4, 5, 6, 30], Ids([0, 1, 2, 3, 4, 5, 6, 7, 8], null, true));
        Assert.Equal([29, 0, 1, 2, 3, 30, 9, 8, 30], Ids([0, 1, 2, 3, 4, 5], [9, 8], true));
        Assert.Equal([29, 0, 30, 9, 8, 7, 6, 5, 30], Ids([0], [9, 8, 7, 6, 5, 4, 3], true));
        Assert.Equal([29, 0, 1, 2, 30, 9, 8, 7, 30], Ids([0, 1, 2, 3, 4, 5], [9, 8, 7, 6, 5], true));

        IReadOnlyList<int> Ids(int[] first, int[]? second, bool isCut)
        {
            IReadOnlyList<int> ids = inputs.Of(new EncodedText(first, second), out bool cut).Ids;
            Assert.Equal(isCut, cut);
            return ids;
        }
    }

    internal static Tokenizer WordPieces(TestFolder folder) =>
        Tokenizer.Open(folder.Write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nquick\nfox\njumps\n##ly\n##est\n"));

    private static void Whole(Tokenizer tokenizer, long[] text, int[][] words)
    {
        TokenMasking masking = new(new MaskingOptions { Unit = MaskedUnit.Word, Share = 0.3 }, tokenizer, EncoderTokens.Of(tokenizer));
        HashSet<int> hidden = [];
        for (int key = 0; key < 100; key++)
        {
            long[] row = [.. text], targets = new long[text.Length];
            Assert.True(masking.Apply(row, targets, (ulong)key) > 0);
            for (int word = 0; word < words.Length; word++)
            {
                Assert.Single(words[word].Select(i => targets[i] != TokenMasking.NoTarget).Distinct());
                if (targets[words[word][0]] != TokenMasking.NoTarget)
                    hidden.Add(word);
            }
        }

        Assert.Equal(words.Length, hidden.Count);
    }
}
