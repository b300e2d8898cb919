using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Transformers;
using TorchSharp;

namespace Kansformers.Tests.Evaluation;

/// <summary>Tasks of every shape, on small rows of our own, against a plain second implementation.</summary>
public class TaskEvaluatorTests
{
    private const double Close = 1e-4;

    private const string Pairs = """
        {"sentence_good": "the cats sit.", "sentence_bad": "the cats sits.", "UID": "agreement"}
        {"sentence_good": "a dog runs here.", "sentence_bad": "a dog run here.", "UID": "agreement"}
        {"sentence_good": "who saw it?", "sentence_bad": "it saw who?", "UID": "order"}
        """;

    private const string Goals = """
        {"goal": "open a jar", "sol1": "turn the lid", "sol2": "eat the lid"}
        {"goal": "dry a plate", "sol1": "pour water on it ", "sol2": "use a towel"}
        """;

    private const string Letters = """
        {"question": "What is wet?", "choices": {"text": ["fire", "water", "sand"], "label": ["A", "B", "C"]}, "answerKey": "B"}
        {"question": "What burns?", "choices": {"text": ["wood", "ice"], "label": ["1", "2"]}, "answerKey": "1"}
        """;

    private const string Science = """
        {"question": "What do plants breathe in?", "distractor1": "oil", "distractor2": "salt", "distractor3": "gold", "correct_answer": "carbon dioxide", "support": "Plants take in carbon dioxide."}
        {"question": "What is ice?", "distractor1": "a gas", "distractor2": "a metal", "distractor3": "a plant", "correct_answer": "frozen water", "support": ""}
        """;

    private const string Endings = """
        {"activity_label": "Cooking", "ctx_a": "A man stands in a kitchen.", "ctx_b": "the man", "endings": ["boils an egg. [step] He eats.", "flies away.", "is a  fish.", "sings"], "label": "0"}
        {"activity_label": "Chess", "ctx_a": "Two people sit. [title] They think.", "ctx_b": "one", "endings": ["moves a rook.", "moves a river.", "melts.", "is é."], "label": "3"}
        """;

    private const string Words = """
        {"text": "he put the key into the lock and opened the door"}
        {"text": "she sang a song and then another song"}
        """;

    [Fact]
    public void Minimal_pairs_of_a_folder_give_a_row_for_each_paradigm_and_their_mean()
    {
        using TestFolder folder = new();
        folder.Write("pairs/agreement.jsonl", string.Join('\n', Pairs.Split('\n')[..2]));
        folder.Write("pairs/order.jsonl", Pairs.Split('\n')[2]);
        using Subject subject = new();
        TaskResult result = subject.Evaluate(folder["pairs"]);
        double[] expected = [.. Pairs.Split('\n').Select(line => Right(subject, line))];
        Assert.Equal((TaskKind.MinimalPairs, "pairs", 2), (result.Kind, result.Task, result.Parts.Count));
        Assert.Equal([("agreement", expected[..2].Average(), 2), ("order", expected[2], 1)], result.Parts.Select(part => (part.Name, part.Measures[0].Value, part.Measures[0].Examples)));
        TaskMeasure mean = Assert.Single(result.Measures);
        Assert.Equal(("acc", (expected[..2].Average() + expected[2]) / 2, 3), (mean.Metric, mean.Value, mean.Examples));
        Assert.Equal(double.NaN, mean.StandardError); // of one pair nobody knows it
        string whole = folder.Write("whole.jsonl", Pairs);
        Assert.Equal(mean.Value, subject.Evaluate(whole).Measures[0].Value); // the same paradigms, by their names in the rows
        Assert.Equal(expected[..2].Average(), subject.Evaluate(folder["pairs/agreement.jsonl"]).Measures[0].Value);

        static double Right(Subject subject, string line)
        {
            using JsonDocument row = JsonDocument.Parse(line);
            double good = subject.Plain.Score("", row.RootElement.GetProperty("sentence_good").GetString()!).LogLikelihood;
            double bad = subject.Plain.Score("", row.RootElement.GetProperty("sentence_bad").GetString()!).LogLikelihood;
            return good > bad ? 1 : good == bad ? 0.5 : 0;
        }
    }

