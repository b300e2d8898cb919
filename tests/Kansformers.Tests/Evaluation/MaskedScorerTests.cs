using Kansformers.Evaluation;
using Kansformers.Tests.Training;
using Kansformers.Text;
using Kansformers.Transformers;
using TorchSharp;

namespace Kansformers.Tests.Evaluation;

/// <summary>Minimal pairs by pseudo-log-likelihood, against one masked token at a time.</summary>
public class MaskedScorerTests
{
    private const string Pieces = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nsou\n##ven\n##ir\ncat\n##s\nsit\n.\n";

    [Fact]
    public void Each_token_is_guessed_without_the_rest_of_its_word()
    {
        using TestFolder folder = new();
        folder.Write("words/vocab.txt", Pieces);
        Tokenizer tokenizer = Tokenizer.Open(folder["words"]);
        using Bert model = Make(tokenizer);
        MaskedScorer scorer = new(model, tokenizer, new ScoringOptions());
        string[] texts = ["the souvenir sit.", "the cats sit.", "souvenirs", "cat"];
        Dictionary<UInt128, RequestScore> scores = [];
        foreach ((ScoringBatch batch, RequestScore[] found) in scorer.Run(scorer.Plan(texts.Select(text => scorer.Encode(new TextRequest("", text)))), default))
        {
            for (int i = 0; i < found.Length; i++)
                scores[batch.Requests[i].Key] = found[i];
        }

        foreach (string text in texts)
        {
            int[] ids = tokenizer.Encode(text);
            Assert.Equal(Plain(model, tokenizer, ids, id => !((HuggingFaceTokenizer)tokenizer).TokenOf(id).StartsWith("##", StringComparison.Ordinal)),
                scores[scorer.Encode(new TextRequest("", text)).Key].LogLikelihood, 1e-4);
        }
    }

    [Theory]
    [InlineData(30, 10, 12)]
    [InlineData(1, 510, 512)]
    [InlineData(3, 5000, 5002)]
    public void Texts_of_any_length_go_through_the_model_in_passes_of_a_budget(int texts, int length, int width)
    {
        (int Text, int At)[][] passes = [.. MaskedScorer.Passes(texts, length, width)];
        Assert.Equal(Enumerable.Range(0, texts * length), passes.SelectMany(rows => rows).Select(row => (row.Text * length) + row.At));
        Assert.All(passes, rows => Assert.InRange(rows.Length, 1, Math.Max(1, MaskedScorer.TokensPerBatch / width)));
    }

    [Fact]
    public void A_long_text_is_scored_as_in_one_pass()
    {
        CharTokenizer tokenizer = new("ab c");
        using Bert model = new(TinyTraining.Encoder with { VocabularySize = EncoderTokens.Of(tokenizer).Vocabulary, BlockSize = 130 });
        model.eval();
        string text = string.Concat(Enumerable.Range(0, 120).Select(i => "abc "[i * i % 7 % 4]));
        MaskedScorer scorer = new(model, tokenizer, new ScoringOptions());
        (ScoringBatch _, RequestScore[] scores) = Assert.Single(scorer.Run(scorer.Plan([scorer.Encode(new TextRequest("", text))]), default));
        Assert.Equal(Plain(model, tokenizer, tokenizer.Encode(text), null), scores[0].LogLikelihood, 1e-3);
    }

    [Fact]
    public void Words_of_characters_end_at_white_space()
    {
        CharTokenizer tokenizer = new("abc d");
        using Bert model = Make(tokenizer);
        MaskedScorer scorer = new(model, tokenizer, new ScoringOptions());
        Assert.Equal([2, 2, 3, 5, 5, 6, 7], scorer.WordEnds(tokenizer.Encode("ab cd a")));
    }

