using Kansformers.Kan;
using Kansformers.Tests.Checkpoints;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Transformers.Swapping;

/// <summary>Models of linear layers become Kansformers with the same outputs, and back.</summary>
public class KanModelConversionTests
{
    private static readonly string[] Folders = ["hf_gpt2", "hf_bert_mlm", "hf_bert_cls", "hf_distilbert_mlm", "hf_distilbert_cls", "hf_roberta_mlm", "hf_roberta_cls", "hf_bart", "kansformer", "nano"];

    public static TheoryData<string> Models => [.. Folders];

    public static TheoryData<string, string> Kinds
    {
        get
        {
            TheoryData<string, string> all = [];
            foreach (KanOptions kind in KanKinds.All)
            {
                foreach (string sharing in (string[])["edge", "channel", "group:2"])
                {
                    if (!(sharing == "edge" && kind is RationalOptions))
                        all.Add(kind.Kind, sharing);
                }
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_family_computes_the_same_with_kan_layers_wherever_they_are(string name)
    {
        using var scope = NewDisposeScope();
        using TransformerModel model = Model(name);
        Tensor tokens = Tokens(model);
        Tensor wanted = model.forward(tokens);
        foreach (KanPlacement placement in (KanPlacement[])[KanPlacement.Mlp, KanPlacement.Attention, KanPlacement.All])
        {
            foreach (bool calibrated in (bool[])[false, true])
            {
                ModelSwap swap = KanModelConversion.ToKan(model, new KanModelPlan { Placement = placement, Calibration = calibrated ? [tokens] : null });
                using TransformerModel made = swap.Model;
                Assert.Equal(placement, made.Options.Placement);
                Assert.True(made.KanParameterCount > 0);
                Assert.True(swap.LargestLogitDifference < 1e-4, $"{placement}: {swap.Summary()}\n{string.Join('\n', swap.Layers)}");
                Assert.True((wanted - made.forward(tokens)).abs().max().item<float>() < 1e-4);
                Assert.Equal(calibrated, swap.IsCalibrated);
                Assert.Contains(swap.Layers, layer => layer.Reason is null);
                Assert.Equal(made.state_dict().Keys.Order(), swap.Changes.Select(change => change.To).OfType<string>().Order());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_kind_computes_the_same(string kind, string sharing)
    {
        using var scope = NewDisposeScope();
        using TransformerModel model = Model("hf_gpt2");
        Tensor tokens = Tokens(model);
        foreach (KanActivations activations in (KanActivations[])[KanActivations.Inside, KanActivations.Between])
        {
            ModelSwap swap = KanModelConversion.ToKan(model, new KanModelPlan { Kan = KanKinds.Named(kind) with { Sharing = KanSharing.Parse(sharing) }, Activations = activations, Calibration = [tokens] });
            using TransformerModel made = swap.Model;
            Assert.True(swap.LargestLogitDifference < 1e-4, swap.Summary());
            Assert.Equal(activations, made.Options.KanActivations);
        }
    }

    [Fact]
    public void An_activation_that_is_dropped_is_fitted_by_the_second_layers_functions()
    {
        using var scope = NewDisposeScope();
        using TransformerModel model = Model("hf_gpt2");
        ModelSwap swap = KanModelConversion.ToKan(model, new KanModelPlan { Activations = KanActivations.Dropped, Kan = new BSplineOptions { GridSize = 20 }, Calibration = [Tokens(model)] });
        using TransformerModel made = swap.Model;
        Assert.Equal(KanAgreement.Fitted, swap.Layers.First(layer => layer.Name.EndsWith("mlp.c_proj", StringComparison.Ordinal)).Match!.How);
        Assert.InRange(swap.LargestLogitDifference, 1e-7, 0.02);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_model_comes_back_linear(string name)
    {
        using var scope = NewDisposeScope();
        using TransformerModel model = Model(name);
        Tensor tokens = Tokens(model), wanted = model.forward(tokens);
        using TransformerModel kan = KanModelConversion.ToKan(model, new KanModelPlan { Placement = KanPlacement.All }).Model;
        foreach (IReadOnlyList<Tensor>? calibration in (IReadOnlyList<Tensor>?[])[null, [tokens]])
        {
            ModelSwap swap = KanModelConversion.ToLinear(kan, calibration);
            using TransformerModel back = swap.Model;
            Assert.Equal(KanPlacement.None, back.Options.Placement);
            Assert.True((wanted - back.forward(tokens)).abs().max().item<float>() < 1e-3, $"{swap.Summary()}\n{string.Join('\n', swap.Layers)}");
        }
    }

    [Fact]
    public void A_kansformer_becomes_one_of_a_smaller_grid_and_of_another_kind()
    {
        using var scope = NewDisposeScope();
        using Gpt model = TinyGpt.Make(KanPlacement.All);
        Tensor tokens = Tokens(model);
        ModelSwap same = KanModelConversion.ToKan(model, new KanModelPlan { Kan = new BSplineOptions() });
        Assert.Equal(0, same.LargestLogitDifference);
        Assert.All(same.Layers, layer => Assert.Equal("it is of that kind already", layer.Reason));
        ModelSwap coarse = KanModelConversion.ToKan(model, new KanModelPlan { Kan = new BSplineOptions { GridSize = 3 }, Calibration = [tokens] });
        ModelSwap fine = KanModelConversion.ToKan(model, new KanModelPlan { Kan = new BSplineOptions { GridSize = 20 }, Calibration = [tokens] });
        ModelSwap other = KanModelConversion.ToKan(model, new KanModelPlan { Kan = new RadialBasisOptions { GridSize = 16, Norm = InputNorm.None }, Calibration = [tokens] });
        Assert.All((ModelSwap[])[coarse, fine, other], swap => Assert.InRange(swap.LargestLogitDifference, 1e-9, 0.2 * swap.LargestLogit));
        Assert.True(fine.LargestLogitDifference < coarse.LargestLogitDifference, $"{fine.Summary()}; {coarse.Summary()}");
    }

    [Fact]
    public void A_bias_of_the_base_branch_becomes_one_of_another_kind()
    {
        using var scope = NewDisposeScope();
        using TransformerModel model = Kan("bert-cls", new RadialBasisOptions { Norm = InputNorm.None });
        Tensor tokens = Tokens(model), before = model.forward(tokens);
        Assert.False(model.Options.Kan.Bias);
        ModelSwap swap = KanModelConversion.ToKan(model, new KanModelPlan { Placement = KanPlacement.All, Kan = new BSplineOptions { GridSize = 20 }, Calibration = [tokens] });
        using TransformerModel made = swap.Model;
        Assert.True(made.Options.Kan.Bias);
        Assert.InRange((before - made.forward(tokens)).abs().max().item<float>(), 0, 0.05 * swap.LargestLogit);
    }

    [Theory]
    [InlineData(KanSide.Both)]
    [InlineData(KanSide.Decoder)]
    public void A_learned_head_of_a_bart_becomes_a_matrix_of_its_own(KanSide side)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(5);
        using Bart model = new(new BartOptions { Layers = 1, Heads = 2, Width = 16, VocabularySize = 40, BlockSize = 12, Placement = KanPlacement.Head, KanSide = side, Kan = new RationalOptions { Sharing = KanSharing.Channel } });
        model.eval();
        Randomize(model);
        Tensor tokens = Tokens(model), before = model.forward(tokens);
        ModelSwap swap = KanModelConversion.ToLinear(model, [tokens]);
        using Bart made = (Bart)swap.Model;
        Assert.False(((BartOptions)made.Options).TiedHead);
        Assert.Null(swap.Layers.Single(layer => layer.Name == "head").Reason);
        Assert.Contains("tied to the token embedding", swap.Notes[0], StringComparison.Ordinal);
        Assert.InRange((before - made.forward(tokens)).abs().max().item<float>(), 0, 0.5 * swap.LargestLogit);
    }

    [Fact]
    public void A_bart_with_linear_logits_stays_tied()
    {
        using var scope = NewDisposeScope();
        using TransformerModel model = Model("hf_bart");
        foreach ((BartOptions options, KanPlacement placement) in ((BartOptions, KanPlacement)[])[((BartOptions)model.Options with { KanSide = KanSide.Encoder }, KanPlacement.All), ((BartOptions)model.Options, KanPlacement.Mlp)])
        {
            using Bart one = new(options);
            one.load_state_dict(model.state_dict());
            using Bart kan = (Bart)KanModelConversion.ToKan(one, new KanModelPlan { Placement = placement }).Model;
            Assert.True(((BartOptions)kan.Options).TiedHead);
            using Bart back = (Bart)KanModelConversion.ToLinear(kan).Model;
            Assert.True(((BartOptions)back.Options).TiedHead);
        }
    }

    [Theory]
    [InlineData("hf_bert_cls")]
    [InlineData("hf_roberta_cls")]
    [InlineData("hf_distilbert_cls")]
    public void A_head_without_its_activation_is_fitted_by_the_labels_functions(string name)
    {
        using var scope = NewDisposeScope();
        using TransformerModel model = Model(name);
        Tensor tokens = Tokens(model, 200), before = model.forward(tokens);
        ModelSwap swap = KanModelConversion.ToKan(model, new KanModelPlan { Placement = KanPlacement.Head, Activations = KanActivations.Dropped, Kan = new BSplineOptions { GridSize = 20 }, Calibration = [tokens] });
        using TransformerModel made = swap.Model;
        Assert.Equal(KanAgreement.Fitted, swap.Layers.Single(layer => layer.Name == "head.labels").Match!.How);
        Assert.InRange((before - made.forward(tokens)).abs().max().item<float>(), 0, 0.03 * swap.LargestLogit);

        ModelSwap again = KanModelConversion.ToKan(made, new KanModelPlan { Placement = KanPlacement.Mlp, Calibration = [tokens], Kan = made.Options.Kan });
        using TransformerModel more = again.Model;
        Assert.Equal(KanActivations.Dropped, more.Options.KanActivations);
        Assert.Contains("dropped, as in the KAN layers", again.Notes[0], StringComparison.Ordinal);

        ModelSwap linear = KanModelConversion.ToLinear(made, [tokens]);
        using TransformerModel back = linear.Model;
        Assert.InRange((before - back.forward(tokens)).abs().max().item<float>(), 0, 0.05 * swap.LargestLogit);
    }

    [Fact]
    public void An_activation_before_a_norm_is_kept_or_refused()
    {
        using var scope = NewDisposeScope();
        using TransformerModel model = Model("hf_bert_mlm"), kan = Kan("bert-mlm", new BSplineOptions());
        Assert.Contains("then a norm", Assert.Throws<KansformersException>(() => KanModelConversion.ToKan(model, new KanModelPlan { Placement = KanPlacement.All, Activations = KanActivations.Dropped })).Message, StringComparison.Ordinal);
        Assert.Contains("the head stays a KAN", Assert.Throws<KansformersException>(() => KanModelConversion.ToLinear(kan)).Message, StringComparison.Ordinal);
        ModelSwap swap = KanModelConversion.ToKan(model, new KanModelPlan { Activations = KanActivations.Dropped });
        swap.Model.Dispose();
        Assert.Equal(KanPlacement.Mlp, swap.Model.Options.Placement);
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        using var scope = NewDisposeScope();
        using TransformerModel model = Model("hf_gpt2");
        Assert.Contains("no layer", Refused(() => KanModelConversion.ToKan(model, new KanModelPlan { Placement = KanPlacement.None })), StringComparison.Ordinal);
        Assert.Contains("no KAN layers", Refused(() => KanModelConversion.ToLinear(model)), StringComparison.Ordinal);
        Assert.Contains("no tokens", Refused(() => KanModelConversion.ToKan(model, new KanModelPlan { Calibration = [] })), StringComparison.Ordinal);
        Assert.Contains("samples only", Refused(() => KanModelConversion.ToKan(model, new KanModelPlan { Suit = false, Kan = new SwitchOptions() })), StringComparison.Ordinal);
        Assert.Contains("cannot be divided", Refused(() => KanModelConversion.ToKan(model, new KanModelPlan { Kan = new BSplineOptions { Sharing = KanSharing.Group(7) } })), StringComparison.Ordinal);

        static string Refused(Action action) => Assert.Throws<KansformersException>(action).Message;
    }

    [Theory]
    [InlineData(KanActivations.Inside)]
    [InlineData(KanActivations.Between)]
    public void Token_by_token_a_converted_model_says_the_same(KanActivations activations)
    {
        using var scope = NewDisposeScope();
        using CausalModel model = (CausalModel)Model("hf_gpt2");
        using CausalModel made = (CausalModel)KanModelConversion.ToKan(model, new KanModelPlan { Activations = activations }).Model;
        using KeyValueCache cache = new(made.Options, 1, made.Device);
        made.eval();
        Tensor tokens = Tokens(model)[..1, ..6], whole = made.forward(tokens);
        Tensor last = made.forward(tokens[.., ..5], cache);
        last = made.forward(tokens[.., 5..6], cache);
        Assert.True((whole[.., 5] - last[.., 0]).abs().max().item<float>() < 1e-4);
    }

    private static TransformerModel Model(string name)
    {
        random.manual_seed(5);
        TransformerModel model = name switch
        {
            "kansformer" => new Kansformer(new KansformerOptions { Layers = 2, Heads = 2, Width = 16, VocabularySize = 30, BlockSize = 12 }),
            "nano" => new Gpt(new GptOptions { Layers = 2, Heads = 2, Width = 16, VocabularySize = 30, BlockSize = 12, Placement = KanPlacement.None, Biases = false, Gelu = GeluForm.Exact }),
            _ => TransformerModel.FromPretrained(Path.GetDirectoryName(CheckpointFiles.Fixture(name, "config.json"))!),
        };
        model.eval();
        return model;
    }

    // Of KAN layers without activations, as a model from scratch has them, with numbers that have learned something.
    private static Bert Kan(string name, KanOptions kan)
    {
        random.manual_seed(6);
        EncoderHead head = name == "bert-mlm" ? EncoderHead.MaskedLanguage : EncoderHead.Classification;
        Bert model = new(new BertOptions { Layers = 1, Heads = 2, Width = 16, VocabularySize = 40, BlockSize = 12, Placement = KanPlacement.All, Kan = kan, Head = head });
        model.eval();
        Randomize(model);
        return model;
    }

    private static void Randomize(TransformerModel model)
    {
        using var guard = no_grad();
        foreach ((string _, TorchSharp.Modules.Parameter parameter) in model.named_parameters().Where(entry => entry.name.EndsWith("bias", StringComparison.Ordinal)))
            parameter.add_(randn_like(parameter) * 0.5);
    }

    private static Tensor Tokens(TransformerModel model, int rows = 3) => randint(3, model.Options.VocabularySize, [rows, Math.Min(12, model.Options.BlockSize)], ScalarType.Int64);
}
