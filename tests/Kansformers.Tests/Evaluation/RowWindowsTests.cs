using Kansformers.Evaluation;
using Kansformers.Tests.Training;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Evaluation;

/// <summary>Which stretches of a text rows are made of, how often, and what their loss is.</summary>
public class RowWindowsTests : OneThread
{
    private const int Block = 8, Around = 2;

    [Fact]
    public void Every_token_is_read_the_last_one_too()
    {
        using TestFolder folder = new();
        using TokenizedCorpus corpus = TinyTraining.Corpus(folder);
        using Bert model = Model(corpus.Tokenizer);
        foreach (int count in (int[])[2, 6, 7, 13, 100])
        {
            TokenSpan text = corpus.Train.Slice(3, count);
            long[] expected = new long[count];
            text.Read(0, expected);
            Recorded rows = new(corpus.Tokenizer, model.Options);
            RowWindows windows = new(text, rows, count: 0);
            windows.Loss(model);
            Assert.Equal(expected, rows.Texts.SelectMany(row => row));
            Assert.Equal((count, (count + 5) / 6), (windows.Tokens, windows.Count));
            RowWindows few = new(text, rows = new Recorded(corpus.Tokenizer, model.Options), count: 2);
            few.Loss(model);
            Assert.Equal(expected[0], rows.Texts[0][0]);
            if (few.Count > 1)
                Assert.Equal(expected[^1], rows.Texts[^1][^1]);
        }
    }