    [Fact]
    public void A_masked_model_answers_minimal_pairs_alone_and_shows_nothing_before_them()
    {
        using TestFolder folder = new();
        string pairs = folder.Write("pairs.jsonl", """
            {"sentence_good": "ab cd", "sentence_bad": "ab dc"}
            {"sentence_good": "a b c d a b c d", "sentence_bad": "a b c d a b c c"}
            {"sentence_good": "same", "sentence_bad": "same"}
            """);
        string words = folder.Write("words.jsonl", """{"text": "ab cd"}""");
        CharTokenizer tokenizer = new("abcdesm ");
        using Bert model = Make(tokenizer);
        using (TaskEvaluator evaluator = new(model, tokenizer))
        {
            TaskResult result = evaluator.Evaluate(TaskSource.Open(pairs));
            double[] expected = [.. new[] { ("ab cd", "ab dc"), ("a b c d a b c d", "a b c d a b c c") }.Select(pair => Score(pair.Item1) > Score(pair.Item2) ? 1.0 : 0), 0.5];
            Assert.Equal((expected.Average(), 1), (result.Measures[0].Value, result.Measures[0].Ties));
            Assert.Equal(2, result.ContinuationsCut); // of the longer ones, the same text twice or not
            Assert.Contains("pseudo-log-likelihood", Assert.Single(result.Notes), StringComparison.Ordinal);
            Assert.Contains("scores minimal pairs alone", Assert.Throws<KansformersException>(() => evaluator.Evaluate(TaskSource.Open(words))).Message, StringComparison.Ordinal);
        }

        using TaskEvaluator shown = new(model, tokenizer, new TaskOptions { FewShot = 1 });
        Assert.Contains("nothing can be shown before what a bert reads", Assert.Throws<KansformersException>(() => shown.Evaluate(TaskSource.Open(pairs))).Message, StringComparison.Ordinal);
        using Bert classifier = new(TinyTraining.Encoder with { Head = EncoderHead.Classification, Labels = 2, VocabularySize = EncoderTokens.Of(tokenizer).Vocabulary });
        Assert.Contains("cannot be asked how likely texts are", Assert.Throws<KansformersException>(() => new TaskEvaluator(classifier, tokenizer)).Message, StringComparison.Ordinal);

        double Score(string text)
        {
            int[] ids = tokenizer.Encode(text);
            ids = ids[Math.Max(0, ids.Length - Block + 2)..];
            return Plain(model, tokenizer, ids, null);
        }
    }

    private const int Block = 16;

    private static Bert Make(Tokenizer tokenizer)
    {
        torch.random.manual_seed(2);
        Bert model = new(TinyTraining.Encoder with { BlockSize = Block, VocabularySize = EncoderTokens.Of(tokenizer).Vocabulary });
        using var guard = torch.no_grad();
        foreach (TorchSharp.Modules.Parameter parameter in model.parameters())
            parameter.add_(torch.randn_like(parameter) * 0.3);
        model.eval();
        return model;
    }

    // One token after the other; words begin where they are told to, or after and at a space.
    private static double Plain(Bert model, Tokenizer tokenizer, int[] ids, Func<int, bool>? begins)
    {
        using var guard = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        EncoderTokens tokens = EncoderTokens.Of(tokenizer, model.Options.VocabularySize);
        double sum = 0;
        for (int at = 0; at < ids.Length; at++)
        {
            int end = at + 1;
            while (end < ids.Length && !(begins?.Invoke(ids[end]) ?? (tokenizer.Decode([ids[end]]) == " " || tokenizer.Decode([ids[end - 1]]) == " ")))
                end++;
            int[] hidden = [.. ids.Select((id, i) => i >= at && i < end ? tokens.Mask!.Value : id)];
            IReadOnlyList<int> row = tokens.Template.Fill(hidden, null).Ids;
            torch.Tensor logits = model.forward(torch.tensor(row.Select(id => (long)id).ToArray()).unsqueeze(0))[0, 1 + at].to(torch.ScalarType.Float64);
            sum += torch.nn.functional.log_softmax(logits, 0)[ids[at]].item<double>();
        }

        return sum;
    }
}
