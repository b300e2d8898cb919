using Kansformers.Cli.Bench;
using Kansformers.Generation;
using Kansformers.Tests.Transformers;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Generation;

/// <summary>Beam search beside plain programs that do the same without a cache, one text at a time.</summary>
public class BeamSearchTests
{
    private static readonly int[][] Inputs = [[4, 6, 3, 8], [5, 3], [7, 7, 7, 4, 6, 8], [3]];

    public static TheoryData<BeamOptions> Searches =>
    [
        new BeamOptions { Beams = 1, MaxNewTokens = 7 },
        new BeamOptions { Beams = 3, MaxNewTokens = 7 },
        new BeamOptions { Beams = 3, Returned = 3, Stop = BeamStop.First },
        new BeamOptions { Beams = 2, MaxNewTokens = 6, Stop = BeamStop.Proven, LengthPenalty = 2 },
        new BeamOptions { Beams = 4, MaxNewTokens = 7, LengthPenalty = -1, Returned = 2 },
        new BeamOptions { Beams = 4, MaxNewTokens = 7, LengthPenalty = 0, NoRepeatNgram = 2 },
        new BeamOptions { Beams = 3, MaxNewTokens = 7, NoRepeatNgram = 1, MinNewTokens = 3 },
        new BeamOptions { Beams = 3, MaxNewTokens = 5, ForcedBegin = 0, ForcedEnd = 2, Returned = 3 },
        new BeamOptions { Beams = 3, MaxNewTokens = 8, MinNewTokens = 6, Suppressed = [4, 1] },
        new BeamOptions { Beams = 3, MaxNewTokens = 6, EndOfText = [2, 5] },
        new BeamOptions { Beams = 3, MaxLength = 6, MinLength = 4, Returned = 3 },
    ];

    [Theory]
    [MemberData(nameof(Searches))]
    public void A_plain_search_finds_the_same(BeamOptions options)
    {
        using Bart model = BartTests.Make(vocabulary: 12);
        IReadOnlyList<IReadOnlyList<BeamResult>> found = new BeamSearch(model, options).Generate(Inputs);
        for (int input = 0; input < Inputs.Length; input++)
            Same(Plain(model, Inputs[input], options), found[input]);
    }

    [Fact]
    public void Among_the_searches_texts_end_early_and_come_to_the_most_tokens()
    {
        using Bart model = BartTests.Make(vocabulary: 12);
        (bool, bool)[] ways = [.. from row in Searches from texts in new BeamSearch(model, row.Data).Generate(Inputs) from text in texts select (text.HasEnded, text.Tokens.Count < (row.Data.MaxNewTokens ?? row.Data.MaxLength - 1 ?? 8))];
        Assert.Equal([(false, false), (true, false), (true, true)], ways.Distinct().Order());
    }

