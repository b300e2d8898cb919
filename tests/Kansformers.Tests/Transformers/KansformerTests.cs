using System.Text.Json.Nodes;
using Kansformers.Generation;
using Kansformers.Kan;
using Kansformers.Tests.Kan;
using Kansformers.Training;
using Kansformers.Transformers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Tests.Transformers;

public class KansformerTests
{
    private const int Layers = 2, Heads = 2, Width = 16, Block = 12, Vocabulary = 19;

    [Theory]
    [InlineData("swiglu", false, true)]
    [InlineData("swiglu", true, true)]
    [InlineData("ring", false, true)]
    [InlineData("ring", false, false)]
    public void Logits_and_gradients_are_those_of_the_formulas_written_out(string form, bool innerNorm, bool hasRest)
    {
        using var scope = NewDisposeScope();
        using Kansformer model = Model(new KansformerOptions { FeedForward = form, InnerNorm = innerNorm, EmbeddingNorm = hasRest, HeadGates = hasRest });
        (Tensor ids, Tensor targets) = (Ids(3, Block), Ids(3, Block));
        Dictionary<string, Tensor> exact = model.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.detach().to_type(ScalarType.Float64).requires_grad_());
        Tensor expected = StraightLine.Logits(ids, exact, form, (innerNorm, hasRest));
        EngineCheck.Close("logits", model.forward(ids).detach(), expected.detach(), 2e-5);
        Tensor loss = nn.functional.cross_entropy(expected.view(-1, Vocabulary), targets.view(-1));
        loss.backward();
        Tensor found = model.Loss(ids, targets);
        EngineCheck.Close("loss", found.detach(), loss.detach(), 1e-5);
        found.backward();
        foreach ((string name, Parameter parameter) in model.named_parameters())
        {
            double size = exact[name].grad!.abs().max().item<double>();
            Assert.True(size > 1e-6, $"{name} does not count");
            Assert.True((parameter.grad!.to_type(ScalarType.Float64) - exact[name].grad!).abs().max().item<double>() <= 1e-4 * size, name);
        }
    }

    [Fact]
    public void The_anchors_size_has_the_parameters_of_its_formula()
    {
        const int c = 128, inner = 496, vocabulary = 65, taps = 4, groups = 8, coefficients = 12 + 3;
        const long layer = 3 * c * c + c * c + 4 * c + 2 * taps * c + 2 * inner * c + 2 * groups * coefficients;
        ModelDescription found = ModelDescription.Of(new KansformerOptions { Layers = 4, Heads = 4, Width = c, Inner = inner, VocabularySize = vocabulary, BlockSize = 64 });
        Assert.Equal(2 * vocabulary * c + 4 * layer, found.ParameterCount);
        Assert.Equal(793_792, found.ParameterCount);
        Assert.Equal(4 * 2 * groups * coefficients, found.KanParameterCount);
    }

    [Fact]
    public void It_begins_as_a_model_of_equal_chances_whose_blocks_add_nothing()
    {
        using var scope = NewDisposeScope();
        using Kansformer model = new(new KansformerOptions { Layers = Layers, Heads = Heads, Width = 64, BlockSize = Block, VocabularySize = Vocabulary });
        Assert.Equal(0, model.forward(Ids(1, Block)).abs().max().item<float>());
        Dictionary<string, Tensor> state = model.state_dict();
        Assert.Equal(0, state["blocks.1.attention.output.weight"].abs().max().item<float>());
        Assert.Equal(0, state["blocks.1.feed_forward.down.weight"].abs().max().item<float>());
        Assert.Equal(0, state["blocks.1.attention_convolution.weight"].abs().max().item<float>());
        Assert.Equal(0.02, state["embedding.weight"].std().item<float>(), 0.002);
        Assert.Equal(0.577 / 8, state["blocks.0.attention.query_key_value.weight"].std().item<float>(), 0.003);
        Assert.All(model.named_modules().Where(entry => entry.module is LinearLayer), entry => Assert.Equal(entry.name.EndsWith("query_key_value", StringComparison.Ordinal) ? 3 : 1, ((LinearLayer)entry.module).RowParts));
    }

    [Fact]
    public void Files_from_before_gates_and_the_norm_of_embeddings_mean_models_without()
    {
        KansformerOptions options = new() { Width = 24, Inner = 40 };
        JsonObject file = RunConfig.ToJson<ModelOptions>(options);
        Assert.Equal(options, RunConfig.ParseModel(file));
        Assert.True(file.Remove("embedding_norm") && file.Remove("head_gates") && file.Remove("inner_norm"));
        Assert.Equal(options with { EmbeddingNorm = false, HeadGates = false, InnerNorm = false }, RunConfig.ParseModel(file));
    }

    public static MatrixTheoryData<string, int> FormsAndKernels() => new(FeedForwards.All.Select(form => form.Name), [0, 1, 4]);

    [Theory]
    [MemberData(nameof(FormsAndKernels))]
    public void Generation_with_a_cache_is_that_without_also_beyond_the_block(string form, int kernel)
    {
        KansformerOptions options = new() { FeedForward = form, ConvolutionKernel = kernel, Placement = form == "none" ? KanPlacement.Mlp : KanPlacement.None };
        using Kansformer model = Model(options);
        TokenGenerator generator = new(model);
        SamplingOptions sampling = new() { Temperature = 0, MaxNewTokens = 2 * Block };
        foreach (int[] prompt in (int[][])[[4], [7, 1, 5], [.. Enumerable.Range(0, Block - 1)]])
            Assert.Equal(generator.Generate(prompt, sampling with { UseCache = false }).ToArray(), generator.Generate(prompt, sampling).ToArray());
    }

    [Theory]
    [MemberData(nameof(FormsAndKernels))]
    public void Token_after_token_without_tensors_gives_the_logits_of_all_at_once(string form, int kernel)
    {
        KansformerOptions options = new() { FeedForward = form, ConvolutionKernel = kernel, InnerNorm = kernel == 1, Placement = form == "none" ? KanPlacement.All : KanPlacement.None };
        Decodes(options with { Kan = new BSplineOptions { Sharing = KanSharing.Group(4) } });
    }

    public static TheoryData<string> Kinds() => [.. KanKinds.Names];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Learned_functions_of_every_kind_need_no_tensors(string kind) =>
        Decodes((KansformerOptions)Families.Named("kansformer").Settings.Single(setting => setting.Name == "activation").With(new KansformerOptions(), kind));

    [Fact]
    public void A_cleared_cache_serves_the_next_text()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using Kansformer model = Model(new KansformerOptions());
        using KeyValueCache cache = new(model.Options, 2);
        Tensor first = Ids(2, 7), second = Ids(2, 5);
        _ = model.forward(first, cache);
        cache.Clear();
        EngineCheck.Close("after clearing", model.forward(second, cache), model.forward(second), 1e-5);
    }

    [Theory]
    [InlineData("unknown feed-forward 'glu': use one of ring, gated, kan, swiglu", "feed-forward", "glu")]
    [InlineData("inner is -1; it must be at least 1", "inner", "-1")]
    [InlineData("inner is 'wide'; it must be a whole number", "inner", "wide")]
    [InlineData("20 inputs cannot be divided into 8 equal groups", "inner", "20")]
    [InlineData("convolution kernel is 65; it must be 0 to 64", "conv-kernel", "65")]
    [InlineData("inner-norm is 'perhaps'; it must be true or false", "inner-norm", "perhaps")]
    [InlineData("head-gates is 'some'; it must be true or false", "head-gates", "some")]
    [InlineData("embedding-norm is ''; it must be true or false", "embedding-norm", "")]
    [InlineData("activation's sharing is edge", "activation", "bspline:sharing=edge")]
    [InlineData("cannot be divided into 7 equal groups", "activation", "rational:sharing=group:7")]
    [InlineData("unknown KAN kind 'sine'", "activation", "sine")]
    [InlineData("grid size is 0", "activation", "bspline:grid-size=0")]
    [InlineData("feed-forward none leaves nothing but linear layers", "feed-forward", "none")]
    public void Wrong_settings_get_a_word(string words, string name, string value)
    {
        Family family = Families.Named("kansformer");
        Assert.Contains(words, Assert.Throws<KansformersException>(() => family.Settings.Single(setting => setting.Name == name).With(family.Defaults, value).Validate()).Message, StringComparison.Ordinal);
        Assert.Contains(words, Cli.Cli.Run("train", "--family", "kansformer", $"--{name}", value).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Heads_of_an_odd_size_get_a_word() =>
        Assert.Contains("it must be even", Assert.Throws<KansformersException>(() => new KansformerOptions { Heads = 3, Width = 9 }.Validate()).Message, StringComparison.Ordinal);

    [Fact]
    public void Settings_of_another_family_get_a_word() =>
        Cli.Cli.AssertFails(2, ["--feed-forward is nothing to the family gpt", "--family kansformer"], Cli.Cli.Args("train --family gpt --feed-forward ring"));

    [Fact]
    public void Activations_of_another_kind_keep_what_functions_need()
    {
        FamilySetting setting = Families.Named("kansformer").Settings.Single(setting => setting.Name == "activation");
        KansformerOptions Set(string text) => (KansformerOptions)setting.With(new KansformerOptions(), text);
        Assert.Equal(new KansformerOptions().Activation, Set("bspline").Activation);
        Assert.Equal(((BSplineOptions)new KansformerOptions().Activation) with { GridSize = 24 }, Set("bspline:grid-size=24").Activation);
        foreach (string kind in KanKinds.Names)
        {
            KanOptions found = Set(kind).Activation;
            Assert.Equal((kind, "group:8", null, false), (found.Kind, found.Sharing.ToString(), found.BaseActivation, found.Norm == InputNorm.LayerNorm));
            KansformerOptions options = Set($"{kind}:sharing=channel") with { Inner = 24, Layers = 1 };
            Assert.Equal(options, ModelMetadata.Parse(ModelMetadata.Text(options), "it"));
            using Kansformer model = Model(options);
            using var scope = NewDisposeScope();
            Assert.True(model.forward(Ids(2, Block)).isfinite().all().item<bool>());
        }
    }

    [Fact]
    public void Without_KANs_it_is_a_model_of_numbers_alone()
    {
        KansformerOptions linear = (KansformerOptions)new KansformerOptions { Inner = 496, Placement = KanPlacement.All }.WithoutKan();
        Assert.Equal((KanPlacement.None, "swiglu", 0), (linear.Placement, linear.FeedForward, linear.Inner));
        Assert.Equal(linear, linear.WithoutKan());
        Assert.Equal(0, ModelDescription.Of(linear).KanParameterCount);
    }

    private static void Decodes(KansformerOptions options)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using Kansformer model = Model(options);
        Tensor ids = Ids(1, Block), all = model.forward(ids);
        using KeyValueCache cache = new(model.Options, 1);
        _ = model.forward(ids[.., ..2], cache);
        using TokenDecoder? decoder = model.OpenTokens(cache);
        Assert.NotNull(decoder);
        for (int at = 2; at < Block; at++)
            EngineCheck.Close($"logits at {at}", tensor(decoder.Next((int)ids[0, at].item<long>()).ToArray()), all[0, at], 2e-4);
    }

    private static Tensor Ids(int rows, int time) => randint(0, Vocabulary, [rows, time], ScalarType.Int64);

    // Every parameter counts.
    private static Kansformer Model(KansformerOptions options)
    {
        random.manual_seed(3);
        Kansformer model = new((KansformerOptions)(options with { Layers = Layers, Heads = Heads, Width = Width, BlockSize = Block, VocabularySize = Vocabulary }).WithDropout(0));
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        foreach (Parameter parameter in model.parameters())
            parameter.add_(randn_like(parameter) * 0.3);
        model.eval();
        return model;
    }
}
