using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Tests.Training;

/// <summary>Learning to answer questions: windows, what is read, and what is told of data that cannot be learned.</summary>
public class QuestionAnsweringTests : OneThread
{
    [Fact]
    public void Windows_share_a_quarter_of_the_block_and_hold_the_answer_or_not()
    {
        CharTokenizer tokenizer = new("abcdefghijklmnop");
        QuestionTokens text = QuestionTokens.Of(tokenizer, new QuestionRow("ab", "cdefghijklmnop", [], "row"));
        IReadOnlyList<AnswerWindow> windows = new AnswerInputs(EncoderTokens.Of(tokenizer), 12).Of(text, out bool cut); // 12 - 3 - 2 = 7 of the context, 3 of them shared
        Assert.False(cut);
        Assert.Equal([(0, 7), (4, 7), (8, 6)], windows.Select(window => (window.From, window.Count)));
        Assert.All(windows, window => Assert.Equal(4, window.Before));
        Assert.Equal([18, 0, 1, 19, 6, 7, 8, 9, 10, 11, 12, 19], windows[1].Input.Ids);
        Assert.Equal([0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1], windows[1].Input.TypeIds);
        Assert.Equal([(0, 0), (6, 8), (0, 0)], windows.Select(window => window.Target((6, 8)))); // tokens 6 to 8 of the context: whole in the second alone
        Assert.Equal((9, 10), windows[0].Target((5, 6)));
        AnswerInputs inputs = new(EncoderTokens.Of(tokenizer), 12);
        Assert.Equal([(0, 5), (3, 5), (6, 5), (9, 5)], inputs.Of(text with { Question = [.. Enumerable.Repeat(0, 9)] }, out cut).Select(window => (window.From, window.Count))); // 9 left: 4 for the question
        Assert.True(cut);
        Assert.Equal([(0, 0)], inputs.Of(text with { Context = new PlacedTokens([], []) }, out _).Select(window => (window.From, window.Count)));
        Assert.Contains("block size is 4", Assert.Throws<KansformersException>(() => new AnswerInputs(EncoderTokens.Of(tokenizer), 4).Of(text, out _)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_is_the_tokens_in_which_something_of_it_stands()
    {
        using TestFolder folder = new();
        folder.Write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nin\n##side\n1\n##99\n##9\n,\nparis\n");
        Tokenizer tokenizer = Tokenizer.Open(folder["vocab.txt"]);
        const string context = "Inside PARIS, 1999";
        QuestionTokens text = QuestionTokens.Of(tokenizer, new QuestionRow("in", context, [], "row"));
        Assert.Equal([5, 6, 11, 10, 7, 8, 9], text.Context.Ids);
        Assert.Equal((2, 2), text.Span(new ContextAnswer("PARIS", 7)));
        Assert.Equal((2, 6), text.Span(new ContextAnswer("PARIS, 1999", 7)));
        Assert.Equal((0, 1), text.Span(new ContextAnswer("side ", 2 - 1))); // a part of a word is its tokens
        Assert.Null(text.Span(new ContextAnswer(" ", 6)));
        Assert.Equal("PARIS, 199", AnswerFinder.Answer(context, text.Context, new FoundSpan(2, 5, 0, 0.5)).Answer);
    }

    [Theory]
    [InlineData("a.jsonl", """{"question": "who?", "context": "a 😀 fox", "answers": {"text": ["fox", "a"], "answer_start": [4, 0]}}""")]
    [InlineData("a.jsonl", """{"id": 1, "question": "who?", "context": "a 😀 fox", "answers": [{"text": "fox", "answer_start": 4}, {"answer_start": 0, "text": "a"}]}""")]
    [InlineData("a.jsonl", """{"question": "who?", "context": "a 😀 fox", "answer": "fox", "answer_start": 4}""")]
    [InlineData("a.csv", "answer_start,question,context,answer|4,who?,a 😀 fox,fox")]
    [InlineData("a.tsv", "id\tquestion\tpassage\tanswer\tanswer_start|1\twho?\ta 😀 fox\tfox\t4")]
    public void Questions_are_read_and_places_count_characters(string name, string content)
    {
        using TestFolder folder = new();
        QuestionRow row = Assert.Single(Questions.Read(folder.Write(name, content.Replace('|', '\n') + "\n"), new LabelledFields()));
        Assert.Equal(("who?", "a 😀 fox", new ContextAnswer("fox", 5)), (row.Question, row.Context, row.Answers[0])); // the emoji is one character, and two of UTF-16
        Assert.Equal("fox", row.Context.Substring(row.Answers[0].Start, 3));
    }

    [Theory]
    [InlineData("""{"question": "q", "answers": {"text": ["a"], "answer_start": [0]}}""", "cannot tell which column of '", "a.jsonl' holds the contexts; choose it with DataConfig.TextPairField: line 1 has 'question', 'answers'")]
    [InlineData("""{"question": "q", "context": "a", "answers": {"text": ["a"], "answer_start": [0]}}|{"context": "a", "answers": {"text": ["a"], "answer_start": [0]}}""", "line 2 has no field 'question'")]
    [InlineData("""{"question": " ", "context": "a", "answers": {"text": ["a"], "answer_start": [0]}}""", "line 1 has no text in 'question'")]
    [InlineData("""{"question": "q", "context": ["a"], "answers": {"text": ["a"], "answer_start": [0]}}""", "line 1 holds a list or an object in 'context'")]
    [InlineData("""{"question": "q", "context": "a", "answers": {"text": [], "answer_start": []}}""", "no question of", "a.jsonl' has an answer, so that none can be learned")]
    [InlineData("""{"question": "q", "context": "a", "answers": {"text": [], "answer_start": []}, "is_impossible": false}""", "line 1 has no answer in 'answers', but false in 'is_impossible'")]
    [InlineData("""{"question": "q", "context": "a", "answers": {"text": ["a"], "answer_start": [0]}, "is_impossible": true}""", "line 1 has an answer in 'answers', but true in 'is_impossible'")]
    [InlineData("""{"question": "q", "context": "a", "answers": {"text": ["a"], "answer_start": [0]}, "is_impossible": "no"}""", "line 1 has 'no' in 'is_impossible', where true or false is wanted")]
    [InlineData("""{"question": "q", "context": "a", "answers": {"text": [""], "answer_start": [0]}}""", "line 1 has an empty answer")]
    [InlineData("""{"question": "q", "context": "a", "answers": {"text": ["a"], "answer_start": []}}""", "line 1 has answers of another form than")]
    [InlineData("""{"question": "q", "context": "a", "answers": {"text": ["a"]}}""", "another form")]
    [InlineData("""{"question": "q", "context": "a", "answers": [{"text": "a", "answer_start": "0"}]}""", "another form")]
    [InlineData("""{"question": "q", "context": "ba", "answers": {"text": ["a"], "answer_start": [0]}}""", "line 1: the answer 'a' is not in its context at character 0, but at 1; correct it")]
    [InlineData("""{"question": "q", "context": "ba", "answers": {"text": ["c"], "answer_start": [99]}}""", "the answer 'c' is not in its context at character 99; correct it")]
    [InlineData("""{"question": "q", "context": "ba", "answers": {"text": ["b"], "answer_start": [-1]}}""", "at character -1, but at 0")]
    [InlineData("""{"question": "q", "context": "a", "answer": "a", "answer_start": "x"}""", "line 1 has 'x' in 'answer_start', which is no whole number")]
    [InlineData("""{"question": "q", "context": "a", "answer": "a"}""", "line 1 has no field 'answer_start'")]
    [InlineData("""{"question": "q", "context": "a", "answers": {"text": ["\ud83d"], "answer_start": [0]}}""", "a.jsonl' line 1 is bad: its text or a name in it is not a text, or holds half a surrogate pair")]
    [InlineData("""{"question": "q", "context": "a", "answers": {"\ud83d": 1, "text": [""], "answer_start": [0]}}""", "line 1")]
    [InlineData("""{"question": "q", "context": "a", "answers": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["a"]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}""", "another form")]
    [InlineData("""{"question": "q", "context": "a", "answers": {"text": ["a"], "answer_start": [0]}, "answers": "a"}""", "line 1 has no field 'answer_start'")]
    [InlineData("""{"question": "q", "context": "a", "answers": {"text": ["a"], "answer_start": [0]}}|{"question": "q", "context": "a"}""", "line 2 has no field 'answers'")]
    public void What_cannot_be_learned_is_told_with_its_place(string content, params string[] words)
    {
        using TestFolder folder = new();
        RunConfig config = new()
        {
            Model = TinyTraining.Encoder,
            Training = TinyTraining.Options with { Objective = new QuestionAnsweringOptions() },
            Data = new DataConfig { Data = folder.Write("a.jsonl", content.Replace('|', '\n') + "\n"), Tokenizer = "char" },
        };
        string message = Assert.Throws<KansformersException>(() => TrainingRun.Start(config, folder["run"])).Message;
        Assert.All(words, word => Assert.Contains(word, message, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', message);
        Assert.False(Directory.Exists(folder["run"]));
    }

    [Theory]
    [InlineData("a.jsonl", """{"question": "q", "context": "a", "answers": {"text": [], "answer_start": []}}""")]
    [InlineData("a.jsonl", """{"question": "q", "context": "a", "answers": [], "is_impossible": true, "plausible_answers": [{"text": "a", "answer_start": 0}]}""")]
    [InlineData("a.jsonl", """{"question": "q", "context": "a", "answers": null}""")]
    [InlineData("a.csv", "question,context,answer,answer_start,is_impossible|q,a,,,True")]
    [InlineData("a.csv", "question,context,answer,answer_start|q,a,,-1")]
    public void Questions_without_an_answer_are_read(string name, string content)
    {
        using TestFolder folder = new();
        string path = folder.Write(name, content.Replace('|', '\n') + "\n");
        QuestionRow row = Assert.Single(Questions.Read(path, new LabelledFields()));
        Assert.True(row.IsUnanswerable);
        Assert.Empty(row.Answers);
        Assert.False(Assert.Single(Questions.Read(path, new LabelledFields(), needsAnswers: false)).IsUnanswerable); // it was not asked
    }

    [Fact]
    public void That_there_is_no_answer_is_learned()
    {
        using TestFolder folder = new();
        string rows = string.Concat(Enumerable.Range(0, 80).Select(i =>
        {
            string before = "abcd"[..(i % 5)], after = "efgh"[..(4 - (i % 5))];
            return (i / 5) % 2 == 0 ? $$$"""{"question": "q", "context": "{{{before}}}7{{{after}}}", "answers": {"text": ["7"], "answer_start": [{{{before.Length}}}]}}""" + "\n"
                : $$$"""{"question": "q", "context": "{{{before}}}i{{{after}}}", "answers": {"text": [], "answer_start": []}}""" + "\n";
        }));
        RunConfig config = new()
        {
            Model = TinyTraining.Encoder with { BlockSize = 12 },
            Training = TinyTraining.Options with { Objective = new QuestionAnsweringOptions(), MaxIters = 200, BatchSize = 8, EvalInterval = 50 },
            Data = new DataConfig { Data = folder.Write("a.jsonl", rows), Tokenizer = "char" },
        };
        using TrainingRun run = TrainingRun.Start(config, folder["run"]);
        Assert.Contains("answers 40 of 80 questions have none: their first and last token are the first of all", run.Material.Notes);
        Assert.Equal((4, 4), (run.Material.HeldOutOf<QuestionRow>().Count(row => row.IsUnanswerable), run.Material.HeldOutOf<QuestionRow>().Count(row => !row.IsUnanswerable)));
        run.Run();
        Assert.Equal([new Measure("exact_match", 1), new Measure("f1", 1)], run.BestMeasures());
        AnswerFinder finder = new(run.Model, run.Material.Tokenizer), open = new(run.Model, run.Material.Tokenizer) { MayFindNone = true };
        QuestionRow with = new("q", "ab7gh", [new ContextAnswer("7", 2)], "one"), without = new("q", "abigh", [], "two") { IsUnanswerable = true };
        Assert.Equal(["7", ""], open.Predict([with, without]).Select(found => found.Answer));
        Assert.All(open.Predict([with, without]), found => Assert.InRange(found.Score, 0.3, 1));
        Assert.NotEqual("", finder.Predict([without])[0].Answer); // where there must be one
        AnswerEvaluationResult result = finder.Evaluate([with, without, without with { Context = "a7" }]);
        Assert.Equal((3, 2, 1.0, 0.5), (result.Answers.Questions, result.Answers.Unanswerable, result.Answers.AnswerableExactMatch, result.Answers.UnanswerableExactMatch));
        Assert.True(result.Loss > finder.Evaluate([with, without]).Loss);
    }

    [Fact]
    public void Answers_that_are_too_long_to_be_given_are_counted()
    {
        using TestFolder folder = new();
        string rows = string.Concat(((int[])[29, 30, 31, 40]).Select(length => $$$"""{"question": "q", "context": "{{{new string('a', 50)}}}", "answers": {"text": ["{{{new string('a', length)}}}"], "answer_start": [1]}}""" + "\n"));
        RunConfig config = new()
        {
            Model = TinyTraining.Encoder with { BlockSize = 64 },
            Training = TinyTraining.Options with { Objective = new QuestionAnsweringOptions() },
            Data = new DataConfig { Data = folder.Write("a.jsonl", rows), Tokenizer = "char" },
        };
        using TrainingRun run = TrainingRun.Start(config, folder["run"]);
        Assert.Equal("answers 2 of 4 have more than 30 tokens, the most that an answer is given, and cannot be found as a whole", Assert.Single(run.Material.Notes, note => note.StartsWith("answers", StringComparison.Ordinal)));
    }

    [Fact]
    public void An_answer_without_a_token_is_told_without_a_remedy_for_characters()
    {
        using TestFolder folder = new();
        folder.Write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nq\na\n");
        DataConfig data = new() { Data = folder.Write("a.jsonl", """{"question": "q", "context": "a \u0001 a", "answers": {"text": ["\u0001"], "answer_start": [2]}}""" + "\n"), Tokenizer = folder["vocab.txt"] };
        string message = Assert.Throws<KansformersException>(() => QuestionMaterial.Open(data, null)).Message;
        Assert.EndsWith("has no token in this tokenizer; choose another", message, StringComparison.Ordinal);
        new CharTokenizer("qb").Save(folder["char"]);
        data = data with { Data = folder.Write("b.jsonl", """{"question": "q", "context": "a", "answers": {"text": ["a"], "answer_start": [0]}}""" + "\n"), Tokenizer = folder["char"] };
        message = Assert.Throws<KansformersException>(() => QuestionMaterial.Open(data, null)).Message;
        Assert.Contains("the character 'a'", message, StringComparison.Ordinal);
        Assert.EndsWith("or leave such characters out with DataConfig.UnknownCharacters = Skip", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tiny_task_is_learned_also_in_windows()
    {
        using TestFolder folder = new();
        string rows = string.Concat(Enumerable.Range(0, 60).Select(i =>
        {
            string before = "abcdefg"[..(i % 7)], context = before + "7" + "hijklmn"[..(6 - (i % 7))];
            return $$$"""{"question": "q", "context": "{{{context}}}", "answers": {"text": ["7"], "answer_start": [{{{before.Length}}}]}}""" + "\n";
        }));
        RunConfig config = new()
        {
            Model = TinyTraining.Encoder,
            Training = TinyTraining.Options with { Objective = new QuestionAnsweringOptions(), MaxIters = 150, BatchSize = 8, EvalInterval = 50 },
            Data = new DataConfig { Data = folder.Write("a.jsonl", rows), Tokenizer = "char" },
        };
        using TrainingRun run = TrainingRun.Start(config, folder["run"]);
        Assert.Contains("windows 180 of a block of 8 for 60 contexts", run.Material.Notes); // 4 of 7 characters at a time, 2 shared
        run.Run();
        Assert.Equal([new Measure("exact_match", 1), new Measure("f1", 1)], run.BestMeasures());
        AnswerFinder finder = new(run.Model, run.Material.Tokenizer);
        QuestionRow row = new("q", "abcde7hi", [new ContextAnswer("7", 5)], "here");
        AnswerPrediction found = Assert.Single(finder.Predict([row]));
        Assert.Equal(("7", 5), (found.Answer, found.Start));
        Assert.InRange(found.Score, 0.3, 1);
        AnswerEvaluationResult result = finder.Evaluate([row, row with { Context = " " }]);
        Assert.Equal((1.0, 1, 1, 3), (result.Answers.ExactMatch, result.Answers.Questions, result.Empty, result.Windows));
        Assert.Contains("here has no answer", Assert.Throws<KansformersException>(() => finder.Evaluate([row with { Answers = [] }])).Message, StringComparison.Ordinal);
        Assert.Contains("does not answer questions", Assert.Throws<KansformersException>(() => new AnswerFinder(Tests.Transformers.EncoderTests.Make("bert"), new CharTokenizer("ab"))).Message, StringComparison.Ordinal);
    }
}