    [Fact]
    public void Beams_find_what_greedy_choice_misses()
    {
        // A head of its own and large weights: a likely token can lead to unlikely ones.
        using Bart model = BartTests.Make(options => options with { TiedHead = false, BlockSize = 16 }, vocabulary: 30);
        int[][] inputs = [[0, 17, 25, 2], [0, 8, 9, 26, 21, 2], [0, 27, 2]];
        BeamOptions beams = new() { Beams = 4, Returned = 4, MaxNewTokens = 15 };
        IReadOnlyList<IReadOnlyList<BeamResult>> found = new BeamSearch(model, beams).Generate(inputs), greedy = new BeamSearch(model, new BeamOptions { Beams = 1, MaxNewTokens = 15 }).Generate(inputs);
        int better = 0;
        for (int input = 0; input < inputs.Length; input++)
        {
            Same(Plain(model, inputs[input], beams), found[input]);
            if (!found[input][0].Tokens.SequenceEqual(greedy[input][0].Tokens))
                better += found[input][0].Score > greedy[input][0].Score ? 1 : 0;
        }

        Assert.True(better >= 2, $"{better} of {inputs.Length} are better");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2.5)]
    public void As_many_beams_as_there_are_texts_find_all_of_them(double penalty)
    {
        const int vocabulary = 6, most = 3, beams = vocabulary * vocabulary * vocabulary;
        using Bart model = BartTests.Make(vocabulary: vocabulary);
        IReadOnlyList<BeamResult> found = new BeamSearch(model, new BeamOptions { Beams = beams, Returned = beams, MaxNewTokens = most, LengthPenalty = penalty }).Generate([[4, 3, 5]])[0];
        BeamResult[] all = [.. Texts([], 0)];
        Assert.Equal(1 + 5 + 5 * 5 * vocabulary, all.Length);
        Assert.Equal(found.OrderByDescending(text => text.Score).Select(text => text.Tokens), found.Select(text => text.Tokens));
        Same([.. all.OrderBy(Word)], [.. found.OrderBy(Word)]);

        static string Word(BeamResult text) => string.Join(' ', text.Tokens);

        IEnumerable<BeamResult> Texts(int[] tokens, double sum)
        {
            double[] next = Logits(model, [4, 3, 5], [2, .. tokens]);
            for (int token = 0; token < vocabulary; token++)
            {
                int[] longer = [.. tokens, token];
                double total = sum + next[token];
                if (token == 2)
                    yield return new BeamResult(longer, true, total, total / Math.Pow(longer.Length, penalty));
                else if (longer.Length == most)
                    yield return new BeamResult(longer, false, total, total / Math.Pow(longer.Length + 1, penalty));
                else
                {
                    foreach (BeamResult text in Texts(longer, total))
                        yield return text;
                }
            }
        }
    }

    [Fact]
    public void Texts_do_not_depend_on_what_is_searched_beside_them()
    {
        using Bart model = BartTests.Make(vocabulary: 12);
        BeamSearch search = new(model, new BeamOptions { Beams = 3, Stop = BeamStop.First });
        IReadOnlyList<IReadOnlyList<BeamResult>> together = search.Generate(Inputs);
        for (int input = 0; input < Inputs.Length; input++)
            Assert.Equal(search.Generate([Inputs[input]])[0][0].Tokens, together[input][0].Tokens);
        Assert.Empty(search.Generate([]));
    }

    [Fact]
    public void Rules_hold()
    {
        using Bart model = BartTests.Make(options => options with { BlockSize = 24 }, vocabulary: 9);
        foreach (int n in (int[])[2, 3])
        {
            BeamResult text = new BeamSearch(model, new BeamOptions { NoRepeatNgram = n, MinNewTokens = 12, Suppressed = [1] }).Generate([[4, 5, 6]])[0][0];
            int[] tokens = [2, .. text.Tokens];
            string[] grams = [.. Enumerable.Range(0, tokens.Length - n + 1).Select(at => string.Join(' ', tokens[at..(at + n)]))];
            Assert.Equal(grams.Distinct(), grams);
            Assert.True(text.Tokens.Count > 12 && !text.Tokens.Contains(1) && !text.Tokens.Take(12).Contains(2));
        }

        BeamResult forced = new BeamSearch(model, new BeamOptions { ForcedBegin = 7, ForcedEnd = 2, MaxNewTokens = 6, MinNewTokens = 5 }).Generate([[4, 5, 6]])[0][0];
        Assert.Equal((7, 2, 6, true), (forced.Tokens[0], forced.Tokens[^1], forced.Tokens.Count, forced.HasEnded));
    }

    [Fact]
    public void One_beam_of_a_model_that_continues_text_is_greedy()
    {
        using Gpt model = TinyGpt.Make(KanPlacement.None, block: 12);
        model.eval();
        int[] prompt = [3, 1, 4];
        int[] greedy = [.. new TokenGenerator(model).Generate(prompt, new SamplingOptions { Temperature = 0, MaxNewTokens = 9 })];
        Assert.Equal(greedy, new BeamSearch(model, new BeamOptions { Beams = 1, MaxNewTokens = 9 }).Generate([prompt])[0][0].Tokens);
        BeamOptions options = new() { Beams = 3, MaxNewTokens = 8, EndOfText = [5], NoRepeatNgram = 2 };
        IReadOnlyList<BeamResult> plain = PlainBeams.Search(tokens => Logits(model, tokens), options, prompt);
        Same(plain, new BeamSearch(model, options).Generate([prompt])[0]);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(20)]
    public void A_length_counts_what_a_text_goes_on_from_and_the_block_bounds_it(int length)
    {
        using Gpt model = TinyGpt.Make(KanPlacement.None, block: 12);
        model.eval();
        BeamOptions options = new() { Beams = 2, MaxLength = length, EndOfText = [5], MinLength = 5 };
        foreach (int[] prompt in (int[][])[[3, 1, 4], [3]])
        {
            BeamOptions plain = options with { MaxNewTokens = Math.Min(length - prompt.Length, 12 - prompt.Length + 1) };
            BeamResult found = new BeamSearch(model, options).Generate([prompt])[0][0];
            Same([PlainBeams.Search(tokens => Logits(model, tokens), plain, prompt)[0]], [found]);
            Assert.True(prompt.Length + found.Tokens.Count >= 5);
        }

        Assert.Contains("max length, which is 3", Assert.Throws<KansformersException>(() => new BeamSearch(model, new BeamOptions { MaxLength = 3 }).Generate([[3, 1, 4]])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_is_for_the_tokens_that_can_come_and_not_for_the_block()
    {
        const int beams = 64, layers = 6, block = 4000;
        using Bart model = BartTests.Make(options => options with { BlockSize = block, DecoderLayers = layers }, vocabulary: 12);
        using Gpt causal = TinyGpt.Make(KanPlacement.None, block: 1 << 14);
        ExtraMemory memory = ExtraMemory.Begin();
        Assert.SkipUnless(memory.IsFresh, "the system does not set the peak of memory back");
        int[][] inputs = [[4, 6, 3], [5, 3, 7], [7, 4, 6], [3, 8, 9]];
        new BeamSearch(model, new BeamOptions { Beams = beams, MaxNewTokens = 4 }).Generate(inputs);
        long whole = inputs.Length * beams * layers * 2L * block * model.Options.Width * sizeof(float); // of caches as long as the block
        Assert.InRange(memory.PeakExtraBytes, 0, whole / 4);
        long causalWhole = beams * causal.Options.Layers * 2L * causal.Options.BlockSize * causal.Options.Width * sizeof(float);
        new BeamSearch(causal, new BeamOptions { Beams = beams, MaxNewTokens = 4 }).Generate([[4, 6, 3]]);
        Assert.InRange(memory.PeakExtraBytes, 0, Math.Max(whole, causalWhole) / 4);
    }

    [Fact]
    public void Wrong_calls_get_a_word()
    {
        using Bart model = BartTests.Make(vocabulary: 12);
        foreach ((BeamOptions options, string message) in ((BeamOptions, string)[])
            [(new() { Beams = 0 }, "beams is 0"), (new() { Returned = 5 }, "returned is 5"), (new() { MinNewTokens = 9, MaxNewTokens = 4 }, "min new tokens is 9"), (new() { LengthPenalty = double.NaN }, "length penalty"), (new() { ForcedEnd = 12 }, "forced end is 12"), (new() { EndOfText = [-1] }, "end of text is -1"), (new() { Suppressed = [4, -1] }, "suppressed is -1"), (new() { MaxLength = 1 }, "max length is 1"), (new() { MaxLength = 5, MinLength = 6 }, "min length is 6")])
            Assert.Contains(message, Assert.Throws<KansformersException>(() => new BeamSearch(model, options)).Message, StringComparison.Ordinal);
        Assert.Contains("block of 8", Assert.Throws<KansformersException>(() => new BeamSearch(model, new BeamOptions { MaxNewTokens = 9 }).Generate([[3]])).Message, StringComparison.Ordinal);
        Assert.Contains("cut it", Assert.Throws<KansformersException>(() => new BeamSearch(model).Generate([[3, 3, 3, 3, 3, 3, 3, 3, 3]])).Message, StringComparison.Ordinal);
        Assert.Contains("vocabulary", Assert.Throws<KansformersException>(() => new BeamSearch(model).Generate([[12]])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new BeamSearch(model).Generate([[]]));
    }

    private static IReadOnlyList<BeamResult> Plain(Bart model, int[] input, BeamOptions options) =>
        PlainBeams.Search(tokens => Logits(model, input, tokens), options with { MaxNewTokens = options.MaxNewTokens ?? options.MaxLength - 1 ?? model.Options.BlockSize, EndOfText = options.EndOfText ?? [2] }, [2]);

    private static void Same(IReadOnlyList<BeamResult> expected, IReadOnlyList<BeamResult> found)
    {
        Assert.Equal(expected.Count, found.Count);
        foreach ((BeamResult theirs, BeamResult ours) in expected.Zip(found))
        {
            Assert.Equal(theirs.Tokens, ours.Tokens);
            Assert.Equal(theirs.HasEnded, ours.HasEnded);
            Assert.Equal(theirs.LogProbability, ours.LogProbability, 1e-4);
            Assert.Equal(theirs.Score, ours.Score, 1e-4);
        }
    }

    private static double[] Logits(Bart model, int[] input, int[] tokens)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        return LogSoftmax(model.forward(Row(input), Row(tokens)));
    }

    private static double[] Logits(Gpt model, int[] tokens)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        return LogSoftmax(model.forward(Row(tokens)));
    }

    private static Tensor Row(int[] ids) => tensor(ids.Select(id => (long)id).ToArray(), [1, ids.Length]);

    private static double[] LogSoftmax(Tensor logits) => [.. nn.functional.log_softmax(logits[0, -1], -1).data<float>().ToArray().Select(value => (double)value)];
}