    [Theory]
    [InlineData(Goals, "piqa", 0)]
    [InlineData(Goals, "piqa", 1)]
    [InlineData(Letters, "arc_easy", 0)]
    [InlineData(Letters, "arc_easy", 1)]
    [InlineData(Science, "sciq", 0)]
    [InlineData(Science, "sciq", 1)]
    [InlineData(Endings, "hellaswag", 0)]
    [InlineData(Endings, "hellaswag", 1)]
    public void Multiple_choice_is_that_of_the_second_implementation(string rows, string task, int shots)
    {
        using TestFolder folder = new();
        folder.Write("rows_labels.txt", "0\n1\n");
        string path = folder.Write("rows.jsonl", rows);
        PlainTasks.Row[] plain = [.. Expected(task)];
        if (shots == 1)
        {
            string[] shown = [.. plain.Select(row => row.Context + row.Continuations[row.Right] + "\n\n")];
            plain = [.. plain.Select((row, i) => row with { Context = shown[1 - i] + row.Context })];
        }

        foreach (int block in (int[])[512, 48])
        {
            using Subject subject = new(block);
            TaskResult result = subject.Evaluate(path, new TaskOptions { FewShot = shots });
            Assert.Equal(["acc", "acc_norm", "acc_bytes"], result.Measures.Select(measure => measure.Metric));
            double[] expected = subject.Plain.Choices(plain);
            for (int i = 0; i < 3; i++)
                Assert.Equal(expected[i], result.Measures[i].Value, Close);
            Assert.Equal((shots, block == 512 ? 0 : plain.Sum(row => row.Continuations.Count(text => subject.Length(row.Context + text) > block + 1))), (result.FewShot, result.ContextsCut));
        }

        static IEnumerable<PlainTasks.Row> Expected(string task) => task switch
        {
            "piqa" => [Row("Question: open a jar\nAnswer:", 0, "turn the lid", "eat the lid"), Row("Question: dry a plate\nAnswer:", 1, "pour water on it ", "use a towel")],
            "arc_easy" => [Row("Question: What is wet?\nAnswer:", 1, "fire", "water", "sand"), Row("Question: What burns?\nAnswer:", 0, "wood", "ice")],
            "sciq" =>
            [
                Row("Plants take in carbon dioxide.\nQuestion: What do plants breathe in?\nAnswer:", 3, "oil", "salt", "gold", "carbon dioxide"),
                Row("\nQuestion: What is ice?\nAnswer:", 3, "a gas", "a metal", "a plant", "frozen water"),
            ],
            _ =>
            [
                Row("Cooking: A man stands in a kitchen. The man", 0, "boils an egg. He eats.", "flies away.", "is a fish.", "sings"),
                Row("Chess: Two people sit. They think. One", 3, "moves a rook.", "moves a river.", "melts.", "is é."),
            ],
        };

        static PlainTasks.Row Row(string context, int right, params string[] choices) => new(context, [.. choices.Select(choice => " " + choice)], right, choices);
    }

    [Fact]
    public void The_last_word_has_greedy_accuracy_and_perplexity()
    {
        using TestFolder folder = new();
        string path = folder.Write("words.jsonl", Words);
        using Subject subject = new();
        TaskResult result = subject.Evaluate(path);
        double[] nats = [-subject.Plain.Score("he put the key into the lock and opened the", " door").LogLikelihood, -subject.Plain.Score("she sang a song and then another", " song").LogLikelihood];
        TaskMeasure perplexity = result.Measures.Single(measure => measure.Metric == "perplexity");
        Assert.Equal(1, perplexity.Value / Math.Exp(nats.Average()), Close);
        Assert.Equal(1, perplexity.StandardError / (Math.Exp(nats.Average()) * Math.Abs(nats[0] - nats[1]) / 2), Close); // of two: half their distance
        Assert.Equal(0, result.Measures.Single(measure => measure.Metric == "acc").Value);

        // Equal logits share.
        torch.Tensor weight = subject.Model.Head.parameters().First();
        using (torch.no_grad())
            weight.zero_();
        string task = folder.Write("ends.json", """{"name": "ends", "kind": "last-word", "data": ["words.jsonl"], "context": "{text}"}""");
        TaskMeasure equal = subject.Evaluate(task).Measures[0];
        Assert.Equal((Math.Pow(1.0 / subject.Model.Options.VocabularySize, 5), 2), (equal.Value, equal.Ties)); // " door" and " song" have five tokens
    }

