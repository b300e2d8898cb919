using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Transformers;
using TorchSharp;
using F = TorchSharp.torch.nn.functional;

namespace Kansformers.Tests.Evaluation;

public class CorpusEvaluatorTests
{
    private static readonly long[] Corpus = [.. Enumerable.Range(0, 101).Select(i => (long)(i * i % 17))];

    [Theory]
    [InlineData(KanPlacement.None, null, null, null)]
    [InlineData(KanPlacement.None, 8, 3, null)]
    [InlineData(KanPlacement.None, 1, 7, null)]
    [InlineData(KanPlacement.All, 3, null, null)]
    [InlineData(KanPlacement.Head, 5, 2, 37L)]
    [InlineData(KanPlacement.None, 8, null, 3L)]
    [InlineData(KanPlacement.None, 8, null, 1000L)]
    public void The_loss_is_that_of_each_token_after_its_window(KanPlacement placement, int? stride, int? batch, long? limit)
    {
        using Gpt model = TinyGpt.Make(placement);
        EvaluationOptions options = new() { Stride = stride, BatchSize = batch, MaxTokens = limit };
        long tokens = Math.Min(100, limit ?? 100);
        EvaluationResult result = Evaluate(model, options);

        model.eval();
        double nats = 0;
        for (int target = 1; target <= tokens; target++)
        {
            // The first window that holds the target sees from its start up to the token before the target.
            int step = stride ?? 8;
            int start = target <= 8 ? 0 : (target - 8 + step - 1) / step * step;
            nats += Surprise(model, Corpus[start..target], Corpus[target]);
        }

        Assert.Equal(nats / tokens, result.Loss, 1e-5);
        Assert.Equal(Math.Exp(nats / tokens), result.Perplexity, 1e-3);
        Assert.Equal(nats / Math.Log(2) / (3 * tokens), result.BitsPerByte, 1e-5);
        Assert.Equal(tokens, result.Tokens);
        Assert.Equal(stride ?? 8, result.Stride);
        Assert.True(result.Seconds > 0 && result.TokensPerSecond > 0);
    }

    [Fact]
    public void Fixed_windows_give_the_mean_over_the_windows_at_every_call()
    {
        using Gpt model = TinyGpt.Make(KanPlacement.Mlp);
        model.train();
        FixedWindows few = new(Corpus.Length, Read, 8, 5);
        double expected = 0;
        model.eval();
        foreach (int start in (int[])[0, 23, 46, 69, 92])
        {
            for (int target = start + 1; target <= start + 8; target++)
                expected += Surprise(model, Corpus[start..target], Corpus[target]) / 40;
        }

        model.train();
        Assert.Equal(5, few.Count);
        Assert.Equal(40, few.Tokens);
        Assert.Equal(expected, few.Evaluate(model), 1e-5);
        Assert.Equal(few.Evaluate(model), few.Evaluate(model));
        Assert.True(model.training);
        Assert.Equal(12, new FixedWindows(Corpus.Length, Read, 8, FixedWindows.DefaultCount).Count);
        Assert.Equal(4, new FixedWindows(5, Read, 8, FixedWindows.DefaultCount).Tokens);
    }

    [Fact]
    public void Windows_side_by_side_score_all_of_the_text()
    {
        using Gpt model = TinyGpt.Make(KanPlacement.None);
        FixedWindows whole = new(43, Read, 8, count: 0); // 42 predictions: five windows, and one of two
        double expected = 0;
        model.eval();
        for (int target = 1; target <= 42; target++)
            expected += Surprise(model, Corpus[((target - 1) / 8 * 8)..target], Corpus[target]) / 42;
        Assert.Equal((42, 6), (whole.Tokens, whole.Count));
        Assert.Equal(expected, whole.Evaluate(model), 1e-5);
    }

    [Fact]
    public void Progress_goes_up_to_the_whole_and_tensors_do_not_pile_up()
    {
        using Gpt model = TinyGpt.Make(KanPlacement.None);
        List<EvaluationProgress> seen = [];
        long before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        EvaluationResult result = new CorpusEvaluator(model, new EvaluationOptions { Stride = 4, BatchSize = 2 })
            .Evaluate(Corpus.Length, Read, tokens => tokens, new Report(seen.Add), CancellationToken.None);
        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        Assert.True(seen.Count > 10);
        Assert.All(seen.Zip(seen.Skip(1)), pair => Assert.True(pair.First.TokensDone < pair.Second.TokensDone));
        Assert.Equal(new EvaluationProgress(100, 100, result.Loss), seen[^1]);
    }

