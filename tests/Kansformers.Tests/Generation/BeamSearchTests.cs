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
    ];

    [Theory]
    [MemberData(nameof(Searches))]
    public void A_plain_search_finds_the_same(BeamOptions options)
    {
        using Bart model = BartTests.Make(vocabulary: 12);
        IReadOnlyList<IReadOnlyList<BeamResult>> found = new BeamSearch(model, options).Generate(Inputs);
        for (int input = 0; input < Inputs.Length; input++)
        {
            IReadOnlyList<(int[] Tokens, double Score)> plain = PlainBeams.Search(tokens => Logits(model, Inputs[input], tokens), options with { MaxNewTokens = options.MaxNewTokens ?? 8, EndOfText = options.EndOfText ?? [2] }, [2]);
            Assert.Equal(plain.Count, found[input].Count);
            foreach (((int[] tokens, double score), BeamResult one) in plain.Zip(found[input]))
            {
                Assert.Equal(tokens, one.Tokens);
                Assert.Equal(score, one.Score, 1e-4);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2.5)]
    public void As_many_beams_as_there_are_texts_find_the_best_of_all(double penalty)
    {
        const int vocabulary = 6, most = 3;
        using Bart model = BartTests.Make(vocabulary: vocabulary);
        BeamResult found = new BeamSearch(model, new BeamOptions { Beams = vocabulary * vocabulary * vocabulary, MaxNewTokens = most, LengthPenalty = penalty }).Generate([[4, 3, 5]])[0][0];
        (int[] Tokens, double Score) best = Texts([], 0).MaxBy(text => text.Score);
        Assert.Equal(best.Tokens, found.Tokens);
        Assert.Equal(best.Score, found.Score, 1e-4);
        Assert.Equal(found.Score, found.LogProbability / Math.Pow(found.Tokens.Count + (found.HasEnded ? 0 : 1), penalty), 1e-6);

        IEnumerable<(int[] Tokens, double Score)> Texts(int[] tokens, double sum)
        {
            double[] next = Logits(model, [4, 3, 5], [2, .. tokens]);
            for (int token = 0; token < vocabulary; token++)
            {
                int[] longer = [.. tokens, token];
                if (token == 2)
                    yield return (longer, (sum + next[token]) / Math.Pow(longer.Length, penalty));
                else if (longer.Length == most)
                    yield return (longer, (sum + next[token]) / Math.Pow(longer.Length + 1, penalty));
                else
                {
                    foreach ((int[] Tokens, double Score) text in Texts(longer, sum + next[token]))
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
        IReadOnlyList<(int[] Tokens, double Score)> plain = PlainBeams.Search(tokens => LogSoftmax(model.forward(tensor(tokens.Select(id => (long)id).ToArray(), [1, tokens.Length]))), options, prompt);
        Assert.Equal(plain[0].Tokens, new BeamSearch(model, options).Generate([prompt])[0][0].Tokens);
    }

    [Fact]
    public void A_folder_tells_its_options()
    {
        using TestFolder folder = new();
        string fixture = Path.GetDirectoryName(Checkpoints.CheckpointFiles.Fixture("hf_bart", "config.json"))!;
        BeamOptions plain = BeamOptions.Of(fixture);
        Assert.Equal([2], plain.EndOfText!);
        Assert.Equal(new BeamOptions { Beams = 1, MaxNewTokens = 19 }, plain with { EndOfText = null });
        foreach (string name in Directory.GetFiles(fixture))
            File.Copy(name, folder[Path.GetFileName(name)]);
        folder.Write("generation_config.json", """{"num_beams":4,"max_length":142,"min_length":56,"length_penalty":2.0,"early_stopping":true,"no_repeat_ngram_size":3,"forced_bos_token_id":0,"forced_eos_token_id":2,"eos_token_id":2}""");
        BeamOptions told = BeamOptions.Of(folder.Path);
        Assert.Equal((4, 141, 55, 2.0, BeamStop.First, 3, 0, 2), (told.Beams, told.MaxNewTokens, told.MinNewTokens, told.LengthPenalty, told.Stop, told.NoRepeatNgram, told.ForcedBegin, told.ForcedEnd));
        folder.Write("generation_config.json", """{"num_beams":4,"repetition_penalty":1.2}""");
        Assert.Contains("'repetition_penalty' in generation_config.json is 1.2; supported is 1", Assert.Throws<KansformersException>(() => BeamOptions.Of(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_calls_get_a_word()
    {
        using Bart model = BartTests.Make(vocabulary: 12);
        foreach ((BeamOptions options, string message) in ((BeamOptions, string)[])
            [(new() { Beams = 0 }, "beams is 0"), (new() { Returned = 5 }, "returned is 5"), (new() { MinNewTokens = 9, MaxNewTokens = 4 }, "min new tokens is 9"), (new() { LengthPenalty = double.NaN }, "length penalty"), (new() { ForcedEnd = 12 }, "forced end is 12"), (new() { EndOfText = [-1] }, "end of text is -1")])
            Assert.Contains(message, Assert.Throws<KansformersException>(() => new BeamSearch(model, options)).Message, StringComparison.Ordinal);
        Assert.Contains("block of 8", Assert.Throws<KansformersException>(() => new BeamSearch(model, new BeamOptions { MaxNewTokens = 9 }).Generate([[3]])).Message, StringComparison.Ordinal);
        Assert.Contains("cut it", Assert.Throws<KansformersException>(() => new BeamSearch(model).Generate([[3, 3, 3, 3, 3, 3, 3, 3, 3]])).Message, StringComparison.Ordinal);
        Assert.Contains("vocabulary", Assert.Throws<KansformersException>(() => new BeamSearch(model).Generate([[12]])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new BeamSearch(model).Generate([[]]));
    }

    private static double[] Logits(Bart model, int[] input, int[] tokens)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        return LogSoftmax(model.forward(Row(input), Row(tokens)));

        static Tensor Row(int[] ids) => tensor(ids.Select(id => (long)id).ToArray(), [1, ids.Length]);
    }

    private static double[] LogSoftmax(Tensor logits)
    {
        using var scope = NewDisposeScope();
        return [.. nn.functional.log_softmax(logits[0, -1].detach(), -1).data<float>().ToArray().Select(value => (double)value)];
    }
}
