using Kansformers.Kan;
using Kansformers.Runtime;
using Kansformers.Tests.Kan;
using Kansformers.Transformers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Tests.Transformers;

/// <summary>The loss in chunks has the numbers of the loss on all logits.</summary>
public sealed class ChunkedLossTests
{
    [Theory]
    [InlineData(KanPlacement.None, 17)]
    [InlineData(KanPlacement.Head, 17)]
    [InlineData(KanPlacement.All, 17)]
    [InlineData(KanPlacement.None, 100_003)]
    [InlineData(KanPlacement.Head, 100_003)]
    public void Loss_and_gradients_are_those_of_the_plain_path(KanPlacement placement, int vocabulary)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(1);
        Gpt model = Model(placement, vocabulary);
        (Tensor ids, Tensor targets) = Batch(vocabulary);
        targets[0, 3] = -1;
        (Tensor loss, Dictionary<string, Tensor> gradients) = Differentiate(model, model.Loss(ids, targets));
        Tensor logits = model.forward(ids);
        (Tensor plain, Dictionary<string, Tensor> expected) = Differentiate(model, nn.functional.cross_entropy(logits.view(-1, vocabulary), targets.view(-1), ignore_index: -1));
        EngineCheck.Close("loss", loss, plain, 1e-6);
        foreach ((string name, Tensor gradient) in expected)
            EngineCheck.Close(name, gradients[name], gradient, 1e-5);
    }

    [Theory]
    [InlineData("edge")]
    [InlineData("group:2")]
    public void A_head_behind_a_layer_norm_runs_in_chunks_and_has_the_gradients_of_the_plain_path(string sharing)
    {
        const int vocabulary = 100_003;
        using var scope = NewDisposeScope();
        random.manual_seed(4);
        Gpt model = Model(KanPlacement.Head, vocabulary, KanSettings.With(new BSplineOptions { Norm = InputNorm.LayerNorm, GridSize = 3 }, "sharing", sharing));
        (Tensor ids, Tensor targets) = Batch(vocabulary);
        Assert.True(model.KanLayers().Single().Layer.RunsInChunks(zeros(1, 8)));
        (Tensor loss, Dictionary<string, Tensor> gradients) = Differentiate(model, model.Loss(ids, targets));
        Tensor logits = model.forward(ids);
        (Tensor plain, Dictionary<string, Tensor> expected) = Differentiate(model, nn.functional.cross_entropy(logits.view(-1, vocabulary), targets.view(-1)));
        EngineCheck.Close("loss", loss, plain, 1e-6);
        foreach ((string name, Tensor gradient) in expected)
            EngineCheck.Close(name, gradients[name], gradient, 1e-5);
    }

    [Fact]
    public void What_of_a_head_is_frozen_gets_no_gradient()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(8);
        Gpt model = Model(KanPlacement.Head, 11, new BSplineOptions { Norm = InputNorm.LayerNorm, Bias = true });
        (Tensor ids, Tensor targets) = Batch(11);
        string[] frozen = ["lm_head.layers.0.layernorm.weight", "lm_head.layers.0.layernorm.bias", "lm_head.layers.0.bias", "lm_head.layers.0.base_weight"];
        foreach ((string name, Parameter parameter) in model.named_parameters())
            parameter.requires_grad = !frozen.Contains(name);
        model.Loss(ids, targets).backward();
        Assert.Equal(frozen.Order(), model.named_parameters().Where(entry => entry.parameter.grad is null).Select(entry => entry.name).Order());
    }

    [Fact]
    public void A_share_scales_loss_and_gradients_and_so_does_a_factor_behind_it()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(2);
        Gpt model = Model(KanPlacement.All, 11);
        (Tensor ids, Tensor targets) = Batch(11);
        (Tensor whole, Dictionary<string, Tensor> all) = Differentiate(model, model.Loss(ids, targets));
        (Tensor share, Dictionary<string, Tensor> part) = Differentiate(model, model.Loss(ids, targets, 0.25));
        (Tensor factor, Dictionary<string, Tensor> scaled) = Differentiate(model, model.Loss(ids, targets) * 0.25);
        Assert.Equal(whole.item<float>() / 4, share.item<float>(), 1e-6f);
        Assert.Equal(whole.item<float>() / 4, factor.item<float>(), 1e-6f);
        foreach ((string name, Tensor gradient) in all)
        {
            EngineCheck.Close(name, part[name], gradient * 0.25, 1e-5);
            EngineCheck.Close(name, scaled[name], gradient * 0.25, 1e-5);
        }
    }

    [Fact]
    public void A_graph_can_be_walked_twice_and_differentiated_twice()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(3);
        Gpt model = Model(KanPlacement.All, 11);
        (Tensor ids, Tensor targets) = Batch(11);
        Tensor loss = model.Loss(ids, targets);
        Parameter head = model.named_parameters().First(entry => entry.name == "lm_head.layers.0.base_weight").parameter;
        Tensor first = autograd.grad([loss], [head], retain_graph: true)[0], second = autograd.grad([loss], [head], retain_graph: true)[0];
        EngineCheck.Close("second walk", second, first, 1e-6);
        Tensor open = autograd.grad([loss], [head], retain_graph: true, create_graph: true)[0];
        EngineCheck.Close("open gradient", open, first, 1e-5);
        Assert.True(open.requires_grad);
    }

    [Fact]
    public void Targets_outside_the_vocabulary_and_too_few_targets_are_refused()
    {
        using var scope = NewDisposeScope();
        Gpt model = Model(KanPlacement.All, 11);
        (Tensor ids, Tensor targets) = Batch(11);
        Assert.Contains("is outside the vocabulary of 11", Assert.Throws<ArgumentException>(() => model.Loss(ids, targets + 11)).Message, StringComparison.Ordinal);
        Assert.Contains("targets for", Assert.Throws<ArgumentException>(() => model.Loss(ids, targets[.., ..4])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_graph_only_the_loss_is_computed()
    {
        using var scope = NewDisposeScope();
        Gpt model = Model(KanPlacement.All, 11);
        (Tensor ids, Tensor targets) = Batch(11);
        float withGraph = model.Loss(ids, targets).item<float>();
        using var guard = no_grad();
        Tensor loss = model.Loss(ids, targets);
        Assert.False(loss.requires_grad);
        Assert.Equal(withGraph, loss.item<float>(), 1e-6f);
    }

    [Theory]
    [InlineData(KanPlacement.None)]
    [InlineData(KanPlacement.Mlp)]
    [InlineData(KanPlacement.All)]
    public void Collected_gradients_are_those_that_libtorch_would_hold(KanPlacement placement)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(5);
        Gpt model = Model(placement, 11);
        (Tensor ids, Tensor targets) = Batch(11);
        (_, Dictionary<string, Tensor> expected) = Differentiate(model, model.Loss(ids, targets));
        using GradientBuffers buffers = new(model.parameters());
        for (int step = 0; step < 2; step++)
        {
            for (int micro = 0; micro < 2; micro++)
                buffers.Collect(() => model.Loss(ids, targets, 0.5).backward());
            buffers.Publish();
            foreach ((string name, Parameter parameter) in model.named_parameters())
            {
                EngineCheck.Close(name, parameter.grad!, expected[name], 1e-5);
                parameter.grad = null;
            }
        }
    }

    [Theory]
    [InlineData(false, Precision.Float32)]
    [InlineData(true, Precision.Float32)]
    [InlineData(false, Precision.BFloat16)]
    [InlineData(true, Precision.BFloat16)]
    public void Gradients_of_large_linear_layers_and_embeddings_are_collected_batch_after_batch(bool tied, Precision precision)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(7);
        Gpt model = new(new GptOptions { Layers = 1, Heads = 2, Width = 160, BlockSize = 6, VocabularySize = 500, Placement = KanPlacement.None, TiedHead = tied, EmbeddingDropout = 0, ResidualDropout = 0, AttentionDropout = 0 })
        {
            Precision = precision,
        };
        using GradientBuffers buffers = new(model.parameters());
        for (int step = 0; step < 3; step++)
        {
            Tensor first = randint(0, 500, [2, 6], ScalarType.Int64), second = randint(0, 500, [2, 6], ScalarType.Int64), targets = randint(0, 500, [2, 6], ScalarType.Int64);
            (_, Dictionary<string, Tensor> expected) = Differentiate(model, model.Loss(first, targets, 0.5) + model.Loss(second, targets, 0.5));
            buffers.Collect(() => model.Loss(first, targets, 0.5).backward());
            buffers.Collect(() => model.Loss(second, targets, 0.5).backward());
            buffers.Publish();
            foreach ((string name, Parameter parameter) in model.named_parameters())
            {
                EngineCheck.Close($"{name}, step {step}", parameter.grad!, expected[name], precision == Precision.Float32 ? 1e-5 : 1e-2);
                parameter.grad = null;
            }
        }
    }

    [Fact]
    public void A_linear_layer_can_be_differentiated_twice_while_gradients_are_collected()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(9);
        LinearLayer layer = new(300, 300, hasBias: true, 0.1);
        Tensor x = randn(4, 300).requires_grad_();
        Tensor expected = Penalty(), found = Penalty();
        using GradientBuffers buffers = new(layer.parameters());
        buffers.Collect(() => found = Penalty());
        EngineCheck.Close("the gradient of the gradient's square", found, expected, 1e-5);

        Tensor Penalty()
        {
            Tensor slope = autograd.grad([layer.forward(x).square().sum()], [x], retain_graph: true, create_graph: true)[0];
            return autograd.grad([slope.square().sum()], [x])[0];
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void In_bfloat16_loss_and_gradients_follow_float32(bool native)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(6);
        foreach (KanPlacement placement in new[] { KanPlacement.None, KanPlacement.All })
        {
            Gpt model = Model(placement, 40);
            (Tensor ids, Tensor targets) = Batch(40);
            (Tensor loss, Dictionary<string, Tensor> exact) = Differentiate(model, model.Loss(ids, targets));
            model.Precision = Precision.BFloat16;
            foreach ((string _, KanLinear layer) in model.KanLayers())
                layer.Engine = layer.Engine with { HasBFloat16Products = native };
            (Tensor rounded, Dictionary<string, Tensor> gradients) = Differentiate(model, model.Loss(ids, targets));
            Assert.Equal(loss.item<float>(), rounded.item<float>(), 5e-3f);
            Assert.NotEqual(loss.item<float>(), rounded.item<float>());
            foreach ((string name, Tensor gradient) in exact)
                EngineCheck.Close(name, gradients[name], gradient, 5e-2);
        }
    }

    [Fact]
    public void Linear_layers_round_the_same_factors_on_both_kinds_of_processor()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(7);
        Tensor x = randn(30, 20), weight = randn(9, 20), bias = randn(9);
        Tensor native = LinearLayer.Apply(x, weight, bias, Precision.BFloat16, hasProducts: true), rounded = LinearLayer.Apply(x, weight, bias, Precision.BFloat16, hasProducts: false);
        EngineCheck.Close("output", native, rounded, 1.0 / 256);
        Assert.False(native.equal(rounded).all().item<bool>());
    }

    private static Gpt Model(KanPlacement placement, int vocabulary, KanOptions? kan = null) => new(new GptOptions
    {
        Layers = 1, Heads = 2, Width = 8, BlockSize = 130, VocabularySize = vocabulary, Placement = placement, Kan = kan ?? new BSplineOptions(),
        EmbeddingDropout = 0, ResidualDropout = 0, AttentionDropout = 0,
    });

    // More tokens than a chunk holds of the large vocabulary.
    private static (Tensor Ids, Tensor Targets) Batch(int vocabulary) =>
        (randint(0, vocabulary, [2, 70], dtype: ScalarType.Int64), randint(0, vocabulary, [2, 70], dtype: ScalarType.Int64));

    private static (Tensor Loss, Dictionary<string, Tensor> Gradients) Differentiate(Gpt model, Tensor loss)
    {
        loss.backward();
        Dictionary<string, Tensor> gradients = [];
        foreach ((string name, Parameter parameter) in model.named_parameters())
        {
            gradients[name] = parameter.grad!.clone();
            parameter.grad = null;
        }

        return (loss.detach(), gradients);
    }
}
