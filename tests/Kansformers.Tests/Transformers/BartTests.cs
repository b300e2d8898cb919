using Kansformers.Kan;
using Kansformers.Tests.Kan;
using Kansformers.Transformers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Tests.Transformers;

/// <summary>What an encoder-decoder has beside what <see cref="FamilyTests"/> tries of every family.</summary>
public class BartTests
{
    private const int Vocabulary = 17, Block = 8;

    [Fact]
    public void Padding_of_either_side_changes_nothing()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using Bart model = Make();
        Tensor ids = Ids(1, 4), decoder = Ids(1, 3), longer = cat([ids, ones(1, 3, dtype: ScalarType.Int64)], 1), mask = Mask(4, 7);
        EngineCheck.Close("encoder", model.Encode(longer, mask)[.., ..4], model.Encode(ids), 1e-5);
        EngineCheck.Close("decoder", model.forward(longer, decoder, mask), model.forward(ids, decoder), 1e-5);
        Tensor written = Ids(1, 5), padded = written.clone();
        padded[.., 3..] = -1;
        EngineCheck.Close("loss", model.Loss(new TokenBatch(longer, padded) { Mask = mask }), model.Loss(new TokenBatch(ids, written[.., ..3])), 1e-5);

        // Padding in front of the decoder's tokens is not attended to.
        Tensor behind = cat([ones(1, 2, dtype: ScalarType.Int64), decoder], 1), other = behind.clone();
        other[.., ..2] = 9;
        Tensor decoderMask = tensor(new long[,] { { 0, 0, 1, 1, 1 } });
        EngineCheck.Close("decoder mask", model.forward(ids, behind, null, decoderMask)[.., 2..], model.forward(ids, other, null, decoderMask)[.., 2..], 1e-6);
        Assert.True((model.forward(ids, behind) - model.forward(ids, other)).abs().max().item<float>() > 1e-3);
    }

    [Fact]
    public void The_decoder_reads_its_targets_one_place_to_the_right()
    {
        using var scope = NewDisposeScope();
        using Bart model = Make(options => options with { PaddingId = 3, StartId = 5 });
        Assert.Equal([5, 9, 3, 8], model.ShiftRight(tensor(new long[,] { { 9, -1, 8, 7 } })).data<long>().ToArray());
    }

    [Theory]
    [InlineData("none")]
    [InlineData("all")]
    public void Token_by_token_the_logits_are_the_same(string placement)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using Bart model = Make(options => options with { Placement = KanPlacements.Parse(placement), ScaledEmbedding = true, DecoderLayers = 3, DecoderHeads = 4, DecoderInner = 12 });
        Tensor ids = Ids(2, 5), decoder = Ids(4, 6), mask = Mask(5, 5, 3, 5);
        Tensor whole = model.forward(ids.repeat_interleave(2, 0), decoder, mask.repeat_interleave(2, 0)); // two rows read each text
        using DecoderCache cache = model.Open(ids, mask, 6);
        cache.Select(tensor(new long[] { 0, 0, 1, 1 }), null);
        Tensor first = model.Next(decoder[.., ..2], cache);
        EngineCheck.Close("first", first, whole.select(1, 1), 1e-4);

        // Rows change places within their text, and a text is left out.
        cache.Select(tensor(new long[] { 3, 2 }), tensor(new long[] { 1 }));
        Tensor chosen = decoder.index_select(0, tensor(new long[] { 3, 2 })), expected = whole.index_select(0, tensor(new long[] { 3, 2 }));
        for (int at = 2; at < 6; at++)
            EngineCheck.Close($"token {at}", model.Next(chosen.narrow(1, at, 1), cache), expected.select(1, at), 1e-4);
    }

    [Theory]
    [InlineData(KanSide.Both, "encoder,decoder,head")]
    [InlineData(KanSide.Encoder, "encoder")]
    [InlineData(KanSide.Decoder, "decoder,head")]
    public void One_side_alone_can_have_KAN_layers(KanSide side, string expected)
    {
        using var scope = NewDisposeScope();
        using Bart model = Make(options => options with { Placement = KanPlacement.All, KanSide = side });
        Assert.Equal(expected.Split(','), model.KanLayers().Select(layer => layer.Name.Split('.')[0]).Distinct());
        Assert.Equal(side == KanSide.Encoder, model.Head is TiedHead);
        Tensor ids = Ids(2, 4), targets = Ids(2, 5), logits = model.forward(ids, model.ShiftRight(targets));
        EngineCheck.Close("loss", model.Loss(new TokenBatch(ids, targets)), -logits.log_softmax(-1).gather(2, targets.unsqueeze(-1)).mean(), 1e-5);
    }

    [Fact]
    public void A_bias_of_the_logits_counts_in_logits_and_loss()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using Bart model = Make();
        Tensor ids = Ids(2, 4), targets = Ids(2, 5), before = model.forward(ids, model.ShiftRight(targets)), bias = randn(1, Vocabulary);
        model.get_buffer("logits_bias")!.copy_(bias);
        EngineCheck.Close("logits", model.forward(ids, model.ShiftRight(targets)), before + bias, 1e-5);
        EngineCheck.Close("loss", model.Loss(new TokenBatch(ids, targets), 0.5), nn.functional.cross_entropy((before + bias).flatten(0, 1), targets.reshape(-1)) / 2, 1e-5);
    }

    [Fact]
    public void Wrong_inputs_get_a_word()
    {
        using var scope = NewDisposeScope();
        using Bart model = Make();
        Tensor ids = Ids(2, 4);
        foreach ((TokenBatch batch, string message) in ((TokenBatch, string)[])
            [(new(ids, Ids(2, Block + 1)), "block size"), (new(Ids(2, Block + 1), ids), "block size"), (new(ids, Ids(3, 4)), "reads 2 texts, the decoder 3"), (new(ids, full_like(ids, Vocabulary)), "outside the vocabulary"),
            (new(ids, ids) { Mask = ones(2, 3) }, "mask has the shape"), (new(ids, ids) { DecoderTokens = Ids(2, 3) }, "4 targets for 3 tokens")])
            Assert.Contains(message, Assert.Throws<ArgumentException>(() => model.Loss(batch)).Message, StringComparison.Ordinal);
        Assert.Equal(0, model.Loss(new TokenBatch(ids, full_like(ids, -1))).item<float>());
        BartOptions options = (BartOptions)model.Options;
        foreach ((BartOptions wrong, string message) in ((BartOptions, string)[])
            [(options with { PaddingId = 99 }, "padding id is 99"), (options with { DecoderHeads = 3 }, "decoder heads is 3"), (options with { DecoderLayers = -1 }, "decoder layers is -1"), (options with { KanSide = (KanSide)7 }, "kan side is 7")])
            Assert.Contains(message, Assert.Throws<KansformersException>(() => new Bart(wrong)).Message, StringComparison.Ordinal);
        Assert.Contains("both, encoder or decoder", Assert.Throws<KansformersException>(() => options.Family.Settings[0].With(options, "both,encoder")).Message, StringComparison.Ordinal);
    }

    /// <summary>A small one with weights large enough that each token matters.</summary>
    internal static Bart Make(Func<BartOptions, BartOptions>? with = null, int vocabulary = Vocabulary)
    {
        random.manual_seed(1);
        BartOptions options = (BartOptions)new BartOptions().WithDropout(0) with { Layers = 2, Heads = 2, Width = 8, BlockSize = Block, VocabularySize = vocabulary };
        Bart model = new(with?.Invoke(options) ?? options);
        using var guard = no_grad();
        foreach (Parameter parameter in model.parameters())
        {
            if (parameter.dim() == 2)
                parameter.mul_(12);
        }

        model.eval();
        return model;
    }

    // Neither padding nor what begins and ends a text.
    private static Tensor Ids(int rows, int time) => randint(3, Vocabulary, [rows, time], ScalarType.Int64);

    // For each row how many of how many tokens there are.
    private static Tensor Mask(params int[] lengths)
    {
        Tensor mask = zeros(lengths.Length / 2, lengths.Max(), dtype: ScalarType.Int64);
        for (int row = 0; row < lengths.Length / 2; row++)
            mask[row, ..lengths[2 * row]] = 1;
        return mask;
    }
}
