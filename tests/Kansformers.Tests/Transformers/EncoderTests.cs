using Kansformers.Kan;
using Kansformers.Tests.Kan;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Tests.Transformers;

/// <summary>What encoders do beside what every family does: padding, token types, heads.</summary>
public class EncoderTests
{
    private const int Vocabulary = 19, Block = 10;

    public static TheoryData<string> Encoders() => [.. Families.All.Where(family => family.Defaults is EncoderOptions).Select(family => family.Name)];

    public static MatrixTheoryData<string, EncoderHead> EncodersAndHeads() => new(Encoders().Select(row => row.Data), Enum.GetValues<EncoderHead>());

    public static MatrixTheoryData<string, string> EncodersAndKinds() => new(Encoders().Select(row => row.Data), KanKinds.Names);

    [Theory]
    [MemberData(nameof(EncodersAndHeads))]
    public void A_sequence_gives_the_same_padded_in_a_batch_and_alone(string family, EncoderHead head)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using EncoderModel model = Make(family, options => options with { Head = head });
        (Tensor ids, Tensor mask) = Padded(model.Encoder, 3, 9, 5);
        Tensor together = model.forward(ids, mask);
        foreach ((int row, int length) in ((int, int)[])[(0, 3), (1, 9), (2, 5)])
        {
            Tensor alone = model.forward(ids[row..(row + 1), ..length]), found = together[row..(row + 1)];
            EngineCheck.Close($"row {row}", head == EncoderHead.Classification ? found : found[.., ..length], alone, 1e-5);
        }

        // What stands where a sequence is padded changes nothing of it.
        Tensor other = ids.clone();
        other[0, 4] = 7;
        if (model is not Roberta) // whose positions would count it
            EngineCheck.Close("other padding", First(model.forward(other, mask)), First(together), 1e-6);
        Assert.NotEqual(First(model.forward(ids)).bytes.ToArray(), First(together).bytes.ToArray()); // without a mask it is seen