    [Theory]
    [InlineData(BatchOrder.Replacement)]
    [InlineData(BatchOrder.Shuffled)]
    public void A_training_draws_every_token_and_needs_no_more_than_a_row(BatchOrder order)
    {
        using TestFolder folder = new();
        using TokenizedCorpus corpus = TinyTraining.Corpus(folder);
        using BatchSampler only = new(corpus.Train.Slice(0, 6), 6, 2, order, hasTargets: false);
        Assert.Equal((0, 0, 12), (only.Start(1, 0, 0), only.Start(1, 9, 1), only.Rows(1, 0).Length));
        using BatchSampler sampler = new(corpus.Train.Slice(0, 20), 6, 1, order, hasTargets: false);
        HashSet<long> starts = [.. Enumerable.Range(0, 600).Select(batch => sampler.Start(1, batch, 0))];
        Assert.Equal(Enumerable.Range(0, 15).Select(start => (long)start), starts.Order()); // the last row ends with the text
        Assert.Contains("needs 6; give more text", Assert.Throws<KansformersException>(() => new BatchSampler(corpus.Train.Slice(0, 5), 6, 1, order, hasTargets: false)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_validation_makes_its_rows_once()
    {
        using TestFolder folder = new();
        using TokenizedCorpus corpus = TinyTraining.Corpus(folder);
        using Bert model = Model(corpus.Tokenizer);
        Recorded rows = new(corpus.Tokenizer, model.Options);
        using IObjective objective = new NoisedText(model, rows, BatchOrder.Replacement, new TrainingData(corpus.Train, corpus.Validation), TinyTraining.Options);
        Assert.True(objective.HasValidation);
        Assert.Empty(rows.Texts);
        double loss = objective.Validate();
        Assert.Equal((3, 3 * 4), (rows.Texts.Count, objective.ValidationTokens)); // windows of 6 tokens, of which the even ones are hidden, and the last
        Assert.Equal(3, rows.Texts.Count);
        Assert.Equal(loss, objective.Validate());
        using NoisedText counted = new(model, rows, BatchOrder.Replacement, new TrainingData(corpus.Train, corpus.Validation), TinyTraining.Options);
        Assert.Equal(3 * 4, counted.ValidationTokens); // before any validation, too
    }

    [Fact]
    public void A_loss_is_the_mean_of_all_tokens_that_are_wanted_whatever_window_they_are_in()
    {
        using TestFolder folder = new();
        using TokenizedCorpus corpus = TinyTraining.Corpus(folder);
        using Bert model = Model(corpus.Tokenizer);
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        TokenSpan text = corpus.Train.Slice(0, 20); // windows of 6, 6, 6 and 2 tokens
        Recorded rows = new(corpus.Tokenizer, model.Options);
        RowScore score = new RowWindows(text, rows, count: 0).Measure(model, null, default);
        double nats = 0;
        int wanted = 0;
        model.eval();
        foreach (long[] row in rows.Texts)
        {
            (long[] ids, long[] targets) = rows.Hidden(row);
            Tensor logits = model.forward(tensor(ids).unsqueeze(0)).log_softmax(-1);
            for (int at = 0; at < targets.Length; at++)
            {
                if (targets[at] < 0)
                    continue;
                nats -= logits[0, at, targets[at]].item<float>();
                wanted++;
            }
        }

        Assert.Equal((wanted, 20), (score.Wanted, score.Tokens));
        Assert.Equal(nats / wanted, score.Loss, 1e-5);
    }

    [Fact]
    public void Perplexities_are_those_of_models_that_always_say_the_same()
    {
        using TestFolder folder = new();
        using TokenizedCorpus corpus = TinyTraining.Corpus(folder, new string('a', 300) + "b");
        int vocabulary = EncoderTokens.Of(corpus.Tokenizer).Vocabulary;
        Assert.Equal((2, 6), (corpus.Tokenizer.VocabularySize, vocabulary));
        using Bert bert = Model(corpus.Tokenizer);
        using Bart bart = new(TinyTraining.EncoderDecoder with { VocabularySize = vocabulary, PaddingId = 3, StartId = 5, EndId = 5 });
        Tensor bertBias = bert.named_parameters().Single(entry => entry.name == "head.decoder.bias").parameter, bartBias = bart.get_buffer("logits_bias")!;
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        foreach (Tensor parameter in bert.parameters().Concat(bart.parameters()))
            parameter.zero_();
        Assert.Equal((6, 6), (Math.Round(Masked().Perplexity, 4), Math.Round(Denoised().Perplexity, 4))); // as hard as a die

        // a weighs 3, all else 1: of 8.
        (bertBias[0], bartBias[0, 0]) = (Math.Log(3), Math.Log(3));
        MaskedEvaluationResult masked = Masked();
        Assert.Equal(Math.Log(8.0 / 3), masked.Loss, 1e-6);
        Assert.Equal(8.0 / 3, masked.Perplexity, 1e-5);
        DenoisingResult denoised = Denoised();
        Assert.Equal((100, 100 + (2 * 17), 17), (denoised.Tokens, denoised.Written, denoised.Windows)); // 6 to a window of 8
        Assert.Equal(Math.Log(8) - (100 * Math.Log(3) / 134), denoised.Loss, 1e-6);
        Assert.Equal(Math.Exp(Math.Log(8) - (100 * Math.Log(3) / 134)), denoised.Perplexity, 1e-5);

        MaskedEvaluationResult Masked() => new MaskedEvaluator(bert, corpus.Tokenizer).Evaluate(corpus.Train, maxTokens: 100);

        DenoisingResult Denoised() => new DenoisingEvaluator(bart, corpus.Tokenizer).Evaluate(corpus.Train, maxTokens: 100);
    }

    private static Bert Model(Tokenizer tokenizer)
    {
        random.manual_seed(5);
        return new Bert(TinyTraining.Encoder with { BlockSize = Block, VocabularySize = EncoderTokens.Of(tokenizer).Vocabulary });
    }

    /// <summary>Hides the first token of a text, every other one behind it, and the last; remembers the texts.</summary>
    private sealed class Recorded(Tokenizer tokenizer, ModelOptions model) : TextRows(tokenizer, model)
    {
        public List<long[]> Texts { get; } = [];

        public (long[] Ids, long[] Targets) Hidden(ReadOnlySpan<long> text)
        {
            long[] ids = new long[text.Length + Around], targets = new long[ids.Length];
            Tokens.Template.FillRow(ids, text);
            Array.Fill(targets, -1);
            for (int at = 0; at < text.Length; at++)
            {
                if (at % 2 == 0 || at == text.Length - 1)
                    (ids[at + 1], targets[at + 1]) = (Tokens.Mask!.Value, text[at]);
            }

            return (ids, targets);
        }

        public override RowBatch Make(ReadOnlySpan<long> text, int length, Func<int, ulong> key)
        {
            List<long> ids = [], targets = [];
            for (int at = 0; at < text.Length; at += length)
            {
                Texts.Add(text.Slice(at, length).ToArray());
                (long[] rowIds, long[] rowTargets) = Hidden(text.Slice(at, length));
                ids.AddRange(rowIds);
                targets.AddRange(rowTargets);
            }

            return new RowBatch([.. ids], [.. targets], text.Length / length, targets.Count(target => target >= 0)) { Tokens = text.Length };
        }
    }
}