    [Theory]
    [InlineData(16)]
    [InlineData(30)]
    public void Perplexities_count_words_and_bytes_of_the_original(int block)
    {
        const string page = " = Title = \n\n Five @-@ and @,@ twenty ( or so ) were called \" é \" . \n It ' s \n", second = "A short page .";
        using TestFolder folder = new();
        string path = folder.Write("pages.jsonl", $"{JsonSerializer.Serialize(new { page })}\n{JsonSerializer.Serialize(new { page = second })}\n");
        using Subject subject = new(block);
        TaskResult result = subject.Evaluate(path);
        double[] nats = [-subject.Plain.Roll(" = Title =\n\nFive-and,twenty (or so) were called \"é\".\nIt ' s\n"), -subject.Plain.Roll(second)];
        Assert.Equal(["word_perplexity", "byte_perplexity", "bits_per_byte"], result.Measures.Select(measure => measure.Metric));
        string text = folder.Write("plain.txt", page);
        TaskResult whole = subject.Evaluate(text);
        double own = -subject.Plain.Roll(page);
        Assert.Equal(1, whole.Measures[0].Value / Math.Exp(own / System.Text.RegularExpressions.Regex.Split(page, @"\s+").Length), Close);
        Assert.Equal(1, whole.Measures[1].Value / Math.Exp(own / Encoding.UTF8.GetByteCount(page)), Close);
        Assert.Equal(own / Encoding.UTF8.GetByteCount(page) / Math.Log(2), whole.Measures[2].Value, Close);
        Assert.True(whole.Measures[2].StandardError > 0); // of its windows
        double bytes = Encoding.UTF8.GetByteCount(page + second);
        Assert.Equal(nats.Sum() / bytes / Math.Log(2), result.Measures[2].Value, Close);
    }