        Tensor First(Tensor output) => head == EncoderHead.Classification ? output[0] : output[0, ..3];
    }

    [Theory]
    [MemberData(nameof(Encoders))]
    public void The_row_of_padding_learns_from_logits_alone(string family)
    {
        using var scope = NewDisposeScope();
        using EncoderModel model = Make(family, options => options with { Head = EncoderHead.Classification });
        int padding = model.Encoder.PaddingId!.Value;
        Tensor ids = tensor(new long[,] { { 5, padding, 6 } });
        model.Loss(new TokenBatch(ids, tensor(new long[] { 1 }))).backward();
        Tensor gradient = model.named_parameters().Single(entry => entry.name == "tokens.weight").parameter.grad!;
        Assert.Equal(0, gradient[padding].abs().sum().item<float>());
        Assert.All((int[])[5, 6], id => Assert.True(gradient[id].abs().sum().item<float>() > 0));
    }

    [Fact]
    public void Positions_of_RoBERTa_count_tokens_wherever_padding_stands()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using EncoderModel model = Make("roberta", options => options with { Head = EncoderHead.None });
        Tensor right = tensor(new long[,] { { 5, 6, 7, 1, 1 } }), left = tensor(new long[,] { { 1, 1, 5, 6, 7 } });
        EngineCheck.Close("padding in front", model.forward(left, left.ne(1))[.., 2..], model.forward(right, right.ne(1))[.., ..3], 1e-5);
    }

    [Fact]
    public void A_RoBERTa_whose_padding_is_a_late_id_has_no_rows_for_the_ids_before_it()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using TestFolder folder = new();
        RobertaOptions asked = new() { BlockSize = 32 };
        EncoderOptions made = EncoderShape.Of(asked, Gpt2Tokenizer.Instance, hasWeights: false);
        Assert.Equal((50_258, 32 + 2), (made.PaddingId, made.PositionRows));
        Assert.Equal([32 + 1, 32 + 2, 32 + 2], ((int[])[0, 1, 7]).Select(id => asked.WithTokens(Vocabulary, id).PositionRows));

        // It computes what the original does with its long table, which a folder in Hugging Face's layout has.
        using EncoderModel spared = Make("roberta", options => options.WithTokens(Vocabulary, 15));
        HuggingFaceModel.Save(spared, folder.Path);
        using EncoderModel whole = (EncoderModel)TransformerModel.FromPretrained(folder.Path);
        Assert.Equal((Block + 2, Block + 16), (spared.Encoder.PositionRows, whole.Encoder.PositionRows));
        Assert.Equal(Block, whole.Options.BlockSize);
        (Tensor ids, Tensor mask) = Padded(spared.Encoder, 3, 9, 5);
        Assert.Equal(spared.forward(ids, mask).bytes.ToArray(), whole.forward(ids, mask).bytes.ToArray());
        Assert.Contains("padding position is 16; it must be 0 to the padding id, 15", Assert.Throws<KansformersException>(((RobertaOptions)spared.Encoder with { PaddingPosition = 16 }).Validate).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Token_types_count_where_there_are_any()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using EncoderModel bert = Make("bert"), distilled = Make("distilbert");
        Tensor ids = tensor(new long[,] { { 5, 6, 7 } }), first = zeros_like(ids), second = tensor(new long[,] { { 0, 1, 1 } });
        Assert.Equal(bert.forward(ids).bytes.ToArray(), bert.forward(ids, null, first).bytes.ToArray());
        Assert.NotEqual(bert.forward(ids).bytes.ToArray(), bert.forward(ids, null, second).bytes.ToArray());
        Assert.Contains("token types", Assert.Throws<ArgumentException>(() => bert.forward(ids, null, second * 2)).Message, StringComparison.Ordinal);
        Assert.Contains("token types", Assert.Throws<ArgumentException>(() => bert.forward(ids, null, -second)).Message, StringComparison.Ordinal);
        Assert.Contains("token types", Assert.Throws<ArgumentException>(() => distilled.forward(ids, null, first)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Encoders))]
    public void Losses_are_those_of_their_formulas(string family)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using EncoderModel words = Make(family), labels = Make(family, options => options with { Head = EncoderHead.Classification, Labels = 3 }), number = Make(family, options => options with { Head = EncoderHead.Classification, Labels = 1 });
        (Tensor ids, Tensor mask) = Padded(words.Encoder, 9, 4);
        Tensor targets = full([2, 9], -1L, dtype: ScalarType.Int64);
        (targets[0, 2], targets[1, 1]) = (11, 4);
        Tensor logits = words.forward(ids, mask).log_softmax(-1);
        Close(-(logits[0, 2, 11] + logits[1, 1, 4]).item<float>() / 2, words, targets);

        logits = labels.forward(ids, mask).log_softmax(-1);
        Close(-(logits[0, 2] + logits[1, 0]).item<float>() / 2, labels, tensor(new long[] { 2, 0 }));
        Close(-logits[1, 0].item<float>(), labels, tensor(new long[] { -1, 0 }));

        Tensor found = number.forward(ids, mask);
        Assert.Equal([2, 1], found.shape);
        Close((Math.Pow(found[0, 0].item<float>() - 1.5, 2) + Math.Pow(found[1, 0].item<float>() + 2, 2)) / 2, number, tensor(new[] { 1.5f, -2f }));

        // Of words each has a label or none; of answers the first and the last token, among those that are no padding.
        using EncoderModel tags = Make(family, options => options with { Head = EncoderHead.TokenClassification, Labels = 3 }), answers = Make(family, options => options with { Head = EncoderHead.QuestionAnswering });
        logits = tags.forward(ids, mask).log_softmax(-1);
        Assert.Equal([2, 9, 3], logits.shape);
        (targets[0, 2], targets[1, 1]) = (2, 0);
        Close(-(logits[0, 2, 2] + logits[1, 1, 0]).item<float>() / 2, tags, targets);
        logits = answers.forward(ids, mask);
        Assert.Equal([2, 9, 2], logits.shape);
        Tensor whole = logits[0].log_softmax(0), shorter = logits[1, ..4].log_softmax(0);
        Close(-(whole[3, 0] + whole[7, 1] + shorter[0, 0] + shorter[3, 1]).item<float>() / 4, answers, tensor(new long[,] { { 3, 7 }, { 0, 3 } }));
        Close(-(whole[3, 0] + whole[7, 1]).item<float>() / 2, answers, tensor(new long[,] { { 3, 7 }, { -1, -1 } }));

        void Close(double expected, EncoderModel model, Tensor wanted) => Assert.Equal(expected, model.Loss(new TokenBatch(ids, wanted) { Mask = mask }).item<float>(), 1e-5 * (1 + Math.Abs(expected)));
    }

    [Theory]
    [MemberData(nameof(Encoders))]
    public void Nothing_that_counts_and_nothing_but_padding_give_finite_numbers(string family)
    {
        using var scope = NewDisposeScope();
        using EncoderModel words = Make(family), labels = Make(family, options => options with { Head = EncoderHead.Classification });
        using EncoderModel tags = Make(family, options => options with { Head = EncoderHead.TokenClassification }), answers = Make(family, options => options with { Head = EncoderHead.QuestionAnswering });
        (Tensor ids, Tensor mask) = Padded(words.Encoder, 6, 0);
        foreach ((EncoderModel model, Tensor targets) in ((EncoderModel, Tensor)[])[(words, full_like(ids, -1)), (labels, tensor(new long[] { -1, -1 })), (tags, full_like(ids, -1)), (answers, full(2, 2, -1L, dtype: ScalarType.Int64))])
        {
            Tensor loss = model.Loss(new TokenBatch(ids, targets) { Mask = mask });
            loss.backward();
            Assert.Equal(0, loss.item<float>());
            Assert.All(model.parameters(), parameter => Assert.True(parameter.grad is null || parameter.grad.isfinite().all().item<bool>()));
            Assert.True(model.forward(ids, mask).isfinite().all().item<bool>());
        }
    }

    [Theory]
    [MemberData(nameof(EncodersAndKinds))]
    public void Every_kind_learns_at_every_place(string family, string kind)
    {
        using var scope = NewDisposeScope();
        using EncoderModel model = Make(family, options => options with { Placement = KanPlacement.All, Kan = KanSettings.Parse(kind) });
        Assert.Equal((5 * model.Encoder.Layers) - model.Encoder.Layers + 1, model.KanLayers().Count()); // two of attention, two of the feed-forward part, one of the head
        (Tensor ids, Tensor mask) = Padded(model.Encoder, 9, 6);
        TokenBatch batch = new(ids, ids) { Mask = mask };
        Tensor loss = model.Loss(batch);
        loss.backward();
        Assert.All(model.named_parameters(), entry => Assert.True(entry.parameter.grad!.isfinite().all().item<bool>(), entry.name));
        using var guard = no_grad();
        double squares = model.parameters().Sum(parameter => (double)parameter.grad!.square().sum().item<float>()), step = 1e-2 / Math.Sqrt(squares), taken = 0;
        float after;
        do
        {
            foreach (Parameter parameter in model.parameters())
                parameter.sub_(parameter.grad! * (step - taken));
            (taken, step, after) = (step, step / 4, model.Loss(batch).item<float>());
        }
        while (after >= loss.item<float>() && step * Math.Sqrt(squares) > 1e-5); // some functions are steep

        Assert.True(after < loss.item<float>());
    }

    [Theory]
    [MemberData(nameof(Encoders))]
    public void A_head_of_its_own_is_a_KAN_where_the_placement_has_the_head(string family)
    {
        using EncoderModel tied = Make(family, options => options with { Placement = KanPlacement.Head }), apart = Make(family, options => options with { Placement = KanPlacement.Head, TiedHead = false });
        using EncoderModel tags = Make(family, options => options with { Placement = KanPlacement.Head, Head = EncoderHead.TokenClassification }), answers = Make(family, options => options with { Placement = KanPlacement.Head, Head = EncoderHead.QuestionAnswering });
        Assert.Equal(["head.labels.layers.0", "head.outputs.layers.0"], tags.KanLayers().Concat(answers.KanLayers()).Select(layer => layer.Name));
        Assert.Equal(["head.dense.layers.0"], tied.KanLayers().Select(layer => layer.Name));
        Assert.Equal(["head.decoder.layers.0", "head.dense.layers.0"], apart.KanLayers().Select(layer => layer.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Encoders))]
    public void What_cannot_be_is_refused_in_words(string family)
    {
        using var scope = NewDisposeScope();
        using EncoderModel words = Make(family), labels = Make(family, options => options with { Head = EncoderHead.Classification, Labels = 3 }), none = Make(family, options => options with { Head = EncoderHead.None });
        Tensor ids = tensor(new long[,] { { 5, 6, 7 }, { 8, 9, 10 } });
        Refused("mask has the shape (2, 2)", () => words.forward(ids, ones(2, 2)));
        Refused("types has the shape (3)", () => words.forward(ids, null, zeros(3, dtype: ScalarType.Int64)));
        Refused("block size 10", () => words.forward(ones(1, Block + 1, dtype: ScalarType.Int64)));
        Refused("block size 10", () => words.forward(ones(1, 0, dtype: ScalarType.Int64)));
        Refused("3 targets for 6 positions", () => words.Loss(new TokenBatch(ids, ids[0])));
        Refused("outside the vocabulary of 19", () => words.Loss(new TokenBatch(ids, ids + 10)));
        Refused("outside the vocabulary of 19", () => words.Loss(new TokenBatch(ids, ids - 100)));
        Refused("not one for each of 2 sequences", () => labels.Loss(new TokenBatch(ids, ids)));
        Refused("target 3 is outside the labels of 3", () => labels.Loss(new TokenBatch(ids, tensor(new long[] { 0, 3 }))));
        Refused("the targets are Float32", () => labels.Loss(new TokenBatch(ids, tensor(new[] { 0.5f, 1f }))));
        using EncoderModel tags = Make(family, options => options with { Head = EncoderHead.TokenClassification, Labels = 3 }), answers = Make(family, options => options with { Head = EncoderHead.QuestionAnswering });
        Refused("3 targets for 6 positions", () => tags.Loss(new TokenBatch(ids, ids[0])));
        Refused("target 3 is outside the labels of 3", () => tags.Loss(new TokenBatch(ids, full_like(ids, 3))));
        Refused("not a first and a last place for each of 2 sequences", () => answers.Loss(new TokenBatch(ids, ids)));
        Refused("target 3 is outside the sequence of 3", () => answers.Loss(new TokenBatch(ids, tensor(new long[,] { { 0, 1 }, { 2, 3 } }))));
        Refused("the targets are Float32", () => answers.Loss(new TokenBatch(ids, zeros(2, 2))));
        Assert.Contains("has no loss", Assert.Throws<KansformersException>(() => none.Loss(new TokenBatch(ids, ids))).Message, StringComparison.Ordinal);
        EncoderOptions options = words.Encoder;
        foreach ((EncoderOptions wrong, string message) in ((EncoderOptions, string)[])[(options with { Labels = 0 }, "labels is 0"), (options with { LabelNames = new(["a", "b", "c"]) }, "number of label names is 3"), (options with { PaddingId = -1 }, "padding id is -1"), (options with { NormEpsilon = 0 }, "norm epsilon is 0"), (options with { HeadDropout = 1 }, "head dropout is 1"), (options with { Inner = -1 }, "inner is -1"), (options with { Head = (EncoderHead)7 }, "head is 7")])
            Assert.Contains(message, Assert.Throws<KansformersException>(wrong.Validate).Message, StringComparison.Ordinal);

        static void Refused(string message, Func<Tensor> action) => Assert.Contains(message, Assert.Throws<ArgumentException>(action).Message, StringComparison.Ordinal);
    }

    internal static EncoderModel Make(string family, Func<EncoderOptions, EncoderOptions>? with = null)
    {
        random.manual_seed(3);
        EncoderOptions options = (EncoderOptions)Families.Named(family).Defaults.WithDropout(0) with { Layers = 2, Heads = 2, Width = 8, BlockSize = Block, VocabularySize = Vocabulary };
        options = with?.Invoke(options) ?? options;
        EncoderModel model = (EncoderModel)options.Family.Create(options);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        foreach (Parameter parameter in model.parameters())
        {
            if (parameter.dim() == 2)
                parameter.mul_(8); // so that each token matters
        }

        return model;
    }

    // Sequences of these lengths, filled up to the longest.
    private static (Tensor Ids, Tensor Mask) Padded(EncoderOptions options, params int[] lengths)
    {
        Tensor ids = randint(2, Vocabulary, [lengths.Length, lengths.Max()], ScalarType.Int64), mask = ones_like(ids);
        for (int row = 0; row < lengths.Length; row++)
        {
            ids[row, lengths[row]..] = options.PaddingId!.Value;
            mask[row, lengths[row]..] = 0;
        }

        return (ids, mask);
    }
}
