using Kansformers.Generation;
using Kansformers.Kan;
using Kansformers.Tests.Kan;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Transformers;

public class TokenDecoderTests
{
    private const int Block = 24;

    [Theory]
    [MemberData(nameof(KanKindTests.KindsAndSharings), MemberType = typeof(KanKindTests))]
    public void Token_after_token_gives_the_logits_of_all_at_once_for_every_kind(string kind, string sharing)
    {
        // The default's five frequencies make a rounding some three times as large in each of nine layers; two leave it what it is.
        KanOptions plain = KanKinds.Named(kind) is FourierOptions fourier ? fourier with { Frequencies = 2 } : KanKinds.Named(kind);
        Agrees(new GptOptions { Kan = plain with { Sharing = KanSharing.Parse(sharing) } });
        Agrees(new GptOptions { Kan = plain with { Sharing = KanSharing.Parse(sharing), Norm = InputNorm.LayerNorm, Bias = true } });
    }

    [Theory]
    [InlineData(5, 3, true, OutsideRule.Vanish)]
    [InlineData(5, 3, false, OutsideRule.Vanish)]
    [InlineData(20, 2, true, OutsideRule.Vanish)]
    [InlineData(9, 5, true, OutsideRule.Vanish)]
    [InlineData(1, 5, true, OutsideRule.Vanish)]
    [InlineData(6, 3, true, OutsideRule.Linear)]
    public void Token_after_token_gives_the_logits_of_all_at_once_for_every_grid(int size, int order, bool scaler, OutsideRule outside)
    {
        // Activations without a loop of ours come to the single token from torch, where a layer has windows of live coefficients.
        BaseActivation?[] activations = [BaseActivation.Silu, null, .. size + order >= 8 && outside == OutsideRule.Vanish ? new BaseActivation?[] { BaseActivation.Gelu } : []];
        foreach (BaseActivation? activation in activations)
            Agrees(new GptOptions { Kan = new BSplineOptions { GridSize = size, SplineOrder = order, StandaloneScaler = scaler, Outside = outside, BaseActivation = activation } });
    }

    [Theory]
    [InlineData(GeluForm.Exact, true, false)]
    [InlineData(GeluForm.Exact, false, true)]
    [InlineData(GeluForm.Tanh, true, true)]
    public void Token_after_token_gives_the_logits_of_all_at_once_without_KANs(GeluForm gelu, bool biases, bool tied) =>
        Agrees(new GptOptions { Placement = KanPlacement.None, Gelu = gelu, Biases = biases, TiedHead = tied });

    [Fact]
    public void What_was_learned_between_two_generations_counts()
    {
        using Gpt model = Model(new GptOptions { Kan = new BSplineOptions() });
        TokenGenerator generator = new(model);
        SamplingOptions options = new() { Temperature = 0, MaxNewTokens = 12 };
        using IEnumerator<int> left = generator.Generate([1, 2], options).GetEnumerator();
        Assert.True(left.MoveNext() && left.MoveNext());
        for (int round = 0; round < 3; round++)
        {
            using (no_grad())
            {
                foreach ((_, TorchSharp.Modules.Parameter parameter) in model.named_parameters())
                    parameter.add_(randn_like(parameter) * 0.3);
            }

            Assert.Equal(generator.Generate([1, 2], options with { UseCache = false }).ToArray(), generator.Generate([1, 2], options).ToArray());
        }
    }

    [Fact]
    public void Two_sequences_may_grow_in_turns()
    {
        using Gpt model = Model(new GptOptions { Kan = new ChebyshevOptions() });
        TokenGenerator generator = new(model);
        SamplingOptions options = new() { MaxNewTokens = 12, Seed = 3 };
        (int First, int Second)[] both = [.. generator.Generate([4], options, 0).Zip(generator.Generate([7, 1, 5], options, 1))];
        Assert.Equal(generator.Generate([4], options, 0).ToArray(), both.Select(pair => pair.First).ToArray());
        Assert.Equal(generator.Generate([7, 1, 5], options, 1).ToArray(), both.Select(pair => pair.Second).ToArray());
    }

    [Fact]
    public void What_has_no_path_without_tensors_is_not_opened()
    {
        using Gpt model = Model(new GptOptions());
        using KeyValueCache cache = new(model.Options, 1), two = new(model.Options, 2);
        Assert.Null(model.OpenTokens(two));
        model.KanLayers().First().Layer.UseReference = true;
        Assert.Null(model.OpenTokens(cache));
    }

    private static void Agrees(GptOptions options)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using Gpt model = Model(options);
        long[] ids = [.. Enumerable.Range(0, Block).Select(i => i * 7L % model.Options.VocabularySize)];
        Tensor all = model.forward(tensor(ids, [1, Block]));
        using KeyValueCache cache = new(model.Options, 1);
        _ = model.forward(tensor(ids[..3], [1, 3]), cache);
        using TokenDecoder? decoder = model.OpenTokens(cache);
        Assert.NotNull(decoder);
        for (int at = 3; at < Block; at++)
            EngineCheck.Close($"logits at {at}", tensor(decoder.Next((int)ids[at]).ToArray()), all[0, at], 1e-4);
        Assert.Equal(Block, cache.Length);
    }

    private static Gpt Model(GptOptions options)
    {
        random.manual_seed(8);
        Gpt model = new(options with { Layers = 2, Heads = 3, Width = 36, BlockSize = Block, VocabularySize = 19 });
        model.eval();
        return model;
    }
}
