using Kansformers.Generation;
using Kansformers.Transformers;
using TorchSharp;

namespace Kansformers.Tests.Generation;

public class TokenGeneratorTests
{
    [Theory]
    [InlineData("none")]
    [InlineData("mlp")]
    [InlineData("attention")]
    [InlineData("head")]
    [InlineData("attention,mlp")]
    [InlineData("all")]
    public void The_cache_changes_no_token_up_to_the_block_size_and_beyond(string placement)
    {
        foreach (int promptLength in (int[])[1, 7, 12])
        {
            using Gpt model = TinyGpt.Make(KanPlacements.Parse(placement), seed: promptLength);
            int[] prompt = [.. Enumerable.Range(0, promptLength).Select(i => i * 5 % 17)];
            foreach (SamplingOptions options in (SamplingOptions[])
                [
                    new() { Temperature = 0, MaxNewTokens = 16 },
                    new() { Temperature = 1.3, TopK = 12, TopP = 0.95, MinP = 0.01, RepetitionPenalty = 1.5, MaxNewTokens = 16, Seed = promptLength },
                ])
            {
                TokenGenerator generator = new(model);
                int[] cached = [.. generator.Generate(prompt, options)];
                int[] uncached = [.. generator.Generate(prompt, options with { UseCache = false })];
                Assert.Equal(16, cached.Length);
                Assert.Equal(uncached, cached);
                if (options.Temperature == 0)
                    Assert.Equal(PlainGreedy(model, prompt, 16), cached);
            }
        }
    }

    [Fact]
    public void Only_the_last_block_of_a_long_prompt_counts()
    {
        using Gpt model = TinyGpt.Make(KanPlacement.All);
        int[] prompt = [.. Enumerable.Range(0, 30).Select(i => i * 7 % 17)];
        SamplingOptions options = new() { Seed = 4, MaxNewTokens = 12 };
        TokenGenerator generator = new(model);
        Assert.Equal(generator.Generate(prompt[^8..], options).ToArray(), generator.Generate(prompt, options).ToArray());
        Assert.NotEqual(generator.Generate(prompt[^6..], options).ToArray(), generator.Generate(prompt, options).ToArray());
    }

    [Fact]
    public void Generation_is_without_dropout_and_leaves_the_mode_of_every_module_as_it_was()
    {
        using Gpt model = TinyGpt.Make(KanPlacement.Mlp);
        model.train();
        torch.nn.Module frozen = model.named_modules().First(entry => entry.name == "transformer.h.1").module;
        frozen.eval();
        bool[] before = [.. model.named_modules().Select(entry => entry.module.training)];
        Assert.Contains(true, before);
        Assert.Contains(false, before);
        TokenGenerator generator = new(model);
        SamplingOptions options = new() { Temperature = 0, MaxNewTokens = 6 };
        int[] first = [.. generator.Generate([1, 2], options)];
        Assert.Equal(before, model.named_modules().Select(entry => entry.module.training).ToArray());
        Assert.Single(generator.Generate([1, 2], options).Take(1).ToArray());
        Assert.Equal(before, model.named_modules().Select(entry => entry.module.training).ToArray());
        Assert.True(torch.is_grad_enabled());
        Assert.Equal(PlainGreedy(model, [1, 2], 6), first);
    }

    [Fact]
    public void No_tensor_outlives_its_token()
    {
        using Gpt model = TinyGpt.Make(KanPlacement.None);
        SamplingOptions options = new() { MaxNewTokens = 500, Seed = 9 };
        long[] live = [0, 0];
        long before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        int count = 0;
        foreach (int _ in new TokenGenerator(model).Generate([3], options))
        {
            count++;
            if (count is 4 or 500)
                live[count / 500] = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        }

        Assert.Equal(500, count);
        Assert.Equal(live[0], live[1]);
        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Cancellation_ends_the_generation_and_restores_the_mode()
    {
        using Gpt model = TinyGpt.Make(KanPlacement.None);
        model.train();
        using CancellationTokenSource source = new();
        int count = 0;
        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (int _ in new TokenGenerator(model).Generate([1], new SamplingOptions(), cancellation: source.Token))
            {
                if (++count == 3)
                    source.Cancel();
            }
        });
        Assert.Equal(3, count);
        Assert.True(model.training);
    }

    [Fact]
    public void Ids_beyond_the_vocabulary_are_refused_in_the_prompt_and_never_drawn()
    {
        using Gpt model = TinyGpt.Make(KanPlacement.None);
        Assert.Contains("token id 17", Assert.Throws<KansformersException>(() => new TokenGenerator(model).Generate([17], new SamplingOptions())).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new TokenGenerator(model).Generate([], new SamplingOptions()));
        Assert.Throws<KansformersException>(() => new TokenGenerator(model).Generate([1], new SamplingOptions { TopP = 7 }));
        Assert.Contains("18 ids", Assert.Throws<KansformersException>(() => new TokenGenerator(model, 18)).Message, StringComparison.Ordinal);
        Assert.All(new TokenGenerator(model, 5).Generate([1], new SamplingOptions { MaxNewTokens = 100, Temperature = 50 }), id => Assert.InRange(id, 0, 4));
    }

    [Fact]
    public void Broken_weights_are_said_to_be_broken()
    {
        using Gpt model = TinyGpt.Make(KanPlacement.None);
        using (torch.no_grad())
            model.parameters().First().fill_(float.NaN);
        KansformersException failure = Assert.Throws<KansformersException>(() => new TokenGenerator(model).Generate([1], new SamplingOptions()).First());
        Assert.Contains("weights are broken", failure.Message, StringComparison.Ordinal);
    }

    internal static int[] PlainGreedy(Gpt model, int[] prompt, int count)
    {
        bool training = model.training;
        model.eval();
        List<long> tokens = [.. prompt.Select(id => (long)id)];
        for (int i = 0; i < count; i++)
        {
            using var guard = torch.no_grad();
            using var scope = torch.NewDisposeScope();
            long[] window = [.. tokens.TakeLast(model.Options.BlockSize)];
            torch.Tensor logits = model.forward(torch.tensor(window).unsqueeze(0))[0, -1];
            tokens.Add(logits.argmax().item<long>());
        }

        model.train(training);
        return [.. tokens.Skip(prompt.Length).Select(id => (int)id)];
    }
}