    [Fact]
    public void Ready_requests_are_rows_by_their_document_and_unconditional_ones_are_no_rows()
    {
        using TestFolder folder = new();
        PlainTasks.Row[] rows = [new("Question: a?\nAnswer:", [" yes", " no"], 1, ["yes", "no"]), new("Question: bb?\nAnswer:", [" maybe", " never", " é"], 2, ["maybe", "never", "é"])];
        string path = folder["own_requests.jsonl.gz"];
        using (GZipStream stream = new(File.Create(path), CompressionLevel.Fastest))
        {
            foreach (int twice in (int[])[0, 1])
            {
                for (int doc = 0; doc < rows.Length; doc++)
                {
                    for (int i = 0; i < rows[doc].Choices.Length; i++)
                    {
                        stream.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new
                        {
                            request_type = "loglikelihood",
                            doc = new { id = doc, choices = rows[doc].Choices, gold = rows[doc].Right },
                            request = new { context = twice == 0 ? rows[doc].Context : "Answer:", continuation = rows[doc].Continuations[i] },
                            idx = i,
                            task_name = "own",
                            doc_id = doc + (1000 * twice),
                            label = rows[doc].Right,
                        }) + "\n"));
                    }
                }
            }
        }

        using Subject subject = new();
        TaskResult result = subject.Evaluate(path);
        double[] expected = subject.Plain.Choices(rows);
        Assert.Equal(["acc", "acc_norm", "acc_bytes", "acc_uncond"], result.Measures.Select(measure => measure.Metric));
        Assert.All(result.Measures, measure => Assert.Equal(2, measure.Examples));
        for (int i = 0; i < 3; i++)
            Assert.Equal(expected[i], result.Measures[i].Value, Close);
        double byChance = rows.Average(row =>
        {
            double[] gains = [.. row.Continuations.Select(text => subject.Plain.Score(row.Context, text).LogLikelihood - subject.Plain.Score("Answer:", text).LogLikelihood)];
            return gains[row.Right] == gains.Max() ? 1.0 : 0;
        });
        Assert.Equal(byChance, result.Measures[3].Value);
    }

    [Fact]
    public void A_model_of_constant_logits_scores_chance_and_its_ties_are_told()
    {
        using TestFolder folder = new();
        string pairs = folder.Write("pairs.jsonl", """
            {"sentence_good": "abc de", "sentence_bad": "de abc"}
            {"sentence_good": "same", "sentence_bad": "same"}
            {"sentence_good": "one two", "sentence_bad": "two one"}
            """);
        string choices = folder.Write("choices.jsonl", string.Join('\n', Enumerable.Range(0, 8).Select(i => $$"""{"question": "q{{i}}", "choices": {"text": ["aa", "bb", "cc", "dd"], "label": ["A", "B", "C", "D"]}, "answerKey": "{{(char)('A' + (i % 4))}}"}""")));
        using Subject subject = new(kind: "constant");
        TaskMeasure paired = subject.Evaluate(pairs).Measures[0];
        Assert.Equal((0.5, 0.0, 3), (paired.Value, paired.StandardError, paired.Ties));
        Assert.All(subject.Evaluate(choices).Measures, measure => Assert.Equal((0.25, 8), (measure.Value, measure.Ties)));

        // Logits that do not hang on the text, but differ from token to token: the same tokens in another order are as likely.
        using Subject unigrams = new(kind: "unigram");
        TaskMeasure reordered = unigrams.Evaluate(pairs).Measures[0];
        Assert.Equal((0.5, 3), (reordered.Value, reordered.Ties));
    }

    [Fact]
    public void Standard_errors_are_those_of_means()
    {
        using TestFolder folder = new();
        string path = folder.Write("choices.jsonl", string.Join('\n', Enumerable.Range(0, 20).Select(i => $$"""{"question": "q{{i}}", "choices": {"text": ["a{{i}}", "b{{i}}"], "label": ["A", "B"]}, "answerKey": "A"}""")));
        using Subject subject = new();
        TaskMeasure measure = subject.Evaluate(path).Measures[0];
        Assert.Equal(Math.Sqrt(measure.Value * (1 - measure.Value) / 19), measure.StandardError, 1e-9);
        Assert.InRange(measure.Value, 0.01, 0.99);
        Assert.Equal(5, subject.Evaluate(path, new TaskOptions { Limit = 5 }).Measures[0].Examples);
    }

    [Fact]
    public void Texts_without_a_context_follow_the_line_feed_where_there_is_no_end_of_text_and_are_cut_to_the_block()
    {
        CharTokenizer tokenizer = new("abcdefgh \n");
        RequestEncoder encoder = new(tokenizer, 6);
        Assert.Contains("a line feed stands for an empty context", encoder.StartNote, StringComparison.Ordinal);
        Assert.Equal([.. tokenizer.Encode("\nabc")], encoder.Encode(new TextRequest("", "abc")).Tokens);
        ScoringRequest moved = encoder.Encode(new TextRequest("ab ", "cd"));
        Assert.Equal((3, 0), (moved.Scored, moved.ContextCut));
        ScoringRequest blank = encoder.Encode(new TextRequest(" \n ", "ab"));
        Assert.Equal((5, 1), (blank.Scored, blank.Given));
        ScoringRequest cut = encoder.Encode(new TextRequest("abcdefgh", "abc"));
        Assert.Equal((7, 3, 4, 0), (cut.Tokens.Length, cut.Scored, cut.ContextCut, cut.ContinuationCut));
        ScoringRequest longer = encoder.Encode(new TextRequest("abc", "abcdefgh"));
        Assert.Equal((7, 6, 2, 2), (longer.Tokens.Length, longer.Scored, longer.ContextCut, longer.ContinuationCut));
        RequestEncoder bare = new(new CharTokenizer("abc"), 6);
        Assert.Null(bare.Start);
        Assert.Contains("the first token is given, and not scored", bare.StartNote, StringComparison.Ordinal);
        Assert.Equal(2, bare.Encode(new TextRequest("", "abc")).Scored);
        Assert.Null(new RequestEncoder(Tokenizer.Open("gpt2"), 6).StartNote);
        Assert.Equal([50256], new RequestEncoder(Tokenizer.Open("gpt2"), 6).Encode(new TextRequest("", " a")).Tokens[..1]);
    }

    [Fact]
    public void Choices_without_a_token_are_impossible_and_told()
    {
        using TestFolder folder = new();
        string path = folder.Write("rows.jsonl", """{"question": "a", "choices": {"text": ["éé", "b"], "label": ["A", "B"]}, "answerKey": "A"}""");
        string task = folder.Write("t.json", """{"name": "t", "kind": "multiple-choice", "data": ["rows.jsonl"], "context": "{question}", "choices": ["{choices.text}"], "target": "{answerKey}", "delimiter": ""}""");
        using Subject subject = new(tokenizer: new CharTokenizer("ab\n", UnknownCharacters.Skip));
        TaskResult result = subject.Evaluate(task);
        Assert.Equal((0.0, 1), (result.Measures[0].Value, result.WithoutTokens));
        Assert.NotEqual(path, task);
    }

    [Fact]
    public void What_is_wrong_is_told_with_its_line()
    {
        using TestFolder folder = new();
        folder.Write("few_labels.txt", "0\n");
        folder.Write("many_labels.txt", "0\n1\n0\n");
        folder.Write("odd_labels.txt", "0\n2\n");
        foreach ((string path, string words) in new[]
        {
            (folder.Write("few.jsonl", Goals), "has 1 labels"),
            (folder.Write("many.jsonl", Goals), "has 3 labels"),
            (folder.Write("odd.jsonl", Goals), "line 2 has the target '2', which is none of its 2 choices"),
            (folder.Write("none.jsonl", Goals), "no field 'label', and there is no file"),
            (folder.Write("empty.jsonl", ""), "is empty"),
            (folder.Write("blank.jsonl", "\n\n"), "holds no row"),
            (folder.Write("unknown.jsonl", """{"a": 1, "b": "c"}"""), "line 1 has the fields a, b, which are those of no known task"),
            (folder.Write("missing.jsonl", Pairs + "\n" + """{"sentence_good": "a", "UID": "x"}"""), "line 4 has no field 'sentence_bad'"),
            (folder.Write("letter.jsonl", Letters.Replace("\"answerKey\": \"B\"", "\"answerKey\": \"E\"", StringComparison.Ordinal)), "line 1 has the target 'E'"),
            (folder.Write("word.jsonl", """{"text": "word"}"""), "line 1 has no last word"),
            (folder.Write("kind.json", """{"name": "t", "kind": "guessing"}"""), "is damaged"),
            (folder.Write("member.json", """{"name": "t", "kind": "last-word", "contxt": "{a}"}"""), "contxt"),
            (folder.Write("pairs.json", """{"name": "t", "kind": "minimal-pairs", "choices": ["{a}"]}"""), "minimal pairs have two choices"),
            (folder.Write("brace.json", """{"name": "t", "kind": "last-word", "context": "{a"}"""), "opens a brace"),
            (folder.Write("choices.json", """{"name": "t", "kind": "multiple-choice", "context": "{a}", "target": "0", "choices": null}"""), "'choices' is null; leave it out, or give it a value"),
            (folder.Write("choice.json", """{"name": "t", "kind": "minimal-pairs", "choices": ["{a}", null]}"""), "'choices[1]' is null"),
            (folder.Write("shots.json", """{"name": "t", "kind": "last-word", "context": "{a}", "few-shot": {"data": [null]}}"""), "'few-shot.data[0]' is null"),
            (folder.Write("rewrites.json", """{"name": "t", "kind": "last-word", "context": "{a}", "rewrite": [{"from": "a", "to": null}]}"""), "'rewrite[0].to' is null"),
            (folder.Write("comma.json", """{"name": "t", "kind": "last-word", "context": "{a}",, }"""), "the task '" + folder["comma.json"] + "' is damaged"),
            (folder.Write("name.json", """{"name": null, "kind": "last-word", "context": "{a}"}"""), "'name' is null"),
            (folder.Write("nulls.jsonl", """{"text": null}"""), "line 1 holds nothing in 'text'"),
            (folder.Write("list.jsonl", """{"question": "a", "choices": {"text": ["b", null], "label": ["A", "B"]}, "answerKey": "A"}"""), "line 1 holds something else than texts in the list 'choices.text'"),
            (folder.Write("choices.jsonl", """{"question": "a", "choices": {"text": null, "label": ["A", "B"]}, "answerKey": "A"}"""), "line 1 holds"),
            (folder.Write("metric.json", """{"name": "t", "kind": "last-word", "context": "{a}", "metrics": ["f1"]}"""), "no metric 'f1' of last-word: use acc, perplexity"),
            (folder.Write("data.json", """{"name": "t", "kind": "last-word", "context": "{a}", "data": ["gone.jsonl"]}"""), "put gone.jsonl there"),
            ("nothing", "there is no task 'nothing'"),
        })
            Assert.Contains(words, Assert.Throws<KansformersException>(() => TaskSource.Open(path)).Message, StringComparison.Ordinal);
        Assert.Contains("put piqa_valid.jsonl", Assert.Throws<KansformersException>(() => TaskSource.Open("piqa", folder.Path)).Message, StringComparison.Ordinal);
        using Subject subject = new();
        string goals = folder.Write("right.jsonl", Goals);
        folder.Write("right_labels.txt", "0\n1\n");
        Assert.Contains("few-shot is 2", Assert.Throws<KansformersException>(() => subject.Evaluate(goals, new TaskOptions { FewShot = 2 })).Message, StringComparison.Ordinal);
        Assert.Contains("limit is 0", Assert.Throws<KansformersException>(() => subject.Evaluate(goals, new TaskOptions { Limit = 0 })).Message, StringComparison.Ordinal);
        using (torch.no_grad())
            subject.Model.parameters().First().fill_(float.NaN);
        Assert.Contains("weights are broken", Assert.Throws<KansformersException>(() => subject.Evaluate(goals)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_task_of_ones_own_takes_examples_from_its_own_file()
    {
        using TestFolder folder = new();
        folder.Write("rows.csv", "q,a,b,t\n1+1,two,three,two\n2+2,five,four,four\n");
        folder.Write("train.csv", "q,a,b,t\n0+1,one,ten,one\n");
        string task = folder.Write("sums.json", """
            {"name": "sums", "kind": "multiple-choice", "data": ["rows.csv"], "context": "{q} =", "choices": ["{a}", "{b}"], "target": "{t}", "metrics": ["acc"],
             "few-shot": {"count": 1, "separator": "\n", "data": ["train.csv"]}}
            """);
        using Subject subject = new();
        TaskResult result = subject.Evaluate(task);
        double[] expected = subject.Plain.Choices([new("0+1 = one\n1+1 =", [" two", " three"], 0, ["two", "three"]), new("0+1 = one\n2+2 =", [" five", " four"], 1, ["five", "four"])]);
        Assert.Equal((1, expected[0], "acc"), (result.FewShot, Assert.Single(result.Measures).Value, result.Measures[0].Metric));
    }

    [Fact]
    public void An_interrupted_evaluation_goes_on_and_comes_to_the_same_numbers()
    {
        using TestFolder folder = new();
        string path = folder.Write("words.jsonl", string.Join('\n', Enumerable.Range(0, 40).Select(i => $$"""{"text": "a row number {{i}} with {{new string('x', i)}} in it"}""")));
        TaskOptions options = new() { Folder = folder["kept"], Scoring = new ScoringOptions { BatchSize = 3 } };
        using Subject subject = new();
        TaskResult whole = subject.Evaluate(path, options with { Folder = null });
        using CancellationTokenSource source = new();
        List<TaskProgress> seen = [];
        using (TaskEvaluator evaluator = new(subject.Model, subject.Tokenizer, options))
        {
            Assert.Contains("in use by another evaluation", Assert.Throws<KansformersException>(() => new TaskEvaluator(subject.Model, subject.Tokenizer, options)).Message, StringComparison.Ordinal);
            Assert.Throws<OperationCanceledException>(() => evaluator.Evaluate(TaskSource.Open(path), new Report(value =>
            {
                seen.Add(value);
                if (value.Done >= 12)
                    source.Cancel();
            }), source.Token));
        }

        string file = Assert.Single(Directory.GetFiles(folder["kept"], "scores-*.bin"));
        using (FileStream torn = new(file, FileMode.Append))
            torn.Write([1, 2, 3, 4, 5]); // as a kill in the middle of a write leaves it
        seen.Clear();
        TaskResult resumed = subject.Evaluate(path, options, seen);
        Assert.Equal(12, seen[0].Kept);
        Assert.Equal(whole.Measures, resumed.Measures);
        seen.Clear();
        Assert.Equal(whole.Measures, subject.Evaluate(path, options, seen).Measures);
        Assert.Equal(new TaskProgress("words", 40, 40, 40), Assert.Single(seen)); // nothing is computed again
        seen.Clear();
        subject.Evaluate(path, options with { Again = true }, seen);
        Assert.Equal(0, seen[0].Kept);
        using (torch.no_grad())
            subject.Model.parameters().First().add_(0.01);
        seen.Clear();
        Assert.NotEqual(whole.Measures, subject.Evaluate(path, options, seen).Measures); // other weights, other scores
        Assert.Equal(0, seen[0].Kept);
    }

    private sealed class Report(Action<TaskProgress> action) : IProgress<TaskProgress>
    {
        void IProgress<TaskProgress>.Report(TaskProgress value) => action(value);
    }

    /// <summary>A small model with a tokenizer of bytes, and the second implementation of both.</summary>
    private sealed class Subject : IDisposable
    {
        public Subject(int block = 512, string kind = "none", Tokenizer? tokenizer = null)
        {
            Tokenizer = tokenizer ?? Tokenizer.Open("byte");
            Model = TinyGpt.Make(KanPlacement.None, vocabulary: Tokenizer.VocabularySize, block: block);
            Plain = new PlainTasks(Model, Tokenizer);
            using var guard = torch.no_grad();
            if (kind == "constant")
                Model.Head.parameters().First().zero_();
            if (kind == "unigram")
            {
                foreach ((string name, TorchSharp.Modules.Parameter parameter) in Model.named_parameters())
                {
                    if (name.Contains("ln_f", StringComparison.Ordinal))
                        parameter.fill_(name.EndsWith("bias", StringComparison.Ordinal) ? 1 : 0);
                }
            }

            Model.eval();
        }

        public Gpt Model { get; }

        public Tokenizer Tokenizer { get; }

        public PlainTasks Plain { get; }

        public int Length(string text) => Tokenizer.Encode(text).Length;

        public TaskResult Evaluate(string task, TaskOptions? options = null, List<TaskProgress>? seen = null)
        {
            using TaskEvaluator evaluator = new(Model, Tokenizer, options);
            return evaluator.Evaluate(TaskSource.Open(task), seen is null ? null : new Report(seen.Add));
        }

        public void Dispose() => Model.Dispose();
    }
}