    [Fact]
    public void A_text_of_fewer_than_two_tokens_is_a_clear_error()
    {
        using Gpt model = TinyGpt.Make(KanPlacement.None);
        foreach (int count in (int[])[0, 1])
        {
            Assert.Contains("at least 2", Assert.Throws<KansformersException>(() => new CorpusEvaluator(model).Evaluate(count, Read, n => n, null, default)).Message, StringComparison.Ordinal);
            Assert.Contains("at least 2", Assert.Throws<KansformersException>(() => new FixedWindows(count, Read, 8, 64)).Message, StringComparison.Ordinal);
        }

        Assert.Equal(1, new CorpusEvaluator(model).Evaluate(2, Read, n => n, null, default).Tokens);
    }

    [Fact]
    public void Invalid_options_and_foreign_tokens_are_named()
    {
        using Gpt model = TinyGpt.Make(KanPlacement.None);
        Assert.Contains("stride is 9", Assert.Throws<KansformersException>(() => Evaluate(model, new() { Stride = 9 })).Message, StringComparison.Ordinal);
        Assert.Contains("stride is 0", Assert.Throws<KansformersException>(() => Evaluate(model, new() { Stride = 0 })).Message, StringComparison.Ordinal);
        Assert.Contains("batch size", Assert.Throws<KansformersException>(() => Evaluate(model, new() { BatchSize = 0 })).Message, StringComparison.Ordinal);
        Assert.Contains("max tokens", Assert.Throws<KansformersException>(() => Evaluate(model, new() { MaxTokens = 0 })).Message, StringComparison.Ordinal);
        using Gpt small = TinyGpt.Make(KanPlacement.None, vocabulary: 10);
        Assert.Contains("outside the model's vocabulary", Assert.Throws<KansformersException>(() => Evaluate(small, new())).Message, StringComparison.Ordinal);
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => new CorpusEvaluator(model).Evaluate(Corpus.Length, Read, n => n, null, source.Token));
    }

    [Fact]
    public void Bits_per_byte_count_the_text_of_the_scored_tokens()
    {
        using TestFolder folder = new();
        string text = string.Concat(Enumerable.Range(0, 50).Select(i => (i * i % 7) switch { 0 => "a", 1 => "é", 2 => "😀", _ => "b" }));
        using TokenizedCorpus corpus = TokenizedCorpus.Prepare(new PrepareOptions
        {
            Corpus = Kansformers.Text.Corpus.Open(folder.Write("a.txt", text)),
            TokenizerKind = "char",
            ValidationFraction = 0,
            CacheFolder = folder["cache"],
        });
        using Gpt model = TinyGpt.Make(KanPlacement.None, vocabulary: corpus.Tokenizer.VocabularySize);
        EvaluationResult all = new CorpusEvaluator(model).Evaluate(corpus.Train);
        int[] ids = corpus.Tokenizer.Encode(text);
        Assert.Equal(ids.Length - 1, all.Tokens);
        Assert.Equal(all.Loss * all.Tokens / Math.Log(2) / ids[1..].Sum(id => corpus.Tokenizer.BytesOf(id).Length), all.BitsPerByte, 1e-9);
        EvaluationResult ten = new CorpusEvaluator(model, new EvaluationOptions { MaxTokens = 10 }).Evaluate(corpus.Train);
        Assert.Equal(ten.Loss * 10 / Math.Log(2) / ids[1..11].Sum(id => corpus.Tokenizer.BytesOf(id).Length), ten.BitsPerByte, 1e-9);
        Assert.Equal(all.Loss, new FixedWindows(corpus.Train, 7).Evaluate(model), 2.0);
        Assert.Equal(7, new FixedWindows(corpus.Train, 7).Count);
    }

    [Fact]
    public void A_broken_model_is_refused_and_its_validation_loss_is_not_finite()
    {
        using Gpt model = TinyGpt.Make(KanPlacement.None);
        using (torch.no_grad())
            model.parameters().First().fill_(float.NaN);
        Assert.Contains("its weights are broken", Assert.Throws<KansformersException>(() => Evaluate(model, new())).Message, StringComparison.Ordinal);
        Assert.Equal(double.NaN, new FixedWindows(Corpus.Length, Read, 8, 4).Evaluate(model));
    }

    private static EvaluationResult Evaluate(Gpt model, EvaluationOptions options) =>
        new CorpusEvaluator(model, options).Evaluate(Corpus.Length, Read, tokens => 3 * tokens, null, CancellationToken.None);

    private static void Read(long offset, Span<long> destination) => Corpus.AsSpan((int)offset, destination.Length).CopyTo(destination);

    private static double Surprise(Gpt model, long[] past, long target)
    {
        using var guard = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        torch.Tensor logits = model.forward(torch.tensor(past).unsqueeze(0))[0, -1];
        return -F.log_softmax(logits, 0)[target].item<float>();
    }

    private sealed class Report(Action<EvaluationProgress> action) : IProgress<EvaluationProgress>
    {
        void IProgress<EvaluationProgress>.Report(EvaluationProgress value) => action(value);
    }
}
